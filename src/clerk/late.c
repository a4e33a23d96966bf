/*
 * late.c - questions that nobody answered in time, and people who are to be reminded
 *
 * Each second, by Postgres' clock:
 *
 *	due      which runs have a question whose deadline has passed
 *	expire   under the locks of these runs the questions are over, and those that were
 *		 parked for them are queued, awake once more: as an answer does it
 *	entries  in Redis. One that is lost the reconciler makes; the owner of a run that
 *		 goes on reads what is over by itself (host/people.c)
 *	remind   who is to be reminded is counted in the question's row, and told by an
 *		 event of the run's stream, a live one: nobody repeats it, it may be lost.
 *		 While the run has an owner the stream is that one's alone
 *
 * Two leads at once do no harm: what is over is over, what was counted is counted.
 */
#include "clerk/late.h"

#include "base/fault.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "child/stores.h"
#include "engine/event.h"
#include "events/fifo.h"
#include "events/publish.h"
#include "host/woken.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "queue/queue.h"
#include "run/chat_run.h"
#include "store/store_questions.h"
#include "store/store_woken.h"

#include <string.h>

#define EVERY_S     1.
#define RUNS_MAX    200
#define REMIND_MAX  200
#define DEADLINE_MS 5000

struct late {
	struct late_options options;
	ev_timer timer;
	bool expiring;
	bool reminding;
	int at_due, at_expire, at_remind;
	struct publisher *publisher;
	struct list tellings;
};

/* An event on its way. */
struct telling {
	struct list node;
	struct late *late;
	struct publish publish;
	char *run_id; /* owned */
};

/* An entry on its way. */
struct entry {
	struct queue *queue;
	char *run_id; /* owned */
};

/* ---- entries ---- */

static void entry_free(struct entry *entry)
{
	queue_free(entry->queue);
	mem_free(entry->run_id);
	mem_free(entry);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct entry *entry = arg;

	(void)enqueue_at_ms;
	(void)added;
	if (rc < 0 && rc != ERR_CLOSED)
		log_warn("run.late_entry_missing", LOG_S("run", entry->run_id),
			 LOG_S("error", err->text));
	entry_free(entry);
}

static void enqueue(struct late *late, const char *run_id, const struct store_woken *row)
{
	struct entry *entry = mem_new(struct entry);
	struct err err;
	int rc;

	entry->run_id = mem_dup(run_id);
	rc = queue_new(late->options.stores->link, late->options.stores->scripts,
		       row->queue ? row->queue : "default", NULL, &entry->queue, &err);
	if (rc == 0)
		rc = woken_enqueue(entry->queue, run_id, row, on_enqueued, entry, &err);
	if (rc == 0)
		return;
	log_warn("run.late_entry_missing", LOG_S("run", run_id),
		 LOG_S("error", err.text));
	entry_free(entry);
}

/* ---- deadlines ---- */

static void failed(const char *act, const struct pg_outcome *outcome)
{
	if (outcome->err.code != ERR_CLOSED)
		log_warn("clerk.late_unknown", LOG_S("act", act),
			 LOG_S("error", outcome->err.text)); /* again in a second */
}

static void on_expired(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct late *late = arg;
	struct store_woken row;
	int i, n;

	late->expiring = false;
	if (!reply) {
		failed("expire", outcome);
		return;
	}
	FAULT("late.expired");
	n = store_questions_expire_count(reply, late->at_expire);
	for (i = 0; i < n; i++) {
		const char *run_id =
			store_questions_expire_read(reply, late->at_expire, i, &row);

		log_info("run.answer_late", LOG_S("run", run_id));
		if (strcmp(row.status, "queued") == 0)
			enqueue(late, run_id, &row);
	}
}

static void on_due(void *arg, const struct pg_outcome *outcome,
		   const struct pg_reply *reply)
{
	const char *run_ids[RUNS_MAX];
	struct late *late = arg;
	struct pg_batch *batch;
	size_t n = 0;

	late->expiring = false;
	if (!reply) {
		failed("due", outcome);
		return;
	}
	for (; n < (size_t)store_questions_due_count(reply, late->at_due); n++)
		run_ids[n] = store_questions_due_read(reply, late->at_due, (int)n);
	if (!n)
		return;
	batch = pg_batch_new();
	late->at_expire = store_questions_expire(batch, run_ids, n);
	late->expiring = pg_pool_submit(late->options.stores->pool, batch, DEADLINE_MS,
					on_expired, late) == 0;
}

static void look_for_late(struct late *late)
{
	struct pg_batch *batch;

	if (late->expiring)
		return;
	batch = pg_batch_new();
	late->at_due = store_questions_due(batch, RUNS_MAX);
	late->expiring = pg_pool_submit(late->options.stores->pool, batch, DEADLINE_MS,
					on_due, late) == 0;
}

/* ---- reminders ---- */

static void on_told(struct publish *publish)
{
	struct telling *telling = list_entry(publish, struct telling, publish);

	list_remove(&telling->node);
	mem_free(telling->run_id);
	mem_free(telling);
}

static void tell(struct late *late, const struct store_reminder *reminder)
{
	const struct event_stamp stamp = { reminder->now_ms, late->options.event_max };
	struct telling *telling = mem_new(struct telling);
	struct str event = STR_INIT, stamped = STR_INIT;
	struct fifo fifo;

	event_human_reminder(&event, &stamp, reminder->step_id, reminder->path,
			     reminder->prompt ? reminder->prompt : "", reminder->nth);
	event_close(&event, (uint64_t)reminder->event_seq, (uint64_t)reminder->epoch,
		    (uint64_t)reminder->nth);
	chat_run_stamp(&stamped, chat_run_turn(reminder->run_id), str_text(&event),
		       event.len);
	telling->late = late;
	telling->run_id = mem_dup(reminder->run_id);
	telling->publish.run_id = telling->run_id;
	telling->publish.epoch = reminder->epoch;
	telling->publish.done = on_told;
	list_init(&telling->publish.entries);
	fifo_init(&fifo, reminder->now_ms, 0);
	(void)fifo_add(&fifo, reminder->now_ms, 0, str_text(&stamped), stamped.len);
	(void)fifo_take_free(&fifo, &telling->publish.entries);
	fifo_deinit(&fifo);
	list_push(&late->tellings, &telling->node);
	publisher_add(late->publisher, &telling->publish);
	str_deinit(&event);
	str_deinit(&stamped);
}

static void on_reminded(void *arg, const struct pg_outcome *outcome,
			const struct pg_reply *reply)
{
	struct late *late = arg;
	struct store_reminder reminder;
	int i, n;

	late->reminding = false;
	if (!reply) {
		failed("remind", outcome);
		return;
	}
	FAULT("late.reminded");
	n = store_questions_remind_count(reply, late->at_remind);
	for (i = 0; i < n; i++) {
		store_questions_remind_read(reply, late->at_remind, i, &reminder);
		if (reminder.parked)
			tell(late, &reminder);
	}
}

static void remind(struct late *late)
{
	struct pg_batch *batch;

	if (late->reminding)
		return;
	batch = pg_batch_new();
	late->at_remind = store_questions_remind(batch, REMIND_MAX);
	late->reminding = pg_pool_submit(late->options.stores->pool, batch, DEADLINE_MS,
					 on_reminded, late) == 0;
}

/* ---- life ---- */

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct late *late = w->data;

	(void)loop;
	(void)revents;
	if (!stores_pg_up(late->options.stores))
		return;
	look_for_late(late);
	remind(late);
}

struct late *late_new(const struct late_options *options)
{
	struct late *late = mem_new(struct late);

	late->options = *options;
	list_init(&late->tellings);
	late->publisher = publisher_new(options->loop, options->stores->link,
					options->events_ttl_ms);
	ev_timer_init(&late->timer, on_time, EVERY_S, EVERY_S);
	late->timer.data = late;
	return late;
}

void late_free(struct late *late)
{
	if (!late)
		return;
	late_stop(late);
	publisher_free(late->publisher);
	while (!list_empty(&late->tellings)) {
		struct telling *telling =
			list_entry(late->tellings.next, struct telling, node);

		on_told(&telling->publish);
	}
	mem_free(late);
}

void late_start(struct late *late)
{
	ev_timer_again(late->options.loop, &late->timer);
}

void late_stop(struct late *late)
{
	ev_timer_stop(late->options.loop, &late->timer);
}

void late_link_up(struct late *late)
{
	publisher_link_up(late->publisher);
}
