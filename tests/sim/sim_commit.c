/*
 * sim_commit.c - grouped commits of a simulated worker
 *
 * As host/journal.c and pg/pg_group.c have it: a run has one commit under way at most,
 * what it writes is fixed when it is sent, a worker has two under way at most. Between
 * sending and storing, and between storing and the answer, time goes by, and the worker
 * may end in either.
 */
#include "sim_commit.h"

#include "base/arena.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "sim_bugs.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <assert.h>
#include <string.h>

#define BATCHES_MAX 2
#define BATCH_UNITS 3
#define COMMIT_MS   6
#define DOUBT_MS    400

static enum held_act act_wanted(const struct held *held)
{
	switch (held->state) {
	case HELD_LAZY:
		if (held->final && !held->resumes)
			return HELD_ACT_LAZY_END;
		return held->takeover_wanted ? HELD_ACT_TAKEOVER : HELD_ACT_NONE;
	case HELD_OWNED:
		if (held->final)
			return HELD_ACT_END;
		if (!list_empty(&held->rows) || held->proof_wanted)
			return HELD_ACT_STEPS;
		return held->pause ? HELD_ACT_PAUSE : HELD_ACT_NONE;
	case HELD_PAUSED:
	case HELD_ENDED:
	case HELD_STALE:
		return HELD_ACT_NONE;
	}
	return HELD_ACT_NONE;
}

void sim_commit_want(struct sim_worker *worker, struct held *held)
{
	(void)worker;
	if (!held->queued && act_wanted(held) != HELD_ACT_NONE)
		held->queued = true;
}

static char *dup_str(const struct str *text)
{
	return text->len ? mem_dup_n(text->data, text->len) : NULL;
}

static void make_row(struct sim_row *to, const struct held *held,
		     const struct held_row *from, uint64_t epoch)
{
	const struct engine_row *row = from->row;
	struct arena arena;
	const char *events;

	arena_init(&arena);
	events = held_row_events(held, from, &arena);
	to->epoch = epoch;
	to->execution = row->execution;
	to->change = sim_people_change(row->wait);
	to->row = (struct fold_row){
		.seq = from->seq,
		.path = mem_dup(row->path),
		.step_id = mem_dup(row->step_id),
		.kind = row_kind_name(row->kind),
		.delta = dup_str(&row->delta),
		.events = events ? mem_dup(events) : NULL,
		.usage = dup_str(&row->usage),
		.error = dup_str(&row->error),
	};
	arena_deinit(&arena);
}

static void make_end(struct sim_unit *unit, const struct engine_final *final)
{
	unit->status = final->status == RUN_COMPLETED ? SIM_COMPLETED
		       : final->status == RUN_FAILED  ? SIM_FAILED
						      : SIM_CANCELLED;
	unit->state = mem_dup(str_text(&final->state));
	unit->text = mem_dup(str_text(&final->response));
	unit->history = mem_dup(str_text(&final->history));
}

/* As host/journal_people.c has it. */
static void begin_pause(struct sim_worker *worker, struct held *held)
{
	struct engine_row *row = held->pause->row;

	held->pause->row = NULL;
	sim_watch_handed(worker, held, row);
	held->event_seq += row->events_count;
	held_add_row(held, row, NULL, sim_worker_wall_ms(worker));
}

/* Decide what the unit writes. */
static void make_unit(struct sim_worker *worker, struct sim_unit *unit, struct held *held)
{
	struct sim_job *job = held->slot;
	size_t n = 0;

	held->act = act_wanted(held);
	assert(held->act != HELD_ACT_NONE);
	held->built_mono_ms = sim_worker_mono_ms(worker);
	held->proof_wanted = false;
	if (held->act == HELD_ACT_PAUSE)
		begin_pause(worker, held);
	list_splice(&held->flying, &held->rows);
	list_for_each(node, &held->flying)
		n++;
	unit->run = job->run;
	unit->held = held;
	unit->act = held->act;
	unit->epoch = held->epoch;
	unit->wake = held->wake;
	unit->from = held->again ? worker->incarnation : job->from;
	unit->rows = mem_new_n(struct sim_row, n);
	list_for_each(node, &held->flying) {
		struct held_row *row = list_entry(node, struct held_row, node);

		make_row(&unit->rows[unit->rows_count++], held, row,
			 held->epoch ? (uint64_t)held->epoch : 1);
		if (sim_bug(SIM_BUG_EARLY) && row->op && held->state == HELD_OWNED) {
			row->op->abandon = NULL;
			op_done(row->op);
			row->op = NULL;
			sim_worker_wake(worker);
		}
	}
	if (held->act == HELD_ACT_END || held->act == HELD_ACT_LAZY_END)
		make_end(unit, held->final);
}

static bool is_late(struct sim_world *world)
{
	return (world->plan.faults & 1U << SIM_DOUBT) &&
	       rng_below(&world->faults[SIM_DOUBT], 25) == 0;
}

static void drop(struct sim_batch *batch)
{
	list_remove(&batch->node);
	sim_commit_free(batch);
}

static bool worker_gone(const struct sim_batch *batch)
{
	return batch->worker->life == SIM_DOWN ||
	       batch->worker->incarnation != batch->incarnation;
}

static void on_answer(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_batch *batch = arg;
	struct sim_worker *worker = batch->worker;
	int64_t till_ms;
	size_t i;

	(void)n;
	if (worker_gone(batch)) {
		drop(batch);
		return;
	}
	if (sim_worker_sleeps(worker, &till_ms)) {
		sim_after(world, till_ms - world->now_ms, on_answer, batch, 0);
		return;
	}
	worker->batches--;
	for (i = 0; i < batch->count && !sim_crash_point(worker, "commit answered");
	     i++) {
		struct sim_unit *unit = &batch->units[i];

		((struct sim_job *)unit->held->slot)->batch = NULL;
		sim_worker_stored(worker, unit);
	}
	drop(batch);
	sim_worker_wake(worker);
}

static void on_arrival(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_batch *batch = arg;
	size_t i;

	(void)n;
	if (batch->lost) {
		drop(batch);
		return;
	}
	if (is_late(world)) { /* the connection broke before: it is sent once more */
		sim_say(world, "#%d: a commit did not arrive", batch->incarnation);
		if (worker_gone(batch))
			drop(batch);
		else
			sim_after(world, sim_latency(world, DOUBT_MS), on_arrival, batch,
				  0);
		return;
	}
	for (i = 0; i < batch->count; i++)
		sim_store_apply(world, &batch->units[i], batch->incarnation);
	/* perhaps nobody answers, and it is read back later */
	sim_after(world, sim_latency(world, is_late(world) ? DOUBT_MS : COMMIT_MS),
		  on_answer, batch, 0);
	if (!worker_gone(batch))
		(void)sim_crash_point(batch->worker, "commit stored");
}

static struct held *next_waiting(struct sim_worker *worker)
{
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);
		struct sim_job *job = held->slot;

		if (held->queued && !job->batch)
			return held;
	}
	return NULL;
}

void sim_commit_flush(struct sim_worker *worker)
{
	struct sim_world *world = worker->world;
	struct sim_batch *batch;
	struct held *held;

	while (worker->batches < BATCHES_MAX && (held = next_waiting(worker))) {
		if (sim_crash_point(worker, "commit built"))
			return;
		batch = mem_new(struct sim_batch);
		batch->worker = worker;
		batch->incarnation = worker->incarnation;
		batch->units = mem_new_n(struct sim_unit, BATCH_UNITS);
		list_push(&world->batches, &batch->node);
		worker->batches++;
		for (; held && batch->count < BATCH_UNITS; held = next_waiting(worker)) {
			((struct sim_job *)held->slot)->batch = batch;
			make_unit(worker, &batch->units[batch->count++], held);
		}
		sim_after(world, sim_latency(world, COMMIT_MS), on_arrival, batch, 0);
		if (sim_crash_point(worker, "commit sent"))
			return;
	}
}

void sim_commit_orphan(struct sim_worker *worker)
{
	list_for_each(node, &worker->world->batches) {
		struct sim_batch *batch = list_entry(node, struct sim_batch, node);
		size_t i;

		if (batch->worker != worker || batch->incarnation != worker->incarnation)
			continue;
		batch->lost = sim_any(worker->world, 2) == 0;
		for (i = 0; i < batch->count; i++)
			batch->units[i].held = NULL;
	}
	worker->batches = 0;
}

void sim_commit_free(struct sim_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++)
		sim_unit_deinit(&batch->units[i]);
	mem_free(batch->units);
	mem_free(batch);
}
