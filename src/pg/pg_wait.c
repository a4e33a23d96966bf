/*
 * pg_wait.c - one batch, waited for
 *
 * Verbs of the command line do one thing and leave. They run the same pool as the
 * children do, one turn of their own loop after the other. While the server is away the
 * pool's reason is a better answer than "not in time".
 */
#include "pg/pg_wait.h"

#include "base/loop.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"

#include <stdbool.h>

struct wait {
	struct pg_pool *pool;
	pg_read_cb read;
	void *arg;
	struct err *err;
	int rc;
	bool over;
};

static void on_done(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct wait *wait = arg;
	const struct err *why = &outcome->err;

	wait->over = true;
	if (outcome->fate == PG_COMMITTED) {
		wait->rc = wait->read ? wait->read(wait->arg, reply, wait->err) : 0;
		return;
	}
	if (outcome->fate == PG_UNSENT && pg_pool_last_error(wait->pool)->code)
		why = pg_pool_last_error(wait->pool);
	wait->rc = err_set(wait->err, why->code, "%s", why->text);
	if (outcome->fate == PG_UNKNOWN)
		(void)err_wrap(wait->err, "the outcome is unknown");
}

int pg_wait(struct ev_loop *loop, struct pg_pool *pool, struct pg_batch *batch,
	    int64_t deadline_ms, pg_read_cb read, void *arg, struct err *err)
{
	struct wait wait = { .pool = pool, .read = read, .arg = arg, .err = err };
	int rc;

	rc = pg_pool_submit(pool, batch, deadline_ms, on_done, &wait);
	if (rc < 0)
		return err_set(err, rc, "too many statements wait for Postgres");
	while (!wait.over)
		(void)ev_run(loop, EVRUN_ONCE);
	return wait.rc;
}
