/* store_schema.h - the migrations of this program */
#ifndef STORE_STORE_SCHEMA_H
#define STORE_STORE_SCHEMA_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_migrate_row;

/* How to migrate. BLOCKING: see pg/pg_migrate.h, whose errors these return. */
struct store_schema_options {
	const char *url;
	bool keep_stock_indexes; /* db.stock_indexes: keep */
	int64_t deadline_ms;     /* 0: a minute */
};

/* How many migrations this program has. */
size_t store_schema_count(void);
/* Apply what is missing; returns how many were. */
int store_schema_migrate(const struct store_schema_options *options, struct err *err);
/* rows[store_schema_count()]; returns how many are pending. */
int store_schema_status(const struct store_schema_options *options,
			struct pg_migrate_row *rows, struct err *err);

#endif
