/* store_columns.h - inside store/: structs as array parameters, by a list of columns */
#ifndef STORE_STORE_COLUMNS_H
#define STORE_STORE_COLUMNS_H

#include <stddef.h>

struct pg_batch;

enum store_column_type {
	STORE_COLUMN_TEXT,   /* const char * */
	STORE_COLUMN_TEXT0,  /* const char *, NULL in most rows */
	STORE_COLUMN_INT8,   /* int64_t */
	STORE_COLUMN_INT4,   /* int */
	STORE_COLUMN_FLOAT8, /* double */
};

/* One member of a struct and the parameter that it fills. */
struct store_column {
	enum store_column_type type;
	size_t offset;
};

#define STORE_COLUMNS_MAX 24

/* Declare one array parameter per column; put() then adds a struct's members to them. */
struct store_columns {
	const struct store_column *list;
	size_t count;
	int cols[STORE_COLUMNS_MAX];
};

void store_columns_init(struct store_columns *columns, struct pg_batch *batch,
			const struct store_column *list, size_t count, size_t expect);
void store_columns_put(const struct store_columns *columns, struct pg_batch *batch,
		       const void *row);

#endif
