/*
 * queue_reads.c - all queues, as Postgres and Redis know them
 *
 * Which there are, and what is paused, are rows; how full they are is asked of Redis, of
 * all at once.
 */
#include "api/queue_reads.h"

#include "api/api_call.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/err.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "queue/queue.h"
#include "server/request.h"

#include <string.h>

#define QUEUES_MAX 100
#define COUNT_MAX  10000 /* what is counted row by row; openapi.json says so */

struct reading;

struct asked {
	struct reading *reading;
	struct queue_read *read;
	struct queue *queue; /* NULL: it could not be made */
};

/* In the request's arena, as the texts of rows. */
struct reading {
	struct api_call *call;
	queue_reads_cb cb;
	void *arg;
	struct queue_read *reads;
	struct asked *asked;
	size_t count;
	size_t open; /* asks under way */
	int statement;
};

static void over(struct reading *reading)
{
	size_t i;

	for (i = 0; i < reading->count; i++)
		queue_free(reading->asked[i].queue);
	reading->cb(reading->arg, ERRORS_NONE, reading->reads, reading->count);
}

static void on_stats(void *arg, int rc, const struct queue_stats *stats,
		     const struct err *err)
{
	struct asked *asked = arg;

	(void)err; /* the answer says that Redis has not told */
	if (rc == 0) {
		asked->read->stats = *stats;
		asked->read->known = true;
	}
	if (--asked->reading->open == 0)
		over(asked->reading);
}

static void ask_redis(struct reading *reading, struct asked *asked)
{
	const struct manage *manage = reading->call->port->manage;
	struct err err;

	if (queue_new(manage->link, manage->scripts, asked->read->row.name, NULL,
		      &asked->queue, &err) < 0)
		return;
	if (queue_stats(asked->queue, on_stats, asked, &err) == 0)
		reading->open++;
}

static const char *keep(struct arena *arena, const char *text)
{
	return text ? arena_dup(arena, text) : NULL;
}

static void *room(struct arena *arena, size_t bytes)
{
	void *ret = arena_alloc(arena, bytes);

	memset(ret, 0, bytes);
	return ret;
}

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct arena *arena = request_arena(reading->call->req);
	size_t i;

	if (error != ERRORS_NONE) {
		reading->cb(reading->arg, error, NULL, 0);
		return;
	}
	reading->count = (size_t)store_pauses_queues_count(reply, reading->statement);
	reading->reads = room(arena, (reading->count + 1) * sizeof(*reading->reads));
	reading->asked = room(arena, (reading->count + 1) * sizeof(*reading->asked));
	reading->open = 1; /* until all are asked */
	for (i = 0; i < reading->count; i++) {
		struct store_queue *row = &reading->reads[i].row;

		store_pauses_queues_read(reply, reading->statement, (int)i, row);
		row->name = keep(arena, row->name);
		row->state = keep(arena, row->state);
		row->paused_at = keep(arena, row->paused_at);
		row->paused_reason = keep(arena, row->paused_reason);
		reading->asked[i].reading = reading;
		reading->asked[i].read = &reading->reads[i];
		ask_redis(reading, &reading->asked[i]);
	}
	if (--reading->open == 0)
		over(reading);
}

void queue_reads_all(struct api_call *call, queue_reads_cb cb, void *arg)
{
	struct reading *reading = arena_new(request_arena(call->req), struct reading);
	const struct conf *conf = call->port->manage->conf;
	struct pg_batch *batch = pg_batch_new();

	reading->call = call;
	reading->cb = cb;
	reading->arg = arg;
	reading->statement =
		store_pauses_queues(batch, (const char *const *)conf->queue.names.items,
				    conf->queue.names.count, QUEUES_MAX, COUNT_MAX);
	manage_read(call, batch, on_rows, reading);
}
