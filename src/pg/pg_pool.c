/*
 * pg_pool.c - a child's connections to Postgres: batches in, outcomes out
 *
 * Batches wait in one list, in order of submission, and an idle link takes the first.
 * They are handed out by an event that submit feeds at the lowest priority: it is called
 * in the same turn of the loop, after all that was ready in it, so that a turn's batches
 * are seen together, nothing waits for the next turn, and no callback runs inside submit.
 *
 * One timer watches the deadlines of those that wait; a batch that was sent is watched by
 * its link, which drops the connection, since nothing else ends a statement for sure.
 */
#include "pg/pg_pool.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "pg/pg_conninfo.h"
#include "pg/pg_link.h"

#include <string.h>

struct job {
	struct list node;
	struct pg_batch *batch;
	int64_t due_mono_ms;
	pg_done_cb cb;
	void *arg;
};

struct pool_link {
	struct pg_pool *pool;
	struct pg_link *link;
	struct job *job; /* in flight */
};

struct pg_pool {
	struct ev_loop *loop;
	struct pg_conninfo conninfo;
	struct pool_link *links;
	int link_count;
	int links_up;
	size_t queue_max;
	int64_t deadline_ms;
	struct list queue; /* of jobs */
	size_t queued;
	struct list watches;
	ev_timer timer;    /* the next deadline in the queue */
	int64_t timer_due; /* when it fires; INT64_MAX: stopped */
	ev_prepare deal;   /* never started, only fed: hand out what waits */
	bool closing;
	struct err last_error;
	struct pg_counters counters;
};

/* ---- outcomes ---- */

static void job_end(struct pg_pool *pool, struct job *job,
		    const struct pg_outcome *outcome, const struct pg_reply *reply)
{
	switch (outcome->fate) {
	case PG_COMMITTED:
		pool->counters.committed++;
		break;
	case PG_REJECTED:
		pool->counters.rejected++;
		break;
	case PG_UNSENT:
		pool->counters.unsent++;
		break;
	case PG_UNKNOWN:
		pool->counters.unknown++;
		break;
	}
	job->cb(job->arg, outcome, reply);
	pg_batch_free(job->batch);
	mem_free(job);
}

static void job_drop(struct pg_pool *pool, struct job *job, enum pg_fate fate, int code,
		     const char *why)
{
	struct pg_outcome outcome = {
		.fate = fate,
		.cls = PG_CLASS_CONNECTION,
		.statement = -1,
	};

	(void)err_set(&outcome.err, code, "%s", why);
	job_end(pool, job, &outcome, NULL);
}

/* ---- the queue ---- */

static void set_timer(struct pg_pool *pool, int64_t due)
{
	int64_t wait_ms = due - clock_mono_ms();

	ev_timer_stop(pool->loop, &pool->timer);
	pool->timer_due = due;
	if (due == INT64_MAX)
		return;
	ev_timer_set(&pool->timer, wait_ms > 0 ? (double)wait_ms / 1000.0 : 0.0, 0.0);
	ev_timer_start(pool->loop, &pool->timer);
}

static void deal(struct pg_pool *pool)
{
	struct pool_link *l;
	int i;

	for (i = 0; i < pool->link_count && pool->queued; i++) {
		l = &pool->links[i];
		if (l->job || !pg_link_idle(l->link))
			continue;
		l->job = list_entry(list_shift(&pool->queue), struct job, node);
		pool->queued--;
		pg_link_send(l->link, l->job->batch, l->job->due_mono_ms);
	}
	if (!pool->queued && pool->timer_due != INT64_MAX)
		set_timer(pool, INT64_MAX);
}

static void on_deal(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)revents;
	deal(w->data);
}

static void deal_later(struct pg_pool *pool)
{
	if (pool->queued)
		ev_feed_event(pool->loop, &pool->deal, EV_CUSTOM);
}

static void on_queue_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pg_pool *pool = w->data;
	int64_t now = clock_mono_ms(), next = INT64_MAX;
	struct list late;
	struct list *node;

	(void)loop;
	(void)revents;
	list_init(&late);
	list_for_each_safe(at, &pool->queue) {
		struct job *job = list_entry(at, struct job, node);

		if (job->due_mono_ms <= now) {
			list_remove(&job->node);
			list_push(&late, &job->node);
			pool->queued--;
		} else if (job->due_mono_ms < next) {
			next = job->due_mono_ms;
		}
	}
	set_timer(pool, next);
	while ((node = list_shift(&late)))
		job_drop(pool, list_entry(node, struct job, node), PG_UNSENT, ERR_TIMEOUT,
			 "no connection to Postgres became free in time");
}

int pg_pool_submit(struct pg_pool *pool, struct pg_batch *batch, int64_t deadline_ms,
		   pg_done_cb cb, void *arg)
{
	struct job *job;

	if (pool->closing || pool->queued >= pool->queue_max ||
	    FAULT_FAILS("pg.submit")) {
		pg_batch_free(batch);
		return pool->closing ? ERR_CLOSED : ERR_FULL;
	}
	job = mem_new(struct job);
	job->batch = batch;
	job->cb = cb;
	job->arg = arg;
	job->due_mono_ms =
		clock_mono_ms() + (deadline_ms > 0 ? deadline_ms : pool->deadline_ms);
	list_push(&pool->queue, &job->node);
	pool->queued++;
	if (job->due_mono_ms < pool->timer_due)
		set_timer(pool, job->due_mono_ms);
	deal_later(pool);
	return 0;
}

/* ---- links ---- */

static void tell_watches(struct pg_pool *pool, bool up)
{
	list_for_each_safe(at, &pool->watches) {
		struct pg_watch *watch = list_entry(at, struct pg_watch, node);

		watch->changed(watch->arg, up);
	}
}

static void on_up(void *arg, struct pg_link *link)
{
	struct pool_link *l = arg;
	struct pg_pool *pool = l->pool;

	(void)link;
	pool->counters.connects++;
	pool->last_error.code = 0;
	deal_later(pool);
	if (++pool->links_up == 1) {
		log_info("pg.connected", LOG_N("connects", pool->counters.connects));
		tell_watches(pool, true);
	}
}

static void on_down(void *arg, struct pg_link *link, bool was_up, const struct err *why)
{
	struct pool_link *l = arg;
	struct pg_pool *pool = l->pool;

	(void)link;
	pool->last_error = *why;
	if (!was_up) {
		log_warn("pg.connect_failed", LOG_S("error", why->text));
		return;
	}
	pool->counters.losses++;
	log_warn("pg.connection_lost", LOG_S("error", why->text));
	if (--pool->links_up == 0)
		tell_watches(pool, false);
}

static void on_done(void *arg, struct pg_link *link, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct pool_link *l = arg;
	struct job *job = l->job;

	(void)link;
	l->job = NULL;
	job_end(l->pool, job, outcome, reply);
	deal_later(l->pool);
}

static const struct pg_link_ops link_ops = {
	.up = on_up,
	.down = on_down,
	.done = on_done,
};

static int64_t or_default(int64_t n, int64_t fallback)
{
	return n > 0 ? n : fallback;
}

int pg_pool_new(struct ev_loop *loop, const struct pg_options *options,
		struct pg_pool **ret, struct err *err)
{
	struct pg_pool *pool = mem_new(struct pg_pool);
	struct str session = STR_INIT;
	struct pg_link_options lo = {
		.conninfo = &pool->conninfo,
		.pgbouncer = options->pgbouncer,
		.connect_timeout_ms = or_default(options->connect_timeout_ms, 5000),
		.lock_timeout_ms = or_default(options->lock_timeout_ms, 2000),
		.backoff_min_ms = or_default(options->backoff_min_ms, 50),
		.backoff_max_ms = or_default(options->backoff_max_ms, 5000),
	};
	int rc, i;

	pool->deadline_ms = or_default(options->deadline_ms, 10000);
	/* the server gives up when we have: past the deadline nobody reads its answer */
	lo.statement_timeout_ms = pool->deadline_ms;
	pg_conninfo_session(&session, lo.statement_timeout_ms, lo.lock_timeout_ms);
	rc = pg_conninfo_init(&pool->conninfo, options->url, options->application_name,
			      options->pgbouncer ? NULL : str_text(&session), err);
	str_deinit(&session);
	if (rc < 0) {
		pg_conninfo_deinit(&pool->conninfo);
		mem_free(pool);
		return rc;
	}
	pool->loop = loop;
	pool->queue_max = options->queue_max ? options->queue_max : 1024;
	list_init(&pool->queue);
	list_init(&pool->watches);
	ev_init(&pool->timer, on_queue_due);
	pool->timer.data = pool;
	pool->timer_due = INT64_MAX;
	ev_prepare_init(&pool->deal, on_deal);
	ev_set_priority(&pool->deal, EV_MINPRI);
	pool->deal.data = pool;
	pool->link_count = options->connections > 0 ? options->connections : 2;
	pool->links = mem_new_n(struct pool_link, pool->link_count);
	for (i = 0; i < pool->link_count; i++) {
		pool->links[i].pool = pool;
		pool->links[i].link = pg_link_new(loop, &lo, &link_ops, &pool->links[i]);
	}
	*ret = pool;
	return 0;
}

void pg_pool_free(struct pg_pool *pool)
{
	struct list *node;
	struct job *job;
	bool sent;
	int i;

	if (!pool)
		return;
	pool->closing = true;
	ev_timer_stop(pool->loop, &pool->timer);
	ev_clear_pending(pool->loop, &pool->deal);
	for (i = 0; i < pool->link_count; i++) {
		job = pool->links[i].job;
		pg_link_free(pool->links[i].link, &sent);
		if (job)
			job_drop(pool, job, sent ? PG_UNKNOWN : PG_UNSENT, ERR_CLOSED,
				 "the connection was closed by us");
	}
	while ((node = list_shift(&pool->queue)))
		job_drop(pool, list_entry(node, struct job, node), PG_UNSENT, ERR_CLOSED,
			 "the connection was closed by us");
	pg_conninfo_deinit(&pool->conninfo);
	mem_free(pool->links);
	mem_free(pool);
}

int pg_pool_links(const struct pg_pool *pool)
{
	return pool->link_count;
}

int pg_pool_links_up(const struct pg_pool *pool)
{
	return pool->links_up;
}

int pg_pool_links_idle(const struct pg_pool *pool)
{
	int idle = 0, i;

	for (i = 0; i < pool->link_count; i++)
		idle += pg_link_idle(pool->links[i].link) && !pool->links[i].job;
	return idle;
}

size_t pg_pool_queued(const struct pg_pool *pool)
{
	return pool->queued;
}

const struct err *pg_pool_last_error(const struct pg_pool *pool)
{
	return &pool->last_error;
}

const struct pg_counters *pg_pool_counters(const struct pg_pool *pool)
{
	return &pool->counters;
}

void pg_pool_watch(struct pg_pool *pool, struct pg_watch *watch)
{
	list_push(&pool->watches, &watch->node);
}

void pg_pool_unwatch(struct pg_watch *watch)
{
	list_remove(&watch->node);
}
