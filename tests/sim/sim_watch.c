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
#include "engine/fold_node.h"
#include "engine/host.h"
#include "engine/scope.h"
#include "engine/walk_in.h"
#include "host/held.h"
#include "run/definition.h"
#include "run/model.h"
#include "sim_case.h"
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
		str_deinit(&path->log);
		mem_free(path);
	}
}

void sim_watch_reopen(struct sim_watch *watch)
{
	watch->done = false;
	watch->ender = NULL;
	watch->turns = watch->steps = 0;
	list_for_each(node, &watch->paths) {
		struct sim_path *path = list_entry(node, struct sim_path, node);

		path->reopened = true;
		path->late = 0;
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
	list_push(&run->watch.paths, &path->node);
	return path;
}

/* ---- durable events ---- */

/* A step begins anew: what was inside it before is over. */
static void close_inside(struct sim_run *run, const struct sim_path *path, const char *id)
{
	struct str prefix = STR_INIT;

	str_printf(&prefix, "%s%s%s#", path->path, *path->path ? "/" : "", id);
	list_for_each(node, &run->watch.paths) {
		struct sim_path *inside = list_entry(node, struct sim_path, node);

		if (strncmp(inside->path, str_text(&prefix), prefix.len) != 0)
			continue;
		mem_free(inside->open);
		inside->open = NULL;
	}
	str_deinit(&prefix);
}

static void count_turn(struct sim_world *world, struct sim_run *run, bool top)
{
	const struct engine_limits *limits = &world->plan.limits;
	int64_t most = run->definition->max_total_turns;

	if (!most)
		most = limits->max_turns;
	world->counts->steps++;
	run->watch.steps++;
	run->watch.turns += top;
	if (run->watch.turns > most || run->watch.steps > limits->max_steps)
		sim_broken(world, "%s: %" PRId64 " turns, %" PRId64 " steps", run->run_id,
			   run->watch.turns, run->watch.steps);
}

static void on_step_start(struct sim_world *world, struct sim_run *run,
			  struct sim_path *path, const char *id)
{
	if (path->open && path->reopened) {
		mem_free(path->open);
		path->open = NULL;
	}
	path->reopened = false;
	if (path->open)
		sim_broken(world, "%s: %s is announced on path '%s' while %s is open",
			   run->run_id, id, path->path, path->open);
	/* the commit that announces a step brings the word, so there is no second one */
	if (run->cancel && path->late++)
		sim_broken(world, "%s: %s is announced long after a cancel", run->run_id,
			   id);
	path->open = mem_dup(id);
	close_inside(run, path, id);
	count_turn(world, run, !*path->path);
}

static void on_step_end(struct sim_world *world, struct sim_run *run,
			struct sim_path *path, const char *type, const char *id,
			bool last)
{
	/* a step with paths inside goes on, without a word, with those that failed */
	if (path->reopened && !path->open)
		path->open = mem_dup(id);
	path->reopened = false;
	if (!path->open || strcmp(path->open, id) != 0)
		sim_broken(world, "%s: %s of %s on path '%s', where %s is open",
			   run->run_id, type, id, path->path,
			   path->open ? path->open : "nothing");
	if (!last) { /* what was inside begins anew with the next attempt */
		close_inside(run, path, id);
		return;
	}
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

	run->watch.paused = strcmp(type, "paused") == 0;
	/* how often a run is parked depends on how fast people are */
	if (strcmp(type, "worker_picked_up") == 0 || run->watch.paused)
		return;
	add_log(path, type, event);
	if (strcmp(type, "step_start") == 0)
		on_step_start(world, run, path, id);
	else if (strcmp(type, "step_complete") == 0)
		on_step_end(world, run, path, type, id, true);
	else if (strcmp(type, "step_error") == 0)
		on_step_end(world, run, path, type, id, !jsonr_get(event, "retry_in_ms"));
	else if (strcmp(type, "orchestration_end") == 0)
		run->watch.ender = path->path;
	else if (strcmp(type, "branch_start") == 0)
		world->counts->branches++;
	else if (strcmp(type, "done") == 0)
		run->watch.done = true;
	if (run->given && sim_case_cancels(run->given, event))
		sim_world_cancel(world, run);
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
	if (watch->paused && epoch == watch->epoch)
		sim_broken(world, "%s: %s comes behind paused, of the same epoch",
			   run->run_id, type);
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

/* Whether `path` is inside the step of the row: that one is over, and began anew. */
static bool is_inside(const char *path, const struct fold_row *row)
{
	size_t len = strlen(row->path);

	return len && strncmp(path, row->path, len) == 0 && path[len] == '#';
}

/* A row of an execution that goes on behind it. */
static bool goes_on(const struct fold_row *row)
{
	return strcmp(row->kind, "turn") == 0 || strcmp(row->kind, "wait") == 0;
}

/* Whether that execution of a step is in already. */
static bool is_stored(const struct sim_run *run, const char *path, int execution,
		      size_t before)
{
	while (before-- > 0) {
		const struct sim_row *row = &run->rows[before];

		if (is_inside(path, &row->row) || strcmp(row->row.kind, "resume") == 0)
			return false;
		if (row->execution == execution && execution > 0 && !goes_on(&row->row) &&
		    strcmp(row->row.path, path) == 0)
			return true;
	}
	return false;
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
	if (!goes_on(&row->row) &&
	    is_stored(run, row->row.path, row->execution, run->rows_count - 1))
		sim_broken(world, "%s: execution %d of %s is stored twice", run->run_id,
			   row->execution, row->row.path);
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

/*
 * What goes apart stays apart, and folds are what a seed costs: ever fewer rows of every
 * fourth seed are looked at, and the ends of every other run. More seeds find more.
 */
static bool is_time_to_fold(const struct sim_worker *worker, const struct held *held,
			    bool ends)
{
	struct sim_job *job = held->slot;
	uint64_t n = worker->world->plan.seed + (uint64_t)job->run->number;

	if (ends ? n % 2 : n % 4 || held->seq < job->fold_at)
		return false;
	job->fold_at = held->seq + 3 + held->seq / 2;
	return true;
}

/* Only what stands still meanwhile: calls of branches that run are counted already. */
static bool counts_usage(const struct exec *exec)
{
	return list_empty(&exec->scopes);
}

static void tell_path(const struct fold *fold, const struct walk *walk, struct str *says,
		      struct str *has)
{
	const char *path = walk ? str_text(&walk->path) : "";
	const struct fold_node *node = fold_node_find(fold->root, path, true);

	if (!node) {
		str_printf(says, "nothing of path %s", path);
		return;
	}
	sim_tell_scope(fold_node_scope(node), says);
	if (walk) {
		sim_tell_scope(walk->scope, has);
		str_printf(has, "at %s", walk->step->id);
		str_printf(says, "%s %s", node->at == FOLD_ANNOUNCED ? "at" : "not at",
			   node->step ? node->step->id : "all");
	}
}

void sim_watch_commit(struct sim_worker *worker, struct held *held,
		      const struct exec *exec, struct op *op)
{
	struct sim_world *world = worker->world;
	struct sim_run *run = ((struct sim_job *)held->slot)->run;
	const struct walk *walk = op ? mem_container(op, struct walk, commit) : NULL;
	struct str says = STR_INIT, has = STR_INIT;
	struct sim_rows rows;
	struct fold fold;

	if (exec->scope->state.bytes > world->plan.limits.state_max)
		sim_broken(world, "%s: a state of %zu bytes", run->run_id,
			   exec->scope->state.bytes);
	if (!still_mine(worker, held) || exec->seed_error ||
	    !is_time_to_fold(worker, held, !op))
		return;
	sim_rows_handed(&rows, run, held);
	sim_fold(world, run, &rows, &fold);
	sim_tell_fold_numbers(&fold, counts_usage(exec), &says);
	sim_tell_exec_numbers(exec, counts_usage(exec), &has);
	str_printf(&says, "%s\n", fold.ended ? ", the end" : "");
	str_printf(&has, "%s\n", walk ? "" : ", the end");
	tell_path(&fold, walk, &says, &has);
	if (!walk)
		sim_tell_scope(exec->scope, &has);
	sim_agree(world, run->run_id, "its journal", str_text(&says), "what it has",
		  str_text(&has));
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
			    const char *step_path, int execution)
{
	struct sim_world *world = worker->world;
	struct sim_run *run = ((struct sim_job *)held->slot)->run;
	const char *slash = strrchr(step_path, '/');
	const char *id = slash ? slash + 1 : step_path;
	struct sim_path *path =
		find_path(run, step_path, slash ? (size_t)(slash - step_path) : 0);

	if (!path || !path->open || strcmp(path->open, id) != 0)
		sim_broken(world,
			   "%s: a call of %s leaves, which is not announced durably",
			   run->run_id, step_path);
	if (is_stored(run, step_path, execution, run->rows_count))
		sim_broken(world,
			   "%s: a call of execution %d of %s leaves, which is stored",
			   run->run_id, execution, step_path);
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
		check_announced(worker, held, call->request.path,
				call->request.execution);
}

void sim_watch_use(struct sim_worker *worker, struct held *held,
		   const struct tool_request *request)
{
	struct sim_world *world = worker->world;

	sim_say(world, "%s: #%d uses %s for %s/%d/%d: %.*s", held->run_id,
		worker->incarnation, request->name, request->path, request->execution,
		request->nth, (int)request->arguments_len, request->arguments);
	if (held->state != HELD_OWNED)
		sim_broken(world, "%s: a tool is used and nobody owns the run",
			   held->run_id);
	if (long_past(worker, request->deadline_mono_ms))
		sim_broken(world, "%s: a tool is used behind its deadline", held->run_id);
	if (still_mine(worker, held))
		check_announced(worker, held, request->path, request->execution);
}

void sim_watch_once(struct sim_world *world, struct sim_run *run, const char *sort,
		    const char *key, uint64_t what)
{
	uint64_t number = sim_mix_text(0, key, strlen(key));
	size_t i;

	for (i = 0; i < run->once_count; i++) {
		if (run->once[i].key != number)
			continue;
		if (run->once[i].what != what)
			sim_broken(world, "%s: another %s is sent under the key %s",
				   run->run_id, sort, key);
		return;
	}
	run->once = mem_resize(run->once, (run->once_count + 1) * sizeof(*run->once));
	run->once[run->once_count++] = (struct sim_once){ number, what };
}

/* ---- ends ---- */

/* A fold of some of the rows, and one of the same rows in another order. */
static void compare_orders(struct sim_world *world, struct sim_run *run)
{
	size_t n = run->rows_count ? 1 + (size_t)sim_any(world, (int64_t)run->rows_count)
				   : 0;
	struct str one = STR_INIT, other = STR_INIT;
	struct sim_rows rows;
	struct fold fold;

	sim_rows_stored(&rows, run, n);
	sim_fold(world, run, &rows, &fold);
	sim_tell_fold(&fold, &one);
	fold_deinit(&fold);
	if (sim_rows_shuffle(&rows, run->definition, &world->time)) {
		world->counts->orders++;
		sim_fold(world, run, &rows, &fold);
		sim_tell_fold(&fold, &other);
		sim_agree(world, run->run_id, "its journal", str_text(&one),
			  "the same in another order", str_text(&other));
		fold_deinit(&fold);
	}
	sim_rows_deinit(&rows);
	str_deinit(&one);
	str_deinit(&other);
}

static bool has_branches(const struct sim_run *run)
{
	return run->watch.paths.next != run->watch.paths.prev;
}

void sim_watch_end(struct sim_world *world, struct sim_run *run)
{
	const struct fold_node *node;
	struct str state = STR_INIT;
	uint64_t n;
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
	n = world->plan.seed + (uint64_t)run->number;
	if (has_branches(run) && n % 2)
		compare_orders(world, run);
	if (n % 4 != 1)
		return; /* the same was folded when it was handed out */
	sim_rows_stored(&rows, run, run->rows_count);
	sim_fold(world, run, &rows, &fold);
	/* an end step ends it with what its path sees */
	node = fold_node_find(fold.root, run->watch.ender ? run->watch.ender : "", true);
	if (node)
		state_print(&fold_node_scope(node)->state, &state);
	if (!fold.ended || strcmp(str_text(&state), run->final_state) != 0)
		sim_broken(world, "%s: its journal ends with\n%s\nand its row with\n%s",
			   run->run_id, str_text(&state), run->final_state);
	str_deinit(&state);
	fold_deinit(&fold);
	sim_rows_deinit(&rows);
}

/* Moments that a state keeps (execution memory) are of the clock: they are blotted
 * out. */
static char *without_moments(const char *text)
{
	static const char key[] = "\"timestamp\":\"";
	char *copy = mem_dup(text ? text : ""), *at = copy;

	while ((at = strstr(at, key)))
		for (at += strlen(key); *at && *at != '"'; at++)
			*at = '0';
	return copy;
}

static void compare(struct sim_world *world, const struct sim_run *run, const char *what,
		    const char *a, const char *b)
{
	char *one = without_moments(a), *other = without_moments(b);

	sim_agree(world, run->run_id, what, one, "with other timing", other);
	mem_free(one);
	mem_free(other);
}

/* What the row of the run shows of its history, without times. */
static char *steps_of(const char *history)
{
	struct str out = STR_INIT;
	struct json *list = NULL;
	size_t i;

	if (history)
		(void)jsonr_parse(history, strlen(history), &list, NULL, NULL, NULL);
	for (i = 0; i < jsonr_count(list); i++)
		str_printf(&out, "%s %s\n", jsonr_get_text(jsonr_at(list, i), "step_id"),
			   jsonr_get_text(jsonr_at(list, i), "status"));
	jsonr_free(list);
	return str_take(&out);
}

static void compare_histories(struct sim_world *world, const struct sim_run *a,
			      const struct sim_run *b)
{
	char *of_a = steps_of(a->final_history), *of_b = steps_of(b->final_history);

	compare(world, a, "its history", of_a, of_b);
	mem_free(of_a);
	mem_free(of_b);
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
		compare_histories(b, &b->runs[i], &a->runs[i]);
		compare_paths(b, &b->runs[i], &a->runs[i]);
		compare_paths(b, &a->runs[i], &b->runs[i]);
	}
}
