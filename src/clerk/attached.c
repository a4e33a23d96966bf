/*
 * attached.c - who has not yet told a recovery what he works on
 *
 * Postgres says who is alive: it has not lost anything. Redis is asked for them in pieces
 * of QUEUE_BATCH_MAX names, whose answers are one.
 */
#include "clerk/attached.h"

#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_recovery.h"
#include "store/store_live.h"

#include <string.h>

static void over(struct attached *attached, int rc, const struct err *err)
{
	attached->cb(attached->arg, rc, attached->waits, err);
}

static void on_piece(void *arg, int rc, int64_t waits, const struct err *err)
{
	struct attached *attached = arg;

	attached->unanswered--;
	attached->failed = attached->failed || rc < 0;
	/* everybody who beats is counted in each piece: the largest is enough */
	if (waits > attached->waits)
		attached->waits = waits;
	if (!attached->unanswered)
		over(attached, attached->failed && rc == 0 ? ERR_CONN : rc, err);
}

static void ask_redis(struct attached *attached, const struct pg_reply *reply)
{
	struct queue_text names[QUEUE_BATCH_MAX];
	int n = store_live_workers_count(reply, attached->statement), i = 0;

	do {
		size_t count = 0;
		struct err err;
		int rc;

		for (; i < n && count < QUEUE_BATCH_MAX; i++) {
			const char *name =
				store_live_workers_read(reply, attached->statement, i);

			names[count++] = (struct queue_text){ name, strlen(name) };
		}
		rc = queue_attached(attached->queue, attached->recovery, names, count,
				    on_piece, attached, &err);
		if (rc < 0) {
			attached->failed = true;
			if (!attached->unanswered) /* else the others end it */
				over(attached, rc, &err);
			return;
		}
		attached->unanswered++;
	} while (i < n);
}

static void on_workers(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct attached *attached = arg;

	if (reply)
		ask_redis(attached, reply);
	else
		over(attached, outcome->err.code, &outcome->err);
}

int attached_ask(struct attached *attached, int64_t recovery, int64_t ttl_ms,
		 struct err *err)
{
	struct pg_batch *batch = pg_batch_new();

	attached->recovery = recovery;
	attached->unanswered = 0;
	attached->waits = 0;
	attached->failed = false;
	attached->statement = store_live_workers(batch, ttl_ms);
	if (pg_pool_submit(attached->pool, batch, 0, on_workers, attached) < 0)
		return err_set(err, ERR_FULL, "Postgres' queue is full");
	return 0;
}
