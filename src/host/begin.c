/*
 * begin.c - how a run begins in this worker: fresh, behind what others did, or not at all
 *
 *	fresh    nobody had it: from its first step
 *	past     the takeover brought its journal; engine/fold.c says where that stands.
 *	         What the journal has and the stream lacks goes out first (backlog.c), and
 *	         our own ids begin above all that there is
 *	failed   its definition, its journal or Postgres will not have it: picked up, what
 *	         is wrong, and the sentinels
 */
#include "host/begin.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/fold.h"
#include "host/backlog.h"
#include "host/begin_inner.h"
#include "host/failed_row.h"
#include "host/held.h"
#include "host/host_scale_in.h"
#include "host/journal.h"
#include "host/settle.h"
#include "ipc/scoreboard.h"
#include "run/definition.h"

#include <string.h>

static struct exec_start start_of(struct held *held)
{
	return (struct exec_start){
		.run_id = held->run_id,
		.worker_id = held->host->options.worker_id,
		.definition = held->definition,
		.epoch = held->epoch ? (uint64_t)held->epoch : 1,
		.job = held,
	};
}

void begin_fresh(struct held *held, const char *message, size_t message_len,
		 const char *inputs, size_t inputs_len)
{
	struct host_scale *host = held->host;
	struct exec_start start = start_of(held);

	start.message = message;
	start.message_len = message_len;
	start.inputs = inputs;
	start.inputs_len = inputs_len;
	score_add(host->options.score, SCORE_RUNS_STARTED, 1);
	held->fresh = true;
	held->exec = exec_new(host->engine, &start);
}

/* ---- a run that is not executed ---- */

void begin_failed(struct held *held, const char *class, const char *reason)
{
	const struct host_scale *host = held->host;
	const struct failed_row failed = {
		.run_id = held->run_id,
		.worker_id = host->options.worker_id,
		.class = class,
		.reason = reason,
		.event_max = host->engine->limits.event_max,
		.first_seq = held->event_seq + 1,
		.epoch = held->epoch ? (uint64_t)held->epoch : 1,
	};
	struct engine_row *row = failed_row_new(&failed);

	held->event_seq += row->events_count;
	held_add_row(held, row, NULL, clock_wall_ms());
	held->final = failed_row_final(&failed);
	score_add(held->host->options.score, SCORE_RUNS_FAILED, 1);
	journal_want(held->host->journal, held);
}

/* ---- a run that others had before ---- */

static bool behind(const struct backlog_end *a, const struct backlog_end *b)
{
	return a->id_ms > b->id_ms || (a->id_ms == b->id_ms && a->id_n > b->id_n);
}

/*
 * What the journal has and the stream lacks goes out first; our own ids begin above all
 * that there is, and above Postgres' clock at the takeover.
 */
static int catch_up(struct held *held, const struct backlog_end *end, struct err *err)
{
	struct backlog_end newest = { 0 }, floor = *end;
	struct held_past *past = &held->past;
	struct err ignored;
	int rc = 0;
	size_t i;

	/* to the last row, also past one that cannot be read: what we write, an end at
	 * least, comes behind all that is there */
	for (i = 0; i < past->count; i++) {
		held->seq = (uint32_t)past->rows[i].seq;
		if (backlog_add(&held->publish.entries, past->rows[i].events, end,
				&held->event_seq, &newest, rc < 0 ? &ignored : err) < 0)
			rc = ERR_INPUT;
	}
	if (behind(&newest, &floor))
		floor = newest;
	if (past->taken_at_ms > floor.id_ms)
		floor = (struct backlog_end){ past->taken_at_ms, 0 };
	fifo_deinit(&held->fifo);
	fifo_init(&held->fifo, floor.id_ms, floor.id_n);
	if (!list_empty(&held->publish.entries)) {
		held->publishing = true;
		held->publish.done = host_scale_on_published;
		held->publish.epoch = held->epoch;
		publisher_add(held->host->publisher, &held->publish);
	}
	return rc;
}

/* go_on() waits for a definition, and begin_past() is called again, or was. */
#define GO_ON_LATER 1

static int go_on(struct held *held, struct err *err)
{
	struct host_scale *host = held->host;
	const struct held_past *past = &held->past;
	const struct exec_start start = start_of(held);
	const struct fold_seed seed = {
		.definition = held->definition,
		.message = past->message,
		.message_len = strlen(past->message),
		.inputs = past->inputs,
		.inputs_len = past->inputs ? strlen(past->inputs) : 0,
		.state_max = host->engine->limits.state_max,
		.inner = begin_inner_get,
		.inner_data = held,
	};
	struct fold_wanted wanted = { .id = NULL };
	struct fold fold;
	int rc;

	rc = fold_journal(&fold, &seed, past->rows, past->count, err);
	if (rc == 0 && fold.ended)
		rc = err_set(err, ERR_INPUT, "the run has ended, its row has not");
	if (rc == 0) {
		score_add(host->options.score, SCORE_RUNS_STARTED, 1);
		held->fresh = true;
		held->exec = exec_resume(host->engine, &start, &fold);
	}
	if (rc == ERR_NOT_FOUND) {
		wanted.id = arena_dup(&held->past.arena, fold.wanted.id);
		wanted.version = fold.wanted.version;
	}
	fold_deinit(&fold);
	if (wanted.id && begin_inner_ask(held, &wanted, begin_past, err))
		return GO_ON_LATER;
	return rc;
}

/* The takeover brought what the run starts with, or goes on with. */
void begin_past(struct held *held)
{
	struct held_past *past = &held->past;
	struct str reason = STR_INIT;
	struct err err;
	int rc = 0;

	if (!held->unusable && past->count) {
		rc = go_on(held, &err);
		if (rc == GO_ON_LATER)
			return;
	}
	if (held->unusable) {
		begin_failed(held, "job", held->unusable);
	} else if (past->count == 0) {
		begin_fresh(held, past->message, strlen(past->message), past->inputs,
			    past->inputs ? strlen(past->inputs) : 0);
	} else if (rc < 0) {
		log_error("run.journal_unusable", LOG_S("run", held->run_id),
			  LOG_S("error", err.text));
		str_printf(&reason, "the run cannot be continued: %s", err.text);
		begin_failed(held, "internal", str_text(&reason));
		str_deinit(&reason);
	} else {
		log_info("run.resumed", LOG_S("run", held->run_id),
			 LOG_N("epoch", held->epoch), LOG_N("rows", past->count));
	}
	held_past_reset(held);
	if (held->cancel && held->exec)
		exec_cancel(held->exec);
}

/*
 * Whether the stream may lack events from before the newest snapshot, which did not come
 * with the takeover: it has those that are not behind its end, and ids rise along the
 * journal.
 */
static bool lacks_more(const struct held *held, const struct backlog_end *end)
{
	const struct held_past *past = &held->past;
	struct backlog_end first;

	return !held->settled && past->count && past->rows[0].seq > 1 &&
	       (!backlog_first(past->rows[0].events, &first) || behind(&first, end));
}

static void on_settled(void *arg, struct settle *settle)
{
	struct held *held = arg;

	settle_free(settle);
	held->settle = NULL;
	held->settled = true;
	stream_end_ask(&held->asked); /* begin_behind() again */
}

static void settle_first(struct held *held)
{
	struct host_scale *host = held->host;
	const struct settle_options options = {
		.loop = host->loop,
		.pool = host->pool,
		.link = host->link,
		.publisher = host->publisher,
		.run_id = held->run_id,
		.done = on_settled,
		.arg = held,
	};

	held->settle = settle_new(&options);
}

void begin_behind(struct stream_end *asked)
{
	struct held *held = list_entry(asked, struct held, asked);
	struct err err;

	if (lacks_more(held, &asked->end)) {
		settle_first(held);
		return;
	}

	FAULT_OF("resume.asked", held->run_id);
	if (catch_up(held, &asked->end, &err) < 0)
		log_error("run.journal_unreadable", LOG_S("run", held->run_id),
			  LOG_S("error", err.text)); /* the fold meets it as well */
	begin_past(held);
	FAULT_OF("resume.begun", held->run_id);
}
