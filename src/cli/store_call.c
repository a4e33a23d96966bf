/*
 * store_call.c - one batch on Postgres, blocking: for verbs
 *
 * The stores are asynchronous, because children are. A verb has nothing else to do: it
 * makes a loop and a pool of one link, submits its batch and turns the loop until the
 * outcome came, which the pool brings at the deadline at the latest.
 *
 * The pool tries to connect for ever. A verb gives up when it has no connection after a
 * few seconds, so that a wrong address is told at once and a server that is just starting
 * is still waited for.
 */
#include "cli/store_call.h"

#include "base/loop.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"

#include <stdbool.h>

#define PATIENCE_SEC 3.0 /* without a connection */

struct waiter {
	struct ev_loop *loop;
	const struct pg_pool *pool;
	store_call_cb read;
	void *arg;
	bool done;
	bool gave_up;
	struct pg_outcome outcome;
};

static void on_done(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct waiter *waiter = arg;

	waiter->done = true;
	waiter->outcome = *outcome;
	if (reply && waiter->read)
		waiter->read(waiter->arg, reply);
	ev_break(waiter->loop, EVBREAK_ONE);
}

static void on_patience_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct waiter *waiter = w->data;

	(void)revents;
	waiter->gave_up = pg_pool_links_up(waiter->pool) == 0;
	if (waiter->gave_up)
		ev_break(loop, EVBREAK_ONE);
}

/* The outcome as a return value. */
static int judge(const struct waiter *waiter, struct err *err)
{
	const struct err *lost = pg_pool_last_error(waiter->pool);

	if (waiter->gave_up || (waiter->outcome.fate == PG_UNSENT && lost->code)) {
		/* why nothing was sent says more than that the time is over */
		return err_set(err, ERR_CONN, "Postgres: %s",
			       lost->code ? lost->text : "no answer");
	}
	if (waiter->outcome.fate == PG_COMMITTED)
		return 0;
	if (err)
		*err = waiter->outcome.err;
	(void)err_wrap(err, waiter->outcome.fate == PG_UNKNOWN
				    ? "Postgres, which may have done it all the same"
				    : "Postgres");
	return waiter->outcome.err.code;
}

int store_call(const struct conf *conf, struct pg_batch *batch, int64_t deadline_ms,
	       store_call_cb read, void *arg, struct err *err)
{
	struct pg_options options = {
		.url = conf->postgres.url,
		.application_name = "synapsed-cli",
		.pgbouncer = conf->postgres.pgbouncer,
		.connections = 1,
		.connect_timeout_ms = conf->postgres.connect_timeout_ms,
		.deadline_ms = deadline_ms,
	};
	struct waiter waiter = { .read = read, .arg = arg };
	struct pg_pool *pool = NULL;
	ev_timer patience;
	int rc;

	waiter.loop = ev_loop_new(EVFLAG_AUTO);
	if (!waiter.loop) {
		pg_batch_free(batch);
		return err_set(err, ERR_SYS, "no event loop");
	}
	rc = pg_pool_new(waiter.loop, &options, &pool, err);
	if (rc < 0) {
		pg_batch_free(batch);
		goto out;
	}
	rc = pg_pool_submit(pool, batch, deadline_ms, on_done, &waiter);
	if (rc < 0) {
		(void)err_set(err, rc, "Postgres: %s", err_name(rc));
		goto out;
	}
	waiter.pool = pool;
	ev_timer_init(&patience, on_patience_over, PATIENCE_SEC, 0.0);
	patience.data = &waiter;
	ev_timer_start(waiter.loop, &patience);
	while (!waiter.done && !waiter.gave_up)
		(void)ev_run(waiter.loop, EVRUN_ONCE);
	rc = judge(&waiter, err);
	ev_timer_stop(waiter.loop, &patience);
	waiter.read = NULL; /* what the pool's end still brings is not wanted */
out:
	pg_pool_free(pool);
	ev_loop_destroy(waiter.loop);
	return rc;
}

int store_call_exit_code(int rc)
{
	switch (rc) {
	case ERR_CONN:
	case ERR_TIMEOUT:
		return EXIT_CODE_UNREACHABLE;
	case ERR_INPUT:
		return EXIT_CODE_USAGE;
	case ERR_CONFLICT:
		return EXIT_CODE_CONFLICT;
	case ERR_REFUSED:
		return EXIT_CODE_REFUSED;
	case ERR_NOT_FOUND:
		return EXIT_CODE_NOT_FOUND;
	default:
		return EXIT_CODE_FAILED;
	}
}
