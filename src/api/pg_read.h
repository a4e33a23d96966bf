/* pg_read.h - one batch of Postgres for one answer */
#ifndef API_PG_READ_H
#define API_PG_READ_H

#include "api/errors.h"

struct pg_batch;
struct pg_pool;
struct pg_reply;

/* reply is NULL unless error is ERRORS_NONE; borrowed for the call. */
typedef void (*pg_read_cb)(void *arg, enum errors_code error,
			   const struct pg_reply *reply);

/*
 * Takes the batch: a read, or a write that may be made again. cb is called once, later or
 * at once: nobody waits for a server that is known to be gone, nor longer than 5 s.
 */
void pg_read(struct pg_pool *pool, struct pg_batch *batch, pg_read_cb cb, void *arg);

#endif
