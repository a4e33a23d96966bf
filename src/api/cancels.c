/*
 * cancels.c - runs that somebody wants to stop
 *
 * What becomes of a run depends on who has it, and only its row knows:
 *
 *	look     Postgres: a running one is asked to stop (its row keeps the moment), and
 *		 how the run stands, in one batch
 *	running  Redis: the stock key, then a hint into its owner's mail. Either may be
 *		 lost: the owner's next commit, or its next owner's takeover, says it.
 *		 Whoever ends the run deletes the key; one that came after the end is
 *		 deleted here
 *	queued   or paused, nobody executes it: the last id of its stream (ours come
 *		 behind it), then one guarded commit: cancelled, with the last events
 *	settle   Redis: the journal's tail into the stream, then the entry goes, unless a
 *		 worker has it: that one's next write is refused, and it lets go
 *
 * The answer leaves when Postgres has it; what follows is done without a listener. A
 * guard that finds no row means that the run went on meanwhile: look again. A row of a
 * stock API server (wake 0) is a stock worker's to end: it gets the key.
 */
#include "api/cancels.h"

#include "base/fault.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/publish.h"
#include "host/backlog.h"
#include "host/cancel_key.h"
#include "host/ending.h"
#include "host/next_turn.h"
#include "host/settle.h"
#include "host/stream_end.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_drop.h"
#include "queue/queue_mail.h"
#include "queue/queue_names.h"
#include "redis/redis_link.h"
#include "run/outcome.h"
#include "store/store_cancels.h"

#include <stdio.h>
#include <string.h>

#define OPEN_MAX    10000 /* more than are under way at once are refused */
#define LOOKS_MAX   8     /* a run that changes hands faster is none */
#define DEADLINE_MS 5000
#define REQUESTED   "cancellation_requested"
#define REASON      "Cancelled"

struct cancels {
	struct cancels_parts parts;
	struct publisher *publisher;
	struct list all;
	size_t open;
	void (*idle)(void *arg); /* NULL: nobody waits */
	void *idle_arg;
};

struct cancel {
	struct list node;
	struct cancels *cancels;
	char run_id[IDS_MAX];
	char tenant_id[IDS_MAX]; /* "": whoever's */
	cancels_cb cb;           /* NULL: answered */
	void *arg;
	int at_ask, at_look, at_end; /* statements of the batch under way */
	int looks;
	bool ending; /* the commit that ends it was sent */

	/* how it stood at the last look */
	int64_t wake;
	int64_t epoch;
	int64_t journal_seq;
	int64_t steps;
	uint64_t event_seq;
	int64_t now_ms;
	int64_t id_ms; /* newest of its journal's stream ids, or now */
	struct queue *queue;
	struct str tenant; /* key form */
	struct str job_id;

	struct stream_end asked;
	ev_timer deadline; /* of the question above */
	struct settle *settle;
};

static void look(struct cancel *cancel);

static void check_idle(struct cancels *cancels)
{
	void (*idle)(void *arg) = cancels->idle;

	if (!idle || cancels->open)
		return;
	cancels->idle = NULL;
	idle(cancels->idle_arg);
}

static void cancel_free(struct cancel *cancel)
{
	struct cancels *cancels = cancel->cancels;

	stream_end_stop(&cancel->asked);
	ev_timer_stop(cancels->parts.loop, &cancel->deadline);
	settle_free(cancel->settle);
	queue_free(cancel->queue);
	str_deinit(&cancel->tenant);
	str_deinit(&cancel->job_id);
	list_remove(&cancel->node);
	mem_free(cancel);
	cancels->open--;
	check_idle(cancels);
}

static void answer(struct cancel *cancel, enum errors_code error, const char *status)
{
	cancels_cb cb = cancel->cb;

	cancel->cb = NULL;
	if (cb)
		cb(cancel->arg, error, status);
}

static void give_up(struct cancel *cancel, enum errors_code error)
{
	answer(cancel, error, NULL);
	cancel_free(cancel);
}

/* A batch that was not committed, or may have been: asking again does no harm. */
static void refused(struct cancel *cancel, const struct pg_outcome *outcome)
{
	bool bug = outcome->cls == PG_CLASS_BUG || outcome->cls == PG_CLASS_VALUE ||
		   outcome->cls == PG_CLASS_CONSTRAINT;

	if (outcome->err.code != ERR_CLOSED)
		log_warn("run.cancel_failed", LOG_S("run", cancel->run_id),
			 LOG_S("sqlstate", outcome->sqlstate),
			 LOG_S("error", outcome->err.text));
	give_up(cancel, bug                           ? ERRORS_INTERNAL
			: outcome->fate == PG_UNKNOWN ? ERRORS_UNKNOWN
						      : ERRORS_POSTGRES);
}

static void submit(struct cancel *cancel, struct pg_batch *batch, pg_done_cb cb)
{
	struct pg_pool *pool = cancel->cancels->parts.pool;
	int rc = pg_pool_submit(pool, batch, DEADLINE_MS, cb, cancel);

	if (rc < 0)
		give_up(cancel, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES);
}

/* ---- settle: it has ended, its events and its entry follow ---- */

static void on_dropped(void *arg, int rc, const char *place, const struct err *err)
{
	struct cancel *cancel = arg;

	FAULT_OF("cancel.dropped", cancel->run_id);
	/* an entry that stays is settled by whoever claims it */
	if (rc < 0 && rc != ERR_CLOSED)
		log_warn("run.cancel_entry_left", LOG_S("run", cancel->run_id),
			 LOG_S("error", err->text));
	else if (rc == 0)
		log_info("run.cancelled", LOG_S("run", cancel->run_id),
			 LOG_S("entry", place));
	if (rc != ERR_CLOSED) /* else cancels_free() has it */
		cancel_free(cancel);
}

static void on_settled(void *arg, struct settle *settle)
{
	struct cancel *cancel = arg;
	const struct queue_text job_id = { str_text(&cancel->job_id),
					   cancel->job_id.len };
	const struct queue_text tenant = { str_text(&cancel->tenant),
					   cancel->tenant.len };
	struct err err;

	FAULT_OF("cancel.published", cancel->run_id);
	(void)settle;
	next_turns_push(cancel->cancels->parts.turns, cancel->run_id);
	settle_free(cancel->settle);
	cancel->settle = NULL;
	if (queue_drop(cancel->queue, job_id, tenant, on_dropped, cancel, &err) == 0)
		return;
	log_warn("run.cancel_entry_left", LOG_S("run", cancel->run_id),
		 LOG_S("error", err.text));
	cancel_free(cancel);
}

static void settle(struct cancel *cancel)
{
	const struct cancels *cancels = cancel->cancels;
	const struct settle_options options = {
		.loop = cancels->parts.loop,
		.pool = cancels->parts.pool,
		.link = cancels->parts.link,
		.publisher = cancels->publisher,
		.run_id = cancel->run_id,
		.done = on_settled,
		.arg = cancel,
	};

	cancel->settle = settle_new(&options);
}

/* ---- end: queued or paused, nobody executes it ---- */

static bool is_doubtful(const struct cancel *cancel, const struct pg_outcome *outcome,
			const struct pg_reply *reply)
{
	if (reply)
		return !store_cancels_end_read(reply, cancel->at_end); /* it went on */
	return outcome->fate == PG_UNKNOWN && outcome->err.code != ERR_CLOSED;
}

static void on_ended(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct cancel *cancel = arg;

	if (is_doubtful(cancel, outcome, reply)) {
		look(cancel); /* the row knows */
	} else if (!reply) {
		refused(cancel, outcome);
	} else {
		FAULT_OF("cancel.ended", cancel->run_id);
		answer(cancel, ERRORS_NONE, REQUESTED);
		settle(cancel);
	}
}

static void end(struct cancel *cancel)
{
	struct pg_batch *batch = pg_batch_new();
	struct str events = STR_INIT, error = STR_INIT, response = STR_INIT;
	struct ending ending = {
		.run_id = cancel->run_id,
		.status = RUN_CANCELLED,
		.at_ms = cancel->now_ms,
		.event_max = cancel->cancels->parts.event_max,
		.seq = cancel->event_seq,
		.epoch = (uint64_t)cancel->epoch,
		.id_ms = cancel->id_ms + 1,
	};
	struct jsonw w;
	size_t count;

	outcome_counted(&response, (size_t)cancel->steps);
	ending.response = str_text(&response);
	count = ending_write(&ending, &events);
	jsonw_init(&w, &error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", "cancelled");
	jsonw_pair_text(&w, "step_id", NULL);
	jsonw_pair_text(&w, "message", REASON);
	jsonw_object_end(&w);
	cancel->at_end = store_cancels_end(
		batch, &(struct store_cancel_end){
			       .run_id = cancel->run_id,
			       .wake = cancel->wake,
			       .epoch = cancel->epoch,
			       .error = str_text(&error),
			       .journal_seq = cancel->journal_seq + 1,
			       .events = str_text(&events),
			       .event_seq = (int64_t)(cancel->event_seq + count),
			       .response = str_text(&response),
		       });
	str_deinit(&response);
	str_deinit(&events);
	str_deinit(&error);
	cancel->ending = true;
	submit(cancel, batch, on_ended);
}

static void on_stream_end(struct stream_end *asked)
{
	struct cancel *cancel = list_entry(asked, struct cancel, asked);

	ev_timer_stop(cancel->cancels->parts.loop, &cancel->deadline);
	if (asked->end.id_ms > cancel->id_ms)
		cancel->id_ms = asked->end.id_ms;
	end(cancel);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	give_up(w->data, ERRORS_REDIS);
}

static void ask_stream_end(struct cancel *cancel)
{
	const struct cancels_parts *parts = &cancel->cancels->parts;

	cancel->asked.loop = parts->loop;
	cancel->asked.link = parts->link;
	cancel->asked.run_id = cancel->run_id;
	cancel->asked.done = on_stream_end;
	ev_timer_set(&cancel->deadline, DEADLINE_MS / 1e3, 0.);
	ev_timer_start(parts->loop, &cancel->deadline);
	stream_end_ask(&cancel->asked);
}

/* ---- running: whoever has it is told ---- */

static bool is(const struct store_cancel_look *row, const char *status)
{
	return strcmp(row->status, status) == 0;
}

static void on_ended_before(void *arg, const struct pg_outcome *outcome,
			    const struct pg_reply *reply)
{
	struct cancel *cancel = arg;
	struct store_cancel_look row;

	(void)outcome; /* not known: the key goes after its hour */
	if (reply && store_cancels_look_read(reply, cancel->at_look, &row) &&
	    !is(&row, "running") && !is(&row, "queued") && !is(&row, "paused"))
		cancel_key_delete(cancel->cancels->parts.link, cancel->run_id);
	cancel_free(cancel);
}

/* The key is there now: has the end been before it? */
static void on_told(void *arg, int rc, bool delivered, const struct err *err)
{
	struct cancel *cancel = arg;
	struct pg_batch *batch;

	FAULT_OF("cancel.told", cancel->run_id);
	(void)delivered;
	if (rc == ERR_CLOSED)
		return; /* cancels_free() has it */
	if (rc < 0)
		log_warn("run.cancel_hint_lost", LOG_S("run", cancel->run_id),
			 LOG_S("error", err->text));
	batch = pg_batch_new();
	cancel->at_look = store_cancels_look(batch, cancel->run_id, NULL);
	submit(cancel, batch, on_ended_before);
}

/* A hint that is lost costs a step, not the cancel: its row has it. */
static void tell_owner(struct cancel *cancel, const char *owner)
{
	struct queue_mail mail = { .kind = QUEUE_MAIL_CANCEL };
	struct err err;

	cancel_key_set(cancel->cancels->parts.link, cancel->run_id);
	if (!owner || !cancel->queue) {
		cancel_free(cancel);
		return;
	}
	(void)snprintf(mail.run_id, sizeof(mail.run_id), "%s", cancel->run_id);
	if (queue_mail_send(cancel->queue, owner, &mail, on_told, cancel, &err) < 0) {
		log_warn("run.cancel_hint_lost", LOG_S("run", cancel->run_id),
			 LOG_S("error", err.text));
		cancel_free(cancel);
	}
}

/* ---- look ---- */

/* What ending it needs. */
static int remember(struct cancel *cancel, const struct store_cancel_look *row,
		    struct err *err)
{
	const struct cancels_parts *parts = &cancel->cancels->parts;
	const struct backlog_end all = { INT64_MAX, 0 };
	struct backlog_end newest = { 0 };
	struct list none;
	int rc = 0;

	cancel->wake = row->wake;
	cancel->epoch = row->epoch;
	cancel->journal_seq = row->journal_seq;
	cancel->steps = row->steps;
	cancel->now_ms = row->now_ms;
	cancel->event_seq = 0;
	str_reset(&cancel->job_id, IDS_MAX);
	str_printf(&cancel->job_id, "%s:%lld", cancel->run_id, (long long)row->wake);
	str_reset(&cancel->tenant, IDS_MAX);
	queue_names_tenant(&cancel->tenant, row->tenant_id ? row->tenant_id : "");
	if (row->queue && !cancel->queue)
		rc = queue_new(parts->link, parts->scripts, row->queue, NULL,
			       &cancel->queue, err);
	list_init(&none);
	if (rc == 0) /* nothing is behind the last of all ids: only numbers come */
		rc = backlog_add(&none, row->events, &all, &cancel->event_seq, &newest,
				 err);
	cancel->id_ms = newest.id_ms > row->now_ms ? newest.id_ms : row->now_ms;
	return rc;
}

static void judge(struct cancel *cancel, const struct store_cancel_look *row, bool asked)
{
	bool waits = is(row, "queued") || is(row, "paused");
	bool live = waits || is(row, "running");
	struct err err;

	if (remember(cancel, row, &err) < 0) {
		log_error("run.cancel_impossible", LOG_S("run", cancel->run_id),
			  LOG_S("error", err.text));
		give_up(cancel, ERRORS_INTERNAL);
	} else if (live && (row->wake == 0 || asked)) {
		FAULT_OF("cancel.flagged", cancel->run_id);
		log_info("run.cancel_asked", LOG_S("run", cancel->run_id),
			 LOG_S("owner", row->owner ? row->owner : ""));
		answer(cancel, ERRORS_NONE, REQUESTED);
		tell_owner(cancel, row->owner);
	} else if (waits) {
		ask_stream_end(cancel);
	} else if (live) {
		look(cancel); /* taken over between the two statements */
	} else {
		answer(cancel, ERRORS_NONE,
		       cancel->ending && is(row, "cancelled") ? REQUESTED : row->status);
		/* whoever ended it from outside may not have come to its events */
		if (is(row, "cancelled") && cancel->queue)
			settle(cancel);
		else
			cancel_free(cancel);
	}
}

static void on_looked(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct cancel *cancel = arg;
	struct store_cancel_look row;

	if (!reply)
		refused(cancel, outcome);
	else if (!store_cancels_look_read(reply, cancel->at_look, &row))
		give_up(cancel, ERRORS_NO_RUN);
	else
		judge(cancel, &row, pg_reply_affected(reply, cancel->at_ask) > 0);
}

static void look(struct cancel *cancel)
{
	const char *tenant_id = *cancel->tenant_id ? cancel->tenant_id : NULL;
	struct pg_batch *batch;

	if (cancel->looks++ == LOOKS_MAX) {
		give_up(cancel, ERRORS_BUSY);
		return;
	}
	batch = pg_batch_new();
	cancel->at_ask = store_cancels_ask(batch, cancel->run_id, tenant_id);
	cancel->at_look = store_cancels_look(batch, cancel->run_id, tenant_id);
	submit(cancel, batch, on_looked);
}

void cancels_run(struct cancels *cancels, const char *run_id, const char *tenant_id,
		 cancels_cb cb, void *arg)
{
	enum errors_code error = ERRORS_NONE;
	struct cancel *cancel;

	if (!redis_link_is_up(cancels->parts.link))
		error = ERRORS_REDIS;
	else if (pg_pool_links_up(cancels->parts.pool) == 0)
		error = ERRORS_POSTGRES;
	else if (cancels->open >= OPEN_MAX)
		error = ERRORS_BUSY;
	if (error != ERRORS_NONE) {
		cb(arg, error, NULL);
		return;
	}
	cancel = mem_new(struct cancel);
	cancel->cancels = cancels;
	(void)snprintf(cancel->run_id, sizeof(cancel->run_id), "%s", run_id);
	if (tenant_id)
		(void)snprintf(cancel->tenant_id, sizeof(cancel->tenant_id), "%s",
			       tenant_id);
	cancel->cb = cb;
	cancel->arg = arg;
	ev_timer_init(&cancel->deadline, on_deadline, 0., 0.);
	cancel->deadline.data = cancel;
	cancels->open++;
	list_push(&cancels->all, &cancel->node);
	look(cancel);
}

/* ---- life ---- */

struct cancels *cancels_new(const struct cancels_parts *parts)
{
	struct cancels *cancels = mem_new(struct cancels);

	cancels->parts = *parts;
	cancels->publisher =
		publisher_new(parts->loop, parts->link, parts->events_ttl_ms);
	list_init(&cancels->all);
	return cancels;
}

void cancels_free(struct cancels *cancels)
{
	if (!cancels)
		return;
	cancels->idle = NULL;
	while (!list_empty(&cancels->all))
		give_up(list_entry(cancels->all.next, struct cancel, node),
			ERRORS_DRAINING);
	publisher_free(cancels->publisher);
	mem_free(cancels);
}

void cancels_link_up(struct cancels *cancels)
{
	publisher_link_up(cancels->publisher);
}

void cancels_when_idle(struct cancels *cancels, void (*idle)(void *arg), void *arg)
{
	cancels->idle = idle;
	cancels->idle_arg = arg;
	check_idle(cancels);
}
