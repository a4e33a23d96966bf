/*
 * walk.c - the frame of a path: one step after the other along the graph
 *
 *   COMMIT   a row is in flight that says "this step starts"; then the step runs
 *   STEP     the step's own frame runs, under the step's time limit
 *   PAUSE    a failed attempt waits for its next one
 *   PARKED   the engine drains: the step that was announced does not start here
 *   ENDED    the parent has the news; the last row waits to be taken
 *
 * There is always one row under way but in COMMIT. What a step did, and what follows from
 * it without executing anything (routing, the next step's start), ride in one row, so a
 * step costs one commit and the next one starts when that is in (DESIGN 4.5).
 *
 * Failures: each attempt has the step's full time; retries stay inside the step, and its
 * row tells of all of them. on_error is asked when no retry is left.
 */
#include "engine/walk.h"

#include "base/backoff.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/route.h"
#include "engine/runframe.h"
#include "engine/step_types.h"
#include "run/definition.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define PAUSE_MAX_MS 60000

enum walk_state {
	WALK_COMMIT,
	WALK_STEP,
	WALK_PAUSE,
	WALK_PARKED,
	WALK_ENDED,
};

struct walk {
	struct runframe frame;
	enum walk_state state;
	struct engine_row *row; /* owned; NULL in WALK_COMMIT and once taken */
	struct scope *scope;    /* what it sees and writes; borrowed */
	const char *entry_step_id;
	const struct definition_step *step;
	struct runframe *child; /* in WALK_STEP */
	struct op commit;
	struct timer timeout; /* of the attempt */
	struct timer pause;   /* before the next one */
	struct backoff backoff;
	int attempt; /* from 1 */
	int64_t started_at_ms;
	int64_t started_mono_ms;
	enum fail_class stop_class; /* FAIL_NONE: nobody wants it to stop */
	char *stop_reason;          /* owned */
};

static struct walk *walk_of(struct runframe *frame)
{
	return (struct walk *)frame;
}

static void end_walk(struct walk *walk, enum fail_class class, const char *reason)
{
	walk->state = WALK_ENDED;
	if (class == FAIL_NONE)
		runframe_done(&walk->frame);
	else
		runframe_fail(&walk->frame, class, "%s", reason);
}

/* The run cannot go on here, and no step is to blame. */
static void end_refused(struct walk *walk, enum fail_class class, const char *reason)
{
	struct event_stamp stamp = exec_stamp(walk->frame.exec);

	if (class != FAIL_CANCELLED) {
		event_orchestration_error(&walk->row->texts, &stamp, reason);
		row_add_event(walk->row);
	}
	end_walk(walk, class, reason);
}

static void refuse(struct walk *walk, enum fail_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void refuse(struct walk *walk, enum fail_class class, const char *format, ...)
{
	struct str reason = STR_INIT;
	va_list args;

	va_start(args, format);
	str_vprintf(&reason, format, args);
	va_end(args);
	end_refused(walk, class, str_text(&reason));
	str_deinit(&reason);
}

/* The step starts when the row is in. */
static void commit_start(struct walk *walk, const struct definition_step *step)
{
	struct exec *exec = walk->frame.exec;
	struct engine_row *row = walk->row;

	exec->step = walk->step = step;
	row->next_outside = step_types_row(step->type)->outside(step);
	walk->row = NULL;
	walk->state = WALK_COMMIT;
	exec_commit(exec, row, &walk->commit);
}

/* Say that the step starts. */
static void announce(struct walk *walk, const struct definition_step *step)
{
	struct exec *exec = walk->frame.exec;
	struct event_stamp stamp = exec_stamp(exec);
	struct engine_row *row = walk->row;
	int64_t turns_max = exec->definition->max_total_turns;

	if (turns_max > exec->engine->limits.max_turns)
		turns_max = exec->engine->limits.max_turns;
	if (exec->turns >= turns_max) {
		refuse(walk, FAIL_LIMIT, "Global turn limit (%lld) exceeded",
		       (long long)turns_max);
		return;
	}
	exec->turns++;
	event_step_start(&row->texts, &stamp, step);
	row_add_event(row);
	commit_start(walk, step);
}

/*
 * Go on at the step with that id. A step that was there max_iterations times is passed
 * over for its successor, as often as needed; all of a cycle passed over is the end.
 */
static void go_on(struct walk *walk, const char *id, bool guarded)
{
	struct exec *exec = walk->frame.exec;
	const struct definition *definition = exec->definition;
	const struct definition_step *step;
	struct event_stamp stamp;
	size_t hops;
	int count;

	for (hops = 0; id && hops <= definition->steps_count; hops++) {
		if (exec->cancel_wanted) {
			end_refused(walk, FAIL_CANCELLED, "Cancelled");
			return;
		}
		step = definition_step(definition, id);
		if (!step || !step_types_row(step->type)) {
			refuse(walk, FAIL_JOB, "Step '%s' %s", id,
			       step ? "has a type that this version does not execute"
				    : "does not exist");
			return;
		}
		count = history_count(&walk->scope->history, step);
		if (!guarded || count < step->max_iterations) {
			announce(walk, step);
			return;
		}
		stamp = exec_stamp(exec);
		event_loop_limit_reached(&walk->row->texts, &stamp, step, count);
		row_add_event(walk->row);
		id = step->next_step_id;
	}
	if (id)
		refuse(walk, FAIL_LIMIT,
		       "Every step of a cycle reached its max_iterations, at '%s'", id);
	else
		end_walk(walk, FAIL_NONE, NULL);
}

/* Where the journal ends. */
static void start(struct runframe *frame)
{
	struct walk *walk = walk_of(frame);
	const struct exec_resume *resume = &frame->exec->resume;
	const struct definition_step *step;

	switch (resume->at) {
	case FOLD_FRESH:
		go_on(walk, walk->entry_step_id, false);
		return;
	case FOLD_ANNOUNCED:
		step = definition_step(frame->exec->definition, resume->step_id);
		if (step_types_row(step->type))
			commit_start(walk, step);
		else
			go_on(walk, resume->step_id, false); /* which refuses it */
		return;
	case FOLD_BEHIND:
		go_on(walk, resume->next_id, true);
		return;
	case FOLD_FAILED:
		end_walk(walk, resume->class, resume->error);
		return;
	case FOLD_ENDED:
		break;
	}
	assert(false);
}

static int64_t step_limit_ms(const struct walk *walk)
{
	return walk->step->timeout_ms ? walk->step->timeout_ms
				      : walk->frame.exec->engine->limits.step_timeout_ms;
}

static void try_step(struct walk *walk)
{
	struct engine *engine = walk->frame.exec->engine;
	struct runframe *child =
		step_types_row(walk->step->type)->frame_new(&walk->frame, walk->step);

	walk->state = WALK_STEP;
	walk->child = child;
	FAULT_OF("step.started", walk->step->id);
	child->ops->start(child);
	if (!runframe_has_ended(child))
		timers_arm(engine, &walk->timeout,
			   engine_mono_ms(engine) + step_limit_ms(walk));
}

static void make_row(struct walk *walk)
{
	struct str path = STR_INIT;
	int count = history_count(&walk->scope->history, walk->step);

	ids_encode(&path, walk->step->id);
	walk->row = row_new(ROW_STEP, str_text(&path), walk->step->id, count + 1);
	str_deinit(&path);
}

static void park(struct walk *walk)
{
	walk->state = WALK_PARKED;
	exec_park(walk->frame.exec);
}

static void on_committed(struct op *op)
{
	struct walk *walk = mem_container(op, struct walk, commit);
	struct engine *engine = op->exec->engine;

	make_row(walk);
	if (walk->stop_class != FAIL_NONE) {
		end_refused(walk, walk->stop_class, walk->stop_reason);
		return;
	}
	if (engine->draining) {
		park(walk);
		return;
	}
	walk->attempt = 1;
	backoff_init(&walk->backoff,
		     walk->step->retry.backoff_ms ? walk->step->retry.backoff_ms : 1,
		     walk->step->retry.backoff_ms > PAUSE_MAX_MS
			     ? walk->step->retry.backoff_ms
			     : PAUSE_MAX_MS);
	walk->started_at_ms = engine_wall_ms(engine);
	walk->started_mono_ms = engine_mono_ms(engine);
	try_step(walk);
}

static void add_history(struct walk *walk, enum fail_class class, const char *error)
{
	struct exec *exec = walk->frame.exec;
	struct engine *engine = exec->engine;

	history_add(&walk->scope->history, &walk->scope->arena, walk->step,
		    walk->started_at_ms, engine_wall_ms(engine),
		    engine_mono_ms(engine) - walk->started_mono_ms, class, error);
}

static void complete(struct walk *walk)
{
	struct exec *exec = walk->frame.exec;
	struct event_stamp stamp = exec_stamp(exec);

	add_history(walk, FAIL_NONE, NULL);
	event_step_complete(&walk->row->texts, &stamp, walk->step,
			    walk->scope->history.newest->duration_ms);
	row_add_event(walk->row);
	go_on(walk, route_behind(exec, &walk->scope->state, walk->step, walk->row), true);
}

static void tell_failure(struct walk *walk, enum fail_class class, const char *error,
			 int64_t retry_in_ms)
{
	struct event_stamp stamp = exec_stamp(walk->frame.exec);

	event_step_error(&walk->row->texts, &stamp, walk->step, class,
			 (struct event_text){ error, strlen(error) }, walk->attempt,
			 retry_in_ms);
	row_add_event(walk->row);
}

static void add_error(struct walk *walk, enum fail_class class, const char *error)
{
	struct jsonw w;

	jsonw_init(&w, &walk->row->error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", fail_name(class));
	jsonw_pair_text(&w, "step_id", walk->step->id);
	jsonw_pair_text(&w, "message", error);
	jsonw_object_end(&w);
}

static void go_on_without(struct walk *walk)
{
	struct state *state = &walk->scope->state;
	const char *key = walk->step->output_key;

	if (key && state_set(state, key, "null", 4, NULL) == 0) {
		row_add_set(walk->row, key, "null", 4);
	} else if (key) { /* not even that fits: nobody finds an older value there */
		state_del(state, key);
		row_add_del(walk->row, key);
	}
	go_on(walk, walk->step->next_step_id, true);
}

static void give_up(struct walk *walk, enum fail_class class, const char *error)
{
	tell_failure(walk, class, error, -1);
	add_history(walk, class, error);
	add_error(walk, class, error);
	switch (walk->step->on_error) {
	case ON_ERROR_FAIL:
		end_walk(walk, class, error);
		break;
	case ON_ERROR_CONTINUE:
		go_on_without(walk);
		break;
	case ON_ERROR_ROUTE:
		go_on(walk, walk->step->on_error_step_id, true);
		break;
	}
}

static void attempt_failed(struct walk *walk, enum fail_class class, const char *error)
{
	const struct retry *retry = &walk->step->retry;
	struct engine *engine = walk->frame.exec->engine;
	int64_t wait_ms = 0;

	if (walk->attempt > retry->max || !(retry->on & FAIL_BIT(class))) {
		give_up(walk, class, error);
		return;
	}
	if (retry->backoff_ms > 0)
		wait_ms = backoff_next(&walk->backoff, &engine->rng);
	tell_failure(walk, class, error, wait_ms);
	walk->attempt++;
	walk->state = WALK_PAUSE;
	timers_arm(engine, &walk->pause, engine_mono_ms(engine) + wait_ms);
}

/* The step's frame has ended or must; its class and error are the caller's from here. */
static void drop_child(struct walk *walk, enum fail_class *class, char **error)
{
	*class = walk->child->class;
	*error = walk->child->error;
	walk->child->error = NULL;
	runframe_free(walk->child);
	walk->child = NULL;
	op_detach(&walk->timeout.op);
}

static void child_done(struct runframe *frame, struct runframe *child)
{
	struct walk *walk = walk_of(frame);
	bool stops = child->stops;
	enum fail_class class;
	char *error;

	drop_child(walk, &class, &error);
	if (class != FAIL_NONE)
		attempt_failed(walk, class, error);
	else if (stops)
		end_walk(walk, FAIL_NONE, NULL);
	else
		complete(walk);
	mem_free(error);
}

static void on_timeout(struct op *op)
{
	struct walk *walk = mem_container(op, struct walk, timeout.op);
	struct str text = STR_INIT;
	enum fail_class class;
	char *error;

	if (runframe_has_ended(walk->child))
		return; /* it was in time, the pump has not told us yet */
	drop_child(walk, &class, &error);
	str_printf(&text, "Step '%s' timed out after %llds", walk->step->name,
		   (long long)(step_limit_ms(walk) / 1000));
	attempt_failed(walk, FAIL_LIMIT, str_text(&text));
	str_deinit(&text);
}

static void on_pause_over(struct op *op)
{
	struct walk *walk = mem_container(op, struct walk, pause.op);

	if (op->exec->engine->draining)
		park(walk);
	else
		try_step(walk);
}

void walk_stop(struct runframe *frame, enum fail_class class, const char *format, ...)
{
	struct walk *walk = walk_of(frame);
	struct str reason = STR_INIT;
	enum fail_class child_class;
	char *child_error;
	va_list args;

	if (walk->state == WALK_ENDED || walk->stop_class != FAIL_NONE)
		return;
	va_start(args, format);
	str_vprintf(&reason, format, args);
	va_end(args);
	walk->stop_class = class;
	walk->stop_reason = str_take(&reason);
	if (walk->state == WALK_COMMIT)
		return; /* on_committed() sees it */
	if (walk->state == WALK_STEP) {
		drop_child(walk, &child_class, &child_error);
		mem_free(child_error);
	}
	op_detach(&walk->pause.op);
	if (class != FAIL_CANCELLED && walk->state != WALK_PARKED)
		add_history(walk, class, walk->stop_reason);
	add_error(walk, class, walk->stop_reason);
	end_refused(walk, class, walk->stop_reason);
}

static void cancel(struct runframe *frame)
{
	walk_stop(frame, FAIL_CANCELLED, "Cancelled");
}

static void on_free(struct runframe *frame)
{
	struct walk *walk = walk_of(frame);

	op_detach(&walk->commit);
	op_detach(&walk->timeout.op);
	op_detach(&walk->pause.op);
	row_free(walk->row);
	mem_free(walk->stop_reason);
}

static const struct runframe_ops walk_ops = {
	.start = start,
	.child_done = child_done,
	.cancel = cancel,
	.free = on_free,
};

struct runframe *walk_new(struct runframe *parent, const char *entry_step_id,
			  struct engine_row *row)
{
	struct walk *walk =
		runframe_alloc(&walk_ops, parent->exec, parent, sizeof(*walk));

	walk->entry_step_id = entry_step_id;
	walk->row = row;
	walk->scope = parent->exec->scope;
	op_init(&walk->commit, parent->exec, on_committed);
	op_init(&walk->timeout.op, parent->exec, on_timeout);
	op_init(&walk->pause.op, parent->exec, on_pause_over);
	return &walk->frame;
}

struct engine_row *walk_row(struct runframe *frame)
{
	assert(walk_of(frame)->row);
	return walk_of(frame)->row;
}

static const struct walk *walk_in(const struct runframe *frame)
{
	return (const struct walk *)(const void *)frame;
}

struct scope *walk_scope(const struct runframe *frame)
{
	return walk_in(frame)->scope;
}

const char *walk_place(const struct runframe *frame)
{
	(void)frame;
	return NULL;
}

struct engine_row *walk_take_row(struct runframe *frame)
{
	struct engine_row *row = walk_row(frame);

	walk_of(frame)->row = NULL;
	return row;
}
