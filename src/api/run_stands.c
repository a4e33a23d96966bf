/*
 * run_stands.c - how runs stand, for many who ask at the same moment
 *
 * When an API process dies, all of its clients come again within the same second, and
 * each names a run of which it must be known whether it is there, whose it is and
 * whether it has ended. A statement for each would be most of what the storm costs, and
 * mostly about the same few rows. So who asks joins a list by run; one statement is under
 * way, for RUNS_MAX runs, and everybody who comes meanwhile goes with the next one. A
 * single asker waits for nobody: the statement leaves in the same turn of the loop.
 */
#include "api/run_stands.h"

#include "api/pg_read.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

#include <string.h>

#define RUNS_MAX    500
#define WAIT_MAX_MS 5000 /* for the turn; the statement has its own deadline */

/* A run, and who asks for it. */
struct wanted {
	struct list node; /* of waiting, or of the flight */
	struct list asks; /* struct run_stand */
	int64_t since_mono_ms;
	size_t len;
	char run_id[];
};

struct run_stands {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct list waiting; /* struct wanted, the oldest first */
	struct map by_run;   /* those of waiting */
	struct list flight;  /* struct wanted: the statement under way is for these */
	int statement;
	bool flying;
	ev_prepare deal; /* never started, only fed */
};

static void answer(struct wanted *wanted, enum errors_code error,
		   const struct store_run_stand *run)
{
	struct list *node;

	list_remove(&wanted->node);
	while ((node = list_shift(&wanted->asks))) {
		struct run_stand *stand = list_entry(node, struct run_stand, node);

		stand->cb(stand, error, run);
	}
	mem_free(wanted);
}

static void answer_all(struct list *list, enum errors_code error)
{
	while (!list_empty(list))
		answer(list_entry(list->next, struct wanted, node), error, NULL);
}

/* Before the pool hands out its batches, so that ours goes in the same turn. */
static void deal_later(struct run_stands *stands)
{
	if (!stands->flying && !list_empty(&stands->waiting))
		ev_feed_event(stands->loop, &stands->deal, EV_CUSTOM);
}

static void take_rows(struct run_stands *stands, const struct pg_reply *reply)
{
	int rows = store_runs_stand_count(reply, stands->statement);
	struct store_run_stand run;
	struct map by_run;
	int i;

	map_init(&by_run);
	list_for_each(node, &stands->flight) {
		struct wanted *wanted = list_entry(node, struct wanted, node);

		(void)map_put(&by_run, wanted->run_id, wanted->len, wanted);
	}
	for (i = 0; i < rows; i++) {
		struct wanted *wanted;

		store_runs_stand_read(reply, stands->statement, i, &run);
		wanted = map_remove(&by_run, run.run_id, strlen(run.run_id));
		if (wanted)
			answer(wanted, ERRORS_NONE, &run);
	}
	map_deinit(&by_run);
	answer_all(&stands->flight, ERRORS_NO_RUN);
}

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct run_stands *stands = arg;

	if (error == ERRORS_NONE)
		take_rows(stands, reply);
	else
		answer_all(&stands->flight, error);
	stands->flying = false;
	deal_later(stands);
}

static void on_deal(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct run_stands *stands = w->data;
	int64_t now_ms = clock_mono_ms();
	const char *run_ids[RUNS_MAX];
	struct pg_batch *batch;
	size_t count = 0;

	(void)loop;
	(void)revents;
	if (stands->flying)
		return;
	while (count < RUNS_MAX && !list_empty(&stands->waiting)) {
		struct wanted *wanted =
			list_entry(list_shift(&stands->waiting), struct wanted, node);

		(void)map_remove(&stands->by_run, wanted->run_id, wanted->len);
		if (now_ms - wanted->since_mono_ms > WAIT_MAX_MS) {
			answer(wanted, ERRORS_POSTGRES, NULL);
			continue;
		}
		list_push(&stands->flight, &wanted->node);
		run_ids[count++] = wanted->run_id;
	}
	if (count == 0)
		return;
	stands->flying = true; /* before: it may be answered inside */
	batch = pg_batch_new();
	stands->statement = store_runs_stand(batch, run_ids, count);
	pg_read(stands->pool, batch, on_rows, stands);
}

void run_stands_ask(struct run_stands *stands, struct run_stand *stand)
{
	size_t len = strlen(stand->run_id);
	struct wanted *wanted = map_get(&stands->by_run, stand->run_id, len);

	if (!wanted) {
		wanted = mem_alloc(sizeof(*wanted) + len + 1);
		memcpy(wanted->run_id, stand->run_id, len + 1);
		wanted->len = len;
		wanted->since_mono_ms = clock_mono_ms();
		list_init(&wanted->asks);
		list_push(&stands->waiting, &wanted->node);
		(void)map_put(&stands->by_run, wanted->run_id, len, wanted);
	}
	list_push(&wanted->asks, &stand->node);
	deal_later(stands);
}

struct run_stands *run_stands_new(struct ev_loop *loop, struct pg_pool *pool)
{
	struct run_stands *stands = mem_new(struct run_stands);

	stands->loop = loop;
	stands->pool = pool;
	list_init(&stands->waiting);
	list_init(&stands->flight);
	map_init(&stands->by_run);
	ev_prepare_init(&stands->deal, on_deal);
	stands->deal.data = stands;
	return stands;
}

void run_stands_free(struct run_stands *stands)
{
	if (!stands)
		return;
	ev_clear_pending(stands->loop, &stands->deal);
	answer_all(&stands->waiting, ERRORS_POSTGRES);
	map_deinit(&stands->by_run);
	mem_free(stands);
}
