/* pg_wait.h - one batch, waited for: for the command line */
#ifndef PG_PG_WAIT_H
#define PG_PG_WAIT_H

#include "base/err.h"
#include "pg/pg_reply.h"

#include <stdint.h>

struct ev_loop;
struct pg_batch;
struct pg_pool;

/* Reads the rows of a committed batch; its result is pg_wait's. */
typedef int (*pg_read_cb)(void *arg, const struct pg_reply *reply, struct err *err);

/*
 * Submit the batch (taken) and run the loop until its outcome is there. read may be NULL.
 * Returns what read returns, 0, or the outcome's error (ERR_CONN, ERR_TIMEOUT,
 * ERR_REFUSED, ERR_FULL), whose text says when the outcome is unknown. deadline_ms 0: the
 * pool's. Not for use inside a callback of that loop.
 */
int pg_wait(struct ev_loop *loop, struct pg_pool *pool, struct pg_batch *batch,
	    int64_t deadline_ms, pg_read_cb read, void *arg, struct err *err);

#endif
