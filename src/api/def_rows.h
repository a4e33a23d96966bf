/* def_rows.h - definitions in Postgres, for handlers */
#ifndef API_DEF_ROWS_H
#define API_DEF_ROWS_H

#include "api/def_port.h"

struct catalog;
struct pg_pool;

/* For readers: port. */
struct def_rows {
	struct def_port port;
	struct pg_pool *pool;    /* borrowed */
	struct catalog *catalog; /* borrowed: it hears of what changes */
};

void def_rows_init(struct def_rows *rows, struct pg_pool *pool, struct catalog *catalog);

#endif
