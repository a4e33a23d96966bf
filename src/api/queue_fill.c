/*
 * queue_fill.c - how full a queue is, and how many dead letters there are
 *
 * Redis counts what waits and what is executed; dead letters are rows.
 */
#include "api/queue_fill.h"

#include "api/pg_read.h"
#include "base/log.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "queue/queue.h"
#include "queue/queue_stats.h"

struct fill_read {
	struct pg_pool *pool;
	struct port_stats stats;
	int statement;
	port_stats_cb cb;
	void *arg;
};

static void answer(struct fill_read *read, enum errors_code error)
{
	read->cb(read->arg, error, error == ERRORS_NONE ? &read->stats : NULL);
	mem_free(read);
}

static void on_letters(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct fill_read *read = arg;
	struct store_counts counts;

	if (error == ERRORS_NONE) {
		store_runs_counts_read(reply, read->statement, &counts);
		read->stats.dead = counts.dead;
	}
	answer(read, error);
}

static void on_queue(void *arg, int rc, const struct queue_stats *stats,
		     const struct err *err)
{
	struct fill_read *read = arg;
	struct pg_batch *batch;

	if (rc < 0) {
		log_warn("queue.act_failed", LOG_S("act", "stats"),
			 LOG_S("error", err->text));
		answer(read, ERRORS_REDIS);
		return;
	}
	read->stats.queued = stats->queued;
	read->stats.active = stats->active;
	read->stats.oldest_ms = stats->oldest_ms;
	batch = pg_batch_new();
	read->statement = store_runs_counts(batch);
	pg_read(read->pool, batch, on_letters, read);
}

void queue_fill_read(struct pg_pool *pool, struct queue *queue, port_stats_cb cb,
		     void *arg)
{
	struct fill_read *read = mem_new(struct fill_read);
	struct err err;
	int rc;

	read->pool = pool;
	read->cb = cb;
	read->arg = arg;
	read->stats.queue_name = queue_name(queue);
	rc = queue_stats(queue, on_queue, read, &err);
	if (rc < 0)
		answer(read, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_REDIS);
}
