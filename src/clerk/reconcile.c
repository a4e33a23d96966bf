/*
 * reconcile.c - rows that ought to have an entry in the queue get one
 *
 * A page of rows after the other, in order of ready_at, one call under way at a time:
 *
 *	Postgres  the next 200 live rows behind the place
 *	Redis     which of their jobs are missing, and whose owners have a heartbeat key
 *	Redis     enqueue what is missing and nobody works on
 *
 * A queued row is pushed whoever has it: the job id makes a second push a no-op, and an
 * entry that somebody lost is what this is for. A running row is its owner's while that
 * one lives, by its key or by its row; the entry's `from` is the owner, so that the
 * takeover is off that one and no other. An entry made here carries no input: its worker
 * reads the row.
 *
 * Always true: pushing is idempotent, so a page may be repeated, and two leads may work
 * side by side.
 */
#include "clerk/reconcile.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "ipc/scoreboard.h"
#include "pg/pg_pool.h"
#include "queue/queue_enqueue.h"
#include "queue/queue_missing.h"
#include "queue/queue_names.h"
#include "run/payload.h"

#include <stdio.h>
#include <string.h>

#define PAGE        QUEUE_BATCH_MAX
#define AGAIN_MIN_S 0.5
#define AGAIN_MAX_S 8.

struct candidate {
	struct queue_enqueue_entry entry;
	struct queue_text id;
	struct queue_text owner; /* len 0: nobody */
	enum store_live_owner owner_is;
	bool queued_row;
};

struct reconcile {
	struct reconcile_ask ask;
	struct reconcile_place place; /* of the last row that is dealt with */
	struct reconcile_place end;   /* of the last row of this page */
	struct arena arena;           /* of this page */
	struct candidate page[PAGE];
	size_t count;
	bool full; /* this page is not the last one */
	int statement;
	bool calling;
	bool stopped;
	int64_t pushed;
	size_t pushing; /* in the call under way */
	double again_s;
	ev_timer again;
};

static void next_page(struct reconcile *reconcile);

static void reconcile_free(struct reconcile *reconcile)
{
	ev_timer_stop(reconcile->ask.loop, &reconcile->again);
	arena_deinit(&reconcile->arena);
	mem_free(reconcile);
}

/* The answer to the call is here. false: nobody wants it any more. */
static bool go_on(struct reconcile *reconcile, int rc)
{
	reconcile->calling = false;
	if (reconcile->stopped) {
		reconcile_free(reconcile);
		return false;
	}
	return rc != ERR_CLOSED;
}

/* Something failed: the same page again, a little later. */
static void again(struct reconcile *reconcile, const char *what, const char *why)
{
	log_warn("queue.not_reconciled", LOG_S("queue", queue_name(reconcile->ask.queue)),
		 LOG_S("act", what), LOG_S("error", why));
	ev_timer_set(&reconcile->again, reconcile->again_s, 0.);
	ev_timer_start(reconcile->ask.loop, &reconcile->again);
	reconcile->again_s = reconcile->again_s * 2 < AGAIN_MAX_S ? reconcile->again_s * 2
								  : AGAIN_MAX_S;
}

static void page_over(struct reconcile *reconcile)
{
	reconcile->again_s = AGAIN_MIN_S;
	reconcile->place = reconcile->end;
	if (!reconcile->full || reconcile->ask.one_page)
		reconcile->ask.done(reconcile->ask.arg, &reconcile->place);
	else
		next_page(reconcile);
}

/* ---- push ---- */

static void on_pushed(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
		      const struct err *err)
{
	struct reconcile *reconcile = arg;

	(void)enqueue_at_ms;
	if (!go_on(reconcile, rc))
		return;
	if (rc < 0) {
		again(reconcile, "enqueue", err->text);
		return;
	}
	FAULT("reconcile.pushed");
	reconcile->pushed += added;
	score_add(reconcile->ask.score, SCORE_RUNS_PUSHED, added);
	if (added)
		log_info("queue.pushed", LOG_S("queue", queue_name(reconcile->ask.queue)),
			 LOG_N("runs", added));
	page_over(reconcile);
}

static bool is_wanted(const struct reconcile *reconcile, const struct candidate *row,
		      enum queue_missing found)
{
	if (found == QUEUE_HERE)
		return false;
	if (row->queued_row)
		return true;
	if (found == QUEUE_MISSING_OWNED)
		return false;
	switch (row->owner_is) {
	case STORE_LIVE_NOBODY:
	case STORE_LIVE_OLD:
		return true;
	case STORE_LIVE_FORMER:
		return reconcile->ask.formers_are_dead;
	case STORE_LIVE_FRESH:
		return false; /* only its key is missing: an alarm, and no death */
	}
	return false;
}

static void push(struct reconcile *reconcile, const enum queue_missing *found)
{
	struct queue_enqueue_entry entries[PAGE];
	size_t n = 0, i;
	struct err err;
	int rc;

	for (i = 0; i < reconcile->count; i++)
		if (is_wanted(reconcile, &reconcile->page[i], found[i]))
			entries[n++] = reconcile->page[i].entry;
	if (!n) {
		page_over(reconcile);
		return;
	}
	reconcile->calling = true;
	rc = queue_enqueue(reconcile->ask.queue, entries, n, on_pushed, reconcile, &err);
	if (rc < 0) {
		reconcile->calling = false;
		again(reconcile, "enqueue", err.text);
	}
}

/* ---- look ---- */

static void on_missing(void *arg, int rc, const enum queue_missing *found, size_t n,
		       const struct err *err)
{
	struct reconcile *reconcile = arg;

	(void)n;
	if (!go_on(reconcile, rc))
		return;
	if (rc < 0)
		again(reconcile, "missing", err->text);
	else
		push(reconcile, found);
}

static void look(struct reconcile *reconcile)
{
	struct queue_missing_ask asks[PAGE];
	struct err err;
	size_t i;
	int rc;

	for (i = 0; i < reconcile->count; i++)
		asks[i] = (struct queue_missing_ask){ reconcile->page[i].id,
						      reconcile->page[i].owner };
	reconcile->calling = true;
	rc = queue_missing(reconcile->ask.queue, asks, reconcile->count, on_missing,
			   reconcile, &err);
	if (rc < 0) {
		reconcile->calling = false;
		again(reconcile, "missing", err.text);
	}
}

/* ---- rows ---- */

static struct queue_text keep_str(struct reconcile *reconcile, const struct str *text)
{
	return (struct queue_text){
		arena_dup_n(&reconcile->arena, str_text(text), text->len), text->len
	};
}

static struct queue_text keep(struct reconcile *reconcile, const char *text)
{
	if (!text)
		return (struct queue_text){ NULL, 0 };
	return (struct queue_text){ arena_dup(&reconcile->arena, text), strlen(text) };
}

/* false: no entry can be made of it. */
static bool take_row(struct reconcile *reconcile, const struct store_live *row)
{
	struct candidate *to = &reconcile->page[reconcile->count];
	const struct payload payload = {
		.definition_id = row->orchestration_id,
		.definition_version = row->definition_version,
	};
	struct str text = STR_INIT;
	struct err err;

	*to = (struct candidate){
		.entry = {
			.job = {
				.kind = row->chat ? QUEUE_JOB_CHAT : QUEUE_JOB_RUN,
				.priority = (int)row->priority,
				.wake = (uint32_t)row->wake,
				.attempt = row->attempt > 1 ? (uint32_t)row->attempt : 1,
				.requeues = (uint32_t)row->requeues,
				.run = keep(reconcile, row->run_id),
				.lane = keep(reconcile, row->lane),
				.from = keep(reconcile, row->owner),
			},
			.running_max = row->running_max,
		},
		.owner_is = row->owner_is,
		.queued_row = row->owner_is == STORE_LIVE_NOBODY,
	};
	to->owner = to->entry.job.from;
	queue_names_tenant(&text, row->tenant_id);
	to->entry.job.tenant = keep_str(reconcile, &text);
	str_reset(&text, QUEUE_PAYLOAD_MAX);
	payload_pack(&payload, &text);
	to->entry.job.payload = keep_str(reconcile, &text);
	str_reset(&text, QUEUE_PAYLOAD_MAX);
	queue_job_id(&to->entry.job, &text);
	to->id = keep_str(reconcile, &text);
	str_deinit(&text);
	if (row->definition_version < 1 || queue_job_check(&to->entry.job, &err) < 0) {
		log_error("run.not_pushable", LOG_S("run", row->run_id),
			  LOG_S("error", row->definition_version < 1
						 ? "its row pins no definition version"
						 : err.text));
		return false;
	}
	return true;
}

static void on_rows(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct reconcile *reconcile = arg;
	struct store_live row;
	int n, i;

	if (!go_on(reconcile, outcome->err.code))
		return;
	if (!reply) {
		again(reconcile, "rows", outcome->err.text);
		return;
	}
	n = store_live_count(reply, reconcile->statement);
	for (i = 0; i < n; i++) {
		store_live_read(reply, reconcile->statement, i, &row);
		if (take_row(reconcile, &row))
			reconcile->count++;
	}
	if (n > 0) {
		reconcile->end.ready_at_us = row.ready_at_us;
		(void)snprintf(reconcile->end.run_id, sizeof(reconcile->end.run_id), "%s",
			       row.run_id);
	}
	reconcile->full = n == PAGE;
	if (reconcile->count)
		look(reconcile);
	else
		page_over(reconcile);
}

static void next_page(struct reconcile *reconcile)
{
	const struct store_live_ask ask = {
		.queue = queue_name(reconcile->ask.queue),
		.behind_us = reconcile->place.ready_at_us,
		.behind_run = reconcile->place.run_id,
		.ready_for_ms = reconcile->ask.ready_for_ms,
		.ready_under_ms = reconcile->ask.ready_under_ms,
		.old_ms = reconcile->ask.old_ms,
		.rows = PAGE,
		.which = reconcile->ask.which,
	};
	struct pg_batch *batch = pg_batch_new();

	arena_deinit(&reconcile->arena);
	arena_init(&reconcile->arena);
	reconcile->count = 0;
	reconcile->end = reconcile->place;
	reconcile->statement = store_live_page(batch, &ask);
	reconcile->calling = true;
	if (pg_pool_submit(reconcile->ask.pool, batch, 0, on_rows, reconcile) < 0) {
		reconcile->calling = false;
		again(reconcile, "rows", "Postgres' queue is full");
	}
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	next_page(w->data);
}

struct reconcile *reconcile_start(const struct reconcile_ask *ask)
{
	struct reconcile *reconcile = mem_new(struct reconcile);

	reconcile->ask = *ask;
	reconcile->place = ask->from;
	arena_init(&reconcile->arena);
	reconcile->again_s = AGAIN_MIN_S;
	ev_timer_init(&reconcile->again, on_again, 0., 0.);
	reconcile->again.data = reconcile;
	next_page(reconcile);
	return reconcile;
}

void reconcile_stop(struct reconcile *reconcile)
{
	if (!reconcile)
		return;
	reconcile->stopped = true;
	if (!reconcile->calling)
		reconcile_free(reconcile);
	else
		ev_timer_stop(reconcile->ask.loop, &reconcile->again);
}

int64_t reconcile_pushed(const struct reconcile *reconcile)
{
	return reconcile->pushed;
}

bool reconcile_full(const struct reconcile *reconcile)
{
	return reconcile->full;
}
