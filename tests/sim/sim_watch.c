/*
 * sim_watch.c - what must be true of a run whatever happens to it
 *
 * Its durable events are numbered without a gap, under epochs that never go back, and
 * nothing comes behind `done`. On each path a step is announced, then ends, then the next
 * is announced: so no committed step is executed again. What the journal says is what the
 * run has, whenever it hands out a row. Calls leave for steps that are announced durably,
 * by whoever owns the run. Limits hold.
 */
#include "sim_watch.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "engine/scope.h"
#include "host/held.h"
#include "run/definition.h"
#include "run/model.h"
#include "sim_fold.h"
#include "sim_store.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <inttypes.h>
#include <string.h>

#define LATE_MS 10 /* turns of the loop between a deadline and what it does */

void sim_watch_init(struct sim_watch *watch)
{
	memset(watch, 0, sizeof(*watch));
	list_init(&watch->paths);
}

void sim_watch_deinit(struct sim_watch *watch)
{
	struct list *node;

	while ((node = list_shift(&watch->paths))) {
		struct sim_path *path = list_entry(node, struct sim_path, node);

		mem_free(path->path);
		mem_free(path->open);
		mem_free(path->starts);
		str_deinit(&path->log);
		mem_free(path);
	}
}

static struct sim_path *find_path(struct sim_run *run, const char *name, size_t len)
{
	list_for_each(node, &run->watch.paths) {
		struct sim_path *path = list_entry(node, struct sim_path, node);

		if (strlen(path->path) == len && strncmp(path->path, name, len) == 0)
			return path;
	}
	return NULL;
}

static struct sim_path *path_of(struct sim_run *run, const char *name)
{
	struct sim_path *path = find_path(run, name, strlen(name));

	if (path)
		return path;
	path = mem_new(struct sim_path);
	path->path = mem_dup(name);
	path->starts = mem_new_n(int, run->definition->steps_count);
	list_push(&run->watch.paths, &path->node);
	return path;
}

/* ---- durable events ---- */

static void on_step_start(struct sim_world *world, struct sim_run *run,
			  struct sim_path *path, const char *id)
{
	const struct definition_step *step = definition_step(run->definition, id);

	if (path->open)
		sim_broken(world, "%s: %s is announced on path '%s' while %s is open",
			   run->run_id, id, path->path, path->open);
	/* the commit that announces a step brings the word, so there is no second one */
	if (run->cancel && path->late++)
		sim_broken(world, "%s: %s is announced long after a cancel", run->run_id,
			   id);
	path->open = mem_dup(id);
	path->starts[step->index]++;
	world->counts->steps++;
	run->watch.turns++;
	if (run->watch.turns > run->definition->max_total_turns ||
	    run->watch.turns > world->plan.limits.max_turns)
		sim_broken(world, "%s: %" PRId64 " turns", run->run_id, run->watch.turns);
}

static void on_step_end(struct sim_world *world, struct sim_run *run,
			struct sim_path *path, const char *type, const char *id,
			bool last)
{
	if (!path->open || strcmp(path->open, id) != 0)
		sim_broken(world, "%s: %s of %s on path '%s', where %s is open",
			   run->run_id, type, id, path->path,
			   path->open ? path->open : "nothing");
	if (!last)
		return;
	mem_free(path->open);
	path->open = NULL;
}

static void add_log(struct sim_path *path, const char *type, const struct json *event)
{
	static const char *const fields[] = { "orch_step_id",   "error_class",
					      "target_step_id", "result",
					      "matched_case",   "message" };
	size_t i;

	str_add_text(&path->log, type);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *text = jsonr_get_text(event, fields[i]);

		if (text)
			str_printf(&path->log, " %s", text);
	}
	if (jsonr_get(event, "attempt"))
		str_printf(&path->log, " attempt %" PRId64,
			   jsonr_get_int(event, "attempt", 0));
	str_add_char(&path->log, '\n');
}

static void on_event(struct sim_world *world, struct sim_run *run,
		     const struct json *event)
{
	const char *type = jsonr_get_text(event, "type");
	const char *id = jsonr_get_text(event, "orch_step_id");
	const char *name = jsonr_get_text(event, "path");
	struct sim_path *path = path_of(run, name ? name : "");

	if (strcmp(type, "worker_picked_up") == 0)
		return;
	add_log(path, type, event);
	if (strcmp(type, "step_start") == 0)
		on_step_start(world, run, path, id);
	else if (strcmp(type, "step_complete") == 0)
		on_step_end(world, run, path, type, id, true);
	else if (strcmp(type, "step_error") == 0)
		on_step_end(world, run, path, type, id, !jsonr_get(event, "retry_in_ms"));
	else if (strcmp(type, "done") == 0)
		run->watch.done = true;
}

static void number_event(struct sim_world *world, struct sim_run *run,
			 const struct sim_row *row, const struct json *pair)
{
	struct sim_watch *watch = &run->watch;
	const struct json *event = jsonr_at(pair, 1);
	const char *type = jsonr_get_text(event, "type");
	int64_t seq = jsonr_get_int(event, "seq", 0);
	int64_t epoch = jsonr_get_int(event, "epoch", 0);
	int64_t id_ms;
	uint32_t id_n;

	if (watch->done)
		sim_broken(world, "%s: %s comes behind done", run->run_id, type);
	if (seq != watch->events + 1)
		sim_broken(world, "%s: event %" PRId64 " is followed by %" PRId64,
			   run->run_id, watch->events, seq);
	if (epoch < watch->epoch || epoch != (int64_t)row->epoch)
		sim_broken(world,
			   "%s: event %" PRId64 " of epoch %" PRId64
			   " in a row of %" PRIu64 ", behind epoch %" PRId64,
			   run->run_id, seq, epoch, row->epoch, watch->epoch);
	if (epoch > watch->epoch && strcmp(type, "worker_picked_up") != 0)
		sim_broken(world, "%s: epoch %" PRId64 " begins with %s", run->run_id,
			   epoch, type);
	if (!fold_stream_id(jsonr_text(jsonr_at(pair, 0)), &id_ms, &id_n) ||
	    id_ms < watch->id_ms || (id_ms == watch->id_ms && id_n <= watch->id_n))
		sim_broken(world, "%s: event %" PRId64 " has the id %s", run->run_id, seq,
			   jsonr_text(jsonr_at(pair, 0)));
	watch->events = seq;
	watch->epoch = epoch;
	watch->id_ms = id_ms;
	watch->id_n = id_n;
}

void sim_watch_row(struct sim_world *world, struct sim_run *run,
		   const struct sim_row *row)
{
	struct json *events = NULL;
	struct err err;
	size_t i;

	if (row->row.seq != (int64_t)run->rows_count)
		sim_broken(world, "%s: row %zu has number %" PRId64, run->run_id,
			   run->rows_count, row->row.seq);
	if (!row->row.events)
		return;
	if (jsonr_parse(row->row.events, strlen(row->row.events), &events, NULL, NULL,
			&err) < 0)
		sim_broken(world, "%s: events that are none: %s", run->run_id, err.text);
	for (i = 0; i < jsonr_count(events); i++) {
		number_event(world, run, row, jsonr_at(events, i));
		on_event(world, run, jsonr_at(jsonr_at(events, i), 1));
	}
	jsonr_free(events);
}

/* ---- what the engine hands out ---- */

static bool still_mine(const struct sim_worker *worker, const struct held *held)
{
	const struct sim_run *run = ((const struct sim_job *)held->slot)->run;

	if (held->state == HELD_LAZY)
		return run->epoch == 0;
	return run->epoch == held->epoch && run->owner == worker->incarnation;
}

void sim_watch_handed(struct sim_worker *worker, struct held *held,
		      const struct engine_row *row)
{
	struct sim_world *world = worker->world;
	size_t i, len;

	if (row->first_seq != held->event_seq + 1)
		sim_broken(world, "%s: events from %" PRIu64 " on behind %" PRIu64,
			   held->run_id, row->first_seq, held->event_seq);
	for (i = 0; i < row->events_count; i++) {
		(void)row_event_text(row, i, &len);
		if (len > world->plan.limits.event_max)
			sim_broken(world, "%s: an event of %zu bytes", held->run_id, len);
	}
}

/* What goes apart stays apart: some rows and the last are enough, and more seeds find
 * more than a look at each row. */
static bool is_time_to_fold(const struct held *held, const struct exec *exec)
{
	return held->seq % 6 == 4 || exec->status != RUN_RUNNING;
}

void sim_watch_commit(struct sim_worker *worker, struct held *held,
		      const struct exec *exec)
{
	struct sim_world *world = worker->world;
	struct sim_run *run = ((struct sim_job *)held->slot)->run;
	struct str says = STR_INIT, has = STR_INIT;
	struct sim_rows rows;
	struct fold fold;

	if (exec->scope->state.bytes > world->plan.limits.state_max)
		sim_broken(world, "%s: a state of %zu bytes", run->run_id,
			   exec->scope->state.bytes);
	if (!still_mine(worker, held) || exec->seed_error || !is_time_to_fold(held, exec))
		return;
	sim_rows_handed(&rows, run, held);
	sim_fold(world, run, &rows, &fold);
	sim_fold_tell(&fold, &says);
	sim_exec_tell(exec, &has);
	if (strcmp(str_text(&says), str_text(&has)) != 0)
		sim_broken(world,
			   "%s: behind row %" PRIu32 " the journal says\n%s\nand the "
			   "run has\n%s",
			   run->run_id, held->seq, str_text(&says), str_text(&has));
	str_deinit(&says);
	str_deinit(&has);
	fold_deinit(&fold);
	sim_rows_deinit(&rows);
}

void sim_watch_final(struct sim_worker *worker, struct held *held,
		     const struct engine_final *final)
{
	struct sim_world *world = worker->world;

	sim_say(world, "%s: #%d hands out its end: %s, %.60s", held->run_id,
		worker->incarnation, row_status_name(final->status),
		str_text(&final->response));
	if (final->response.len > world->plan.limits.output_max)
		sim_broken(world, "%s: an answer of %zu bytes", held->run_id,
			   final->response.len);
	sim_watch_handed(worker, held, final->row);
}

/* ---- calls ---- */

/* Whether a moment of its monotonic clock is past, and it had the time to see. */
static bool long_past(const struct sim_worker *worker, int64_t mono_ms)
{
	const struct sim_world *world = worker->world;

	return sim_worker_mono_ms(worker) > mono_ms + LATE_MS &&
	       world->now_ms > worker->frozen_till_ms + LATE_MS;
}

void sim_watch_answer(struct sim_worker *worker, struct held *held,
		      const struct llm_call *call)
{
	if (long_past(worker, call->request.deadline_mono_ms))
		sim_broken(worker->world,
			   "%s: a call of %s is in flight behind its deadline",
			   held->run_id, call->request.path);
}

static void check_announced(struct sim_worker *worker, struct held *held,
			    const struct llm_request *request)
{
	struct sim_world *world = worker->world;
	struct sim_run *run = ((struct sim_job *)held->slot)->run;
	const char *slash = strrchr(request->path, '/');
	const char *id = slash ? slash + 1 : request->path;
	const struct definition_step *step = definition_step(run->definition, id);
	struct sim_path *path = find_path(run, request->path,
					  slash ? (size_t)(slash - request->path) : 0);

	if (!path || !path->open || strcmp(path->open, id) != 0)
		sim_broken(world,
			   "%s: a call of %s leaves, which is not announced durably",
			   run->run_id, request->path);
	if (path->starts[step->index] != request->execution)
		sim_broken(world, "%s: a call of execution %d of %s leaves, not %d",
			   run->run_id, request->execution, request->path,
			   path->starts[step->index]);
}

void sim_watch_call(struct sim_worker *worker, struct held *held,
		    const struct llm_call *call)
{
	struct sim_world *world = worker->world;
	const struct sim_job *job = held->slot;
	const struct sim_run *run = job->run;
	struct model model;
	bool outside;

	sim_say(world, "%s: #%d calls %s for %s/%d", run->run_id, worker->incarnation,
		call->request.model, call->request.path, call->request.execution);
	outside = model_parse(call->request.model, &model, NULL) < 0 ||
		  model_outside(&model);
	if (outside && held->state != HELD_OWNED)
		sim_broken(world, "%s: a call leaves and nobody owns the run",
			   run->run_id);
	if (long_past(worker, job->limit_mono_ms))
		sim_broken(world, "%s: a call leaves behind the run's time limit",
			   run->run_id);
	if (held->state == HELD_OWNED && still_mine(worker, held))
		check_announced(worker, held, &call->request);
}

/* ---- ends ---- */

void sim_watch_end(struct sim_world *world, struct sim_run *run)
{
	struct str state = STR_INIT;
	struct sim_rows rows;
	struct fold fold;

	if (run->status == SIM_COMPLETED)
		world->counts->completed++;
	else if (run->status == SIM_FAILED)
		world->counts->failed++;
	else
		world->counts->cancelled++;
	if (!run->final_state)
		return; /* it was cancelled before anybody had it */
	if (!run->watch.done)
		sim_broken(world, "%s has ended without done", run->run_id);
	if (run->status == SIM_CANCELLED && !run->cancel)
		sim_broken(world, "%s is cancelled and nobody wanted it", run->run_id);
	if ((world->plan.seed + (uint64_t)run->number) % 4)
		return; /* the same was folded when it was handed out */
	sim_rows_stored(&rows, run, run->rows_count);
	sim_fold(world, run, &rows, &fold);
	state_print(&fold.scope->state, &state);
	if (fold.at != FOLD_ENDED || strcmp(str_text(&state), run->final_state) != 0)
		sim_broken(world, "%s: its journal ends with\n%s\nand its row with\n%s",
			   run->run_id, str_text(&state), run->final_state);
	str_deinit(&state);
	fold_deinit(&fold);
	sim_rows_deinit(&rows);
}

static void compare(struct sim_world *world, const struct sim_run *run, const char *what,
		    const char *a, const char *b)
{
	if (strcmp(a ? a : "", b ? b : "") != 0)
		sim_broken(world, "%s: with other timing %s is\n%s\nand not\n%s",
			   run->run_id, what, a ? a : "none", b ? b : "none");
}

static void compare_paths(struct sim_world *world, struct sim_run *a, struct sim_run *b)
{
	list_for_each(node, &a->watch.paths) {
		const struct sim_path *path = list_entry(node, struct sim_path, node);
		const struct sim_path *other =
			find_path(b, path->path, strlen(path->path));

		compare(world, a, "what happened", str_text(&path->log),
			other ? str_text(&other->log) : "nothing");
	}
}

void sim_watch_twins(struct sim_world *a, struct sim_world *b)
{
	int i;

	for (i = 0; i < a->plan.runs; i++) {
		compare(b, &b->runs[i], "its text", b->runs[i].final_text,
			a->runs[i].final_text);
		compare(b, &b->runs[i], "its state", b->runs[i].final_state,
			a->runs[i].final_state);
		compare_paths(b, &b->runs[i], &a->runs[i]);
		compare_paths(b, &a->runs[i], &b->runs[i]);
	}
}
