/*
 * charge.c - a death is laid to a run: charged, and ended when that was once too often
 *
 *	look     Postgres: charge (once per death), then how the run stands and the tail
 *		 of its journal, in one batch
 *		 below max_crashes, or not charged by this death: over
 *	ask      Redis: the last id of its stream, so that ours come behind it
 *	bury     Postgres: failed, the last events, the dead letter; then look again,
 *		 which finds what is in Postgres, whoever wrote it
 *	publish  Redis: what the journal's tail has and the stream lacks, those events
 *		 included; ids are explicit, so what is there is refused
 *
 * Anything that fails leads back to the look after a pause.
 */
#include "keeper/charge.h"

#include "base/fault.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/fifo.h"
#include "events/publish.h"
#include "host/ending.h"
#include "pg/pg_pool.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "run/chat_run.h"
#include "store/store_crashes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_S   0.5 /* before what failed is tried again */
#define TAIL_ROWS 64  /* of the journal: more than a commit that was not published */

struct charge {
	const struct charge_means *means;
	char run_id[IDS_MAX];
	int64_t wake;
	char dead[IDS_MAX];
	char cause[IDS_MAX];
	charge_cb cb;
	void *arg;

	ev_timer pause;
	int at_look;   /* statements of the batch under way */
	int at_events; /* as above */

	int64_t crashes;
	int64_t journal_seq; /* of its last journal row */
	int64_t event_seq;   /* of its last durable event */
	int64_t id_ms;       /* ids of ours are above this */
	struct publish publish;
};

static void look(struct charge *charge);

static void again(struct charge *charge, const char *what, const struct err *err)
{
	if (err->code == ERR_CLOSED)
		return; /* the keeper leaves: the next one begins anew */
	log_warn("charge.waits", LOG_S("run", charge->run_id), LOG_S("step", what),
		 LOG_S("error", err->text));
	ev_timer_set(&charge->pause, PAUSE_S, 0.);
	ev_timer_start(charge->means->loop, &charge->pause);
}

static void on_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	look(w->data);
}

/* ---- publish ---- */

static struct fifo_entry *entry_new(const struct store_crash_event *event)
{
	char *end;
	int64_t id_ms = strtoll(event->id, &end, 10);
	uint32_t id_n = *end == '-' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;

	return fifo_entry_new(id_ms, id_n, event->text, event->len);
}

static void on_published(struct publish *publish)
{
	struct charge *charge = list_entry(publish, struct charge, publish);

	FAULT_OF("bury.published", charge->run_id);
	charge->cb(charge->arg, CHARGE_BURIED);
}

static void publish_tail(struct charge *charge, const struct pg_reply *reply)
{
	int n = store_crashes_events_count(reply, charge->at_events), i;
	struct store_crash_event event;

	list_init(&charge->publish.entries);
	for (i = 0; i < n; i++) {
		store_crashes_events_read(reply, charge->at_events, i, &event);
		list_push(&charge->publish.entries, &entry_new(&event)->node);
	}
	charge->publish.run_id = charge->run_id;
	charge->publish.done = on_published;
	publisher_add(charge->means->publisher, &charge->publish);
}

/* ---- bury ---- */

static void on_buried(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct charge *charge = arg;

	if (!reply) {
		again(charge, "bury", &outcome->err);
		return;
	}
	FAULT_OF("bury.committed", charge->run_id);
	if (pg_reply_affected(reply, 0))
		log_error("run.dead_letter", LOG_S("run", charge->run_id),
			  LOG_N("crashes", charge->crashes),
			  LOG_S("cause", charge->cause), LOG_S("dead", charge->dead));
	look(charge);
}

static void bury(struct charge *charge, int64_t now_ms, uint64_t epoch)
{
	struct pg_batch *batch = pg_batch_new();
	struct str message = STR_INIT, error = STR_INIT, events = STR_INIT;
	struct store_burial burial;
	struct ending ending;
	size_t count;
	struct jsonw w;

	str_printf(&message, "the run crashed its worker %lld times, the last by %s",
		   (long long)charge->crashes, charge->cause);
	jsonw_init(&w, &error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", "internal");
	jsonw_pair_text(&w, "code", "crash_loop");
	jsonw_pair_text(&w, "message", str_text(&message));
	jsonw_pair_text(&w, "cause", charge->cause);
	jsonw_pair_int(&w, "crashes", charge->crashes);
	jsonw_object_end(&w);
	ending = (struct ending){
		.run_id = charge->run_id,
		.status = RUN_FAILED,
		.error = str_text(&message),
		.response = str_text(&message),
		.at_ms = now_ms,
		.event_max = charge->means->event_max,
		.seq = (uint64_t)charge->event_seq,
		.epoch = epoch,
		.id_ms = charge->id_ms + 1,
	};
	count = ending_write(&ending, &events);
	burial = (struct store_burial){
		.run_id = charge->run_id,
		.wake = charge->wake,
		.dead = charge->dead,
		.crashes = charge->means->max_crashes,
		.error = str_text(&error),
		.message = str_text(&message),
		.journal_seq = charge->journal_seq + 1,
		.events = str_text(&events),
		.event_seq = charge->event_seq + (int64_t)count,
	};
	FAULT_OF("bury.built", charge->run_id);
	(void)store_crashes_bury(batch, &burial);
	str_deinit(&message);
	str_deinit(&error);
	str_deinit(&events);
	if (pg_pool_submit(charge->means->pool, batch, 0, on_buried, charge) < 0)
		again(charge, "bury", pg_pool_last_error(charge->means->pool));
}

/* ---- ask ---- */

struct ask {
	struct charge *charge;
	int64_t now_ms;
	uint64_t epoch;
};

static void on_last_id(void *arg, const struct redis_answer *answer)
{
	struct ask *ask = arg;
	struct charge *charge = ask->charge;
	const struct redis_reply *entry;
	struct err err;

	if (answer->rc < 0) {
		(void)err_set(&err, answer->rc, "Redis: %.200s", answer->text);
		again(charge, "ask", &err);
		mem_free(ask);
		return;
	}
	entry = redis_reply_at(answer->reply, 0);
	if (redis_reply_count(entry)) {
		const char *id = redis_reply_text(redis_reply_at(entry, 0), NULL);
		int64_t id_ms = id ? strtoll(id, NULL, 10) : 0;

		if (id_ms > charge->id_ms)
			charge->id_ms = id_ms;
	}
	bury(charge, ask->now_ms, ask->epoch);
	mem_free(ask);
}

static void ask_last_id(struct charge *charge, int64_t now_ms, int64_t epoch)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct ask *ask = mem_new(struct ask);
	struct str key = STR_INIT;
	struct err err;

	ask->charge = charge;
	ask->now_ms = now_ms;
	ask->epoch = (uint64_t)epoch;
	chat_run_stream(&key, charge->run_id);
	redis_command_words(&command, "XREVRANGE", str_text(&key), "+", "-", "COUNT", "1",
			    NULL);
	if (redis_link_send(charge->means->link, &command, on_last_id, ask, &err) < 0) {
		mem_free(ask);
		again(charge, "ask", &err);
	}
	redis_command_deinit(&command);
	str_deinit(&key);
}

/* ---- look ---- */

/* The journal's tail says where events and ids of ours begin. */
static void read_tail(struct charge *charge, const struct pg_reply *reply, int64_t now_ms)
{
	int n = store_crashes_events_count(reply, charge->at_events);
	struct store_crash_event event;
	int64_t id_ms;

	charge->event_seq = 0;
	charge->id_ms = now_ms;
	if (!n)
		return;
	store_crashes_events_read(reply, charge->at_events, n - 1, &event);
	charge->event_seq = event.seq;
	id_ms = strtoll(event.id, NULL, 10);
	if (id_ms > charge->id_ms)
		charge->id_ms = id_ms;
}

static bool is_live(const struct store_crash_look *row)
{
	return strcmp(row->status, "queued") == 0 || strcmp(row->status, "running") == 0;
}

static void on_looked(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct charge *charge = arg;
	struct store_crash_look row;

	if (!reply) {
		again(charge, "look", &outcome->err);
		return;
	}
	FAULT_OF("charge.committed", charge->run_id);
	if (!store_crashes_look_read(reply, charge->at_look, &row) ||
	    row.wake != charge->wake || !row.charged_by ||
	    strcmp(row.charged_by, charge->dead) != 0) {
		charge->cb(charge->arg, CHARGE_NONE);
		return;
	}
	charge->crashes = row.crashes;
	charge->journal_seq = row.journal_seq;
	if (is_live(&row)) {
		if (row.crashes < charge->means->max_crashes) {
			log_warn("run.charged", LOG_S("run", charge->run_id),
				 LOG_N("crashes", row.crashes),
				 LOG_S("cause", charge->cause),
				 LOG_S("dead", charge->dead));
			charge->cb(charge->arg, CHARGE_ONCE);
			return;
		}
		read_tail(charge, reply, row.now_ms);
		ask_last_id(charge, row.now_ms, row.epoch);
		return;
	}
	if (row.crashes < charge->means->max_crashes) {
		charge->cb(charge->arg, CHARGE_NONE); /* it ended by itself */
		return;
	}
	publish_tail(charge, reply);
}

static void look(struct charge *charge)
{
	struct pg_batch *batch = pg_batch_new();

	(void)store_crashes_charge(batch, charge->run_id, charge->wake, charge->cause,
				   charge->dead);
	charge->at_look = store_crashes_look(batch, charge->run_id);
	charge->at_events = store_crashes_events(batch, charge->run_id, TAIL_ROWS);
	if (pg_pool_submit(charge->means->pool, batch, 0, on_looked, charge) < 0)
		again(charge, "look", pg_pool_last_error(charge->means->pool));
}

/* ---- life ---- */

struct charge *charge_start(const struct charge_means *means, const char *job,
			    const char *dead, const char *cause, charge_cb cb, void *arg)
{
	struct charge *charge = mem_new(struct charge);
	const char *colon = strrchr(job, ':');

	charge->means = means;
	charge->wake = colon ? strtoll(colon + 1, NULL, 10) : 0;
	(void)snprintf(charge->run_id, sizeof(charge->run_id), "%.*s",
		       colon ? (int)(colon - job) : (int)strlen(job), job);
	(void)snprintf(charge->dead, sizeof(charge->dead), "%s", dead);
	(void)snprintf(charge->cause, sizeof(charge->cause), "%s", cause);
	charge->cb = cb;
	charge->arg = arg;
	list_init(&charge->publish.entries);
	list_init(&charge->publish.node);
	ev_timer_init(&charge->pause, on_pause, 0., 0.);
	charge->pause.data = charge;
	ev_timer_start(means->loop, &charge->pause);
	return charge;
}

void charge_free(struct charge *charge)
{
	if (!charge)
		return;
	ev_timer_stop(charge->means->loop, &charge->pause);
	mem_free(charge);
}
