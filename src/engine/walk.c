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

#include "base/fault.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "engine/route.h"
#include "engine/step_types.h"
#include "engine/walk_in.h"
#include "run/definition.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define PAUSE_MAX_MS 60000

static bool is_root(const struct walk *walk)
{
	return walk->path.len == 0;
}

static const struct definition *definition_of(const struct walk *walk)
{
	return walk->scope->definition;
}

static void end_walk(struct walk *walk, enum fail_class class, const char *reason)
{
	walk->state = WALK_ENDED;
	if (class == FAIL_NONE)
		runframe_done(&walk->frame);
	else
		runframe_fail(&walk->frame, class, "%s", reason);
}

/* The path cannot go on here, and no step is to blame. */
static void end_refused(struct walk *walk, enum fail_class class, const char *reason)
{
	struct event_stamp stamp = exec_stamp(walk->frame.exec);

	walk_end_progress(walk);
	if (class != FAIL_CANCELLED) {
		event_orchestration_error(&walk->row->texts, &stamp, reason);
		row_add_event(walk->row);
	}
	if (!is_root(walk))
		walk_tell_error(walk, NULL, class, NULL,
				reason); /* the fold looks for it */
	walk->acted = true;
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

static const struct step_type_row *type_of(const struct walk *walk)
{
	return step_types_row(walk->step->type);
}

/* It has paths inside. */
static bool is_nest(const struct definition_step *step)
{
	return step_types_row(step->type)->announce != NULL;
}

static void set_step(struct walk *walk, const struct definition_step *step)
{
	walk->step = step;
	walk->attempt = 1;
	walk->place = course_place(&walk->course, walk->place, step->id);
	if (is_root(walk))
		walk->frame.exec->step = step;
}

/* The step starts when the row is in. */
static void commit_start(struct walk *walk)
{
	struct engine_row *row = walk->row;

	/* paths inside go on without a row of their own, perhaps outside */
	row->next_outside = type_of(walk)->outside(walk->step) ||
			    (walk->resume && !list_empty(&walk->resume->children));
	walk->row = NULL;
	walk->state = WALK_COMMIT;
	walk->acted = true;
	exec_commit(walk->frame.exec, row, &walk->commit);
}

/* Whether one more step may be executed. */
static bool count_turn(struct walk *walk)
{
	struct exec *exec = walk->frame.exec;
	const struct engine_limits *limits = &exec->engine->limits;
	int64_t max = definition_of(walk)->max_total_turns;
	bool own = walk->course.of == NULL;

	if (!max)
		max = limits->max_turns;
	if (own && walk->scope->turns >= max) {
		refuse(walk, FAIL_LIMIT, "Global turn limit (%lld) exceeded",
		       (long long)max);
		return false;
	}
	if (exec->turns >= limits->max_steps) {
		refuse(walk, FAIL_LIMIT, "Limit of %lld steps in one run exceeded",
		       (long long)limits->max_steps);
		return false;
	}
	exec->turns++;
	walk->scope->turns += own;
	return true;
}

/* Say that the step starts. */
static void announce(struct walk *walk, const struct definition_step *step)
{
	struct event_stamp stamp = exec_stamp(walk->frame.exec);
	struct engine_row *row = walk->row;
	size_t len;

	if (!count_turn(walk))
		return;
	set_step(walk, step);
	event_step_start(&row->texts, &stamp, step);
	row_add_event(row);
	if (is_nest(step)) {
		len = row->texts.len;
		type_of(walk)->announce(&row->texts, &stamp, step);
		if (row->texts.len > len)
			row_add_event(row);
	}
	commit_start(walk);
}

/* How often the step was there: on a definition's own path, whatever path it was on
 * (CONTRACT 5.6); on another, on this one. */
static int count_visits(const struct walk *walk, const struct definition_step *step)
{
	return walk->visits ? walk->visits[step->index]
			    : history_count(&walk->scope->history, step);
}

static const char *behind(const struct walk *walk)
{
	return course_behind(&walk->course, walk->place, walk->step);
}

static void pass_over(struct walk *walk, const struct definition_step *step, int count)
{
	struct event_stamp stamp = exec_stamp(walk->frame.exec);

	event_loop_limit_reached(&walk->row->texts, &stamp, step, count);
	row_add_event(walk->row);
	walk->place = course_place(&walk->course, walk->place, step->id);
	walk->acted = true;
}

/*
 * Go on at the step with that id. A step that was there max_iterations times is passed
 * over for its successor, as often as needed; all of a cycle passed over is the end. In
 * a list the next one is no cycle, whatever it is.
 */
static void go_on(struct walk *walk, const char *id, bool guarded)
{
	struct exec *exec = walk->frame.exec;
	const struct definition *definition = definition_of(walk);
	const struct definition_step *step;
	bool straight;
	size_t hops;
	int count;

	for (hops = 0; !course_ends(&walk->course, id) && hops <= definition->steps_count;
	     hops++) {
		if (exec->cancel_wanted && is_root(walk)) {
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
		count = count_visits(walk, step);
		straight =
			hops == 0 && walk->course.list &&
			course_place(&walk->course, walk->place, id) == walk->place + 1;
		if (!guarded || straight || count < step->max_iterations) {
			announce(walk, step);
			return;
		}
		pass_over(walk, step, count);
		id = course_behind(&walk->course, walk->place, step);
	}
	if (!course_ends(&walk->course, id))
		refuse(walk, FAIL_LIMIT,
		       "Every step of a cycle reached its max_iterations, at '%s'", id);
	else
		end_walk(walk, FAIL_NONE, NULL);
}

static void begin_step(struct walk *walk);

/* Where the journal ends. On a path inside a step its announcement is in, as are all rows
 * before it: the run is ours. */
static void go_on_behind(struct walk *walk, const struct fold_node *resume)
{
	walk->step = resume->step;
	walk->place = resume->place;
	switch (resume->at) {
	case FOLD_FRESH:
		go_on(walk, walk->course.entry_step_id, false);
		return;
	case FOLD_ANNOUNCED:
		if (!step_types_row(resume->step->type)) {
			go_on(walk, resume->step->id, false); /* which refuses it */
			return;
		}
		set_step(walk, resume->step);
		walk->place = resume->place;
		if (resume->attempt > 1)
			walk->attempt = resume->attempt;
		if (is_root(walk)) {
			commit_start(walk);
			return;
		}
		row_free(walk->row);
		walk->row = NULL;
		walk->acted = true;
		begin_step(walk);
		return;
	case FOLD_AGAIN:
		go_on(walk, resume->step->id, false);
		return;
	case FOLD_BEHIND:
		go_on(walk, resume->next_id, true);
		return;
	case FOLD_FAILED:
		end_walk(walk, resume->class, resume->error);
		return;
	}
	assert(false);
}

static void start(struct runframe *frame)
{
	struct walk *walk = walk_of(frame);

	if (!walk->resume)
		go_on(walk, walk->course.entry_step_id, false);
	else
		go_on_behind(walk, walk->resume);
}

/* 0: none. */
static int64_t step_limit_ms(const struct walk *walk)
{
	if (walk->step->type == STEP_HUMAN)
		return 0; /* people have a deadline of their own, or none */
	if (walk->step->timeout_ms || is_nest(walk->step) || walk->unlimited)
		return walk->step->timeout_ms;
	return walk->frame.exec->engine->limits.step_timeout_ms;
}

static void try_step(struct walk *walk)
{
	struct engine *engine = walk->frame.exec->engine;
	struct runframe *child = type_of(walk)->frame_new(&walk->frame, walk->step);
	int64_t limit_ms;

	walk->state = WALK_STEP;
	walk->child = child;
	walk->unlimited = false;
	FAULT_OF("step.started", walk->step->id);
	child->ops->start(child);
	walk->resume = NULL; /* its paths have begun */
	limit_ms = step_limit_ms(walk);
	if (limit_ms && !runframe_has_ended(child))
		timers_arm(engine, &walk->timeout, engine_mono_ms(engine) + limit_ms);
}

static void make_row(struct walk *walk)
{
	int count = history_count(&walk->scope->history, walk->step);
	struct str path = STR_INIT;

	walk_step_path(&walk->frame, &path);
	walk->row = row_new(walk->step->type == STEP_PARALLEL ? ROW_JOIN : ROW_STEP,
			    str_text(&path), walk->step->id, count + 1);
	row_set_place(walk->row, walk_place(&walk->frame));
	str_deinit(&path);
}

static void park(struct walk *walk)
{
	walk->state = WALK_PARKED;
	exec_park(walk->frame.exec);
}

/* The row that announced it is in. */
static void begin_step(struct walk *walk)
{
	const struct retry *retry = &walk->step->retry;
	struct engine *engine = walk->frame.exec->engine;

	make_row(walk);
	if (walk->stop_class != FAIL_NONE) {
		end_refused(walk, walk->stop_class, walk->stop_reason);
		return;
	}
	if (engine->draining) {
		park(walk);
		return;
	}
	backoff_init(&walk->backoff, retry->backoff_ms ? retry->backoff_ms : 1,
		     retry->backoff_ms > PAUSE_MAX_MS ? retry->backoff_ms : PAUSE_MAX_MS);
	walk->started_at_ms = engine_wall_ms(engine);
	walk->started_mono_ms = engine_mono_ms(engine);
	try_step(walk);
}

static void on_committed(struct op *op)
{
	begin_step(mem_container(op, struct walk, commit));
}

static void complete(struct walk *walk)
{
	struct exec *exec = walk->frame.exec;
	struct event_stamp stamp = exec_stamp(exec);

	walk_end_progress(walk);
	walk_add_history(walk, FAIL_NONE, NULL);
	event_step_complete(&walk->row->texts, &stamp, walk->step,
			    walk->scope->history.newest->duration_ms);
	row_add_event(walk->row);
	go_on(walk,
	      route_behind(exec, &walk->scope->state, walk->step, behind(walk),
			   walk->row),
	      true);
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
	go_on(walk, behind(walk), true);
}

static void give_up(struct walk *walk, const struct walk_failure *failure)
{
	enum fail_class class = failure->class;
	const char *error = failure->error;

	walk_end_progress(walk);
	walk_tell_failure(walk, failure, -1);
	walk_add_history(walk, class, error);
	walk_tell_error(walk, walk->step->id, class, failure->code, error);
	switch (walk->step->on_error) {
	case ON_ERROR_FAIL:
		walk->frame.code = failure->code;
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

static void hand_out_turn(struct walk *walk, struct op *op)
{
	struct engine_row *row = walk->row;

	row->kind = ROW_TURN;
	row->next_outside = true;
	make_row(walk); /* before the other goes: what it makes due looks at the path */
	exec_commit(walk->frame.exec, row, op);
}

static void attempt_failed(struct walk *walk, const struct walk_failure *failure)
{
	const struct retry *retry = &walk->step->retry;
	struct engine *engine = walk->frame.exec->engine;
	int64_t wait_ms = 0;

	if (is_nest(walk->step) || walk->attempt > retry->max ||
	    !(retry->on & FAIL_BIT(failure->class))) {
		give_up(walk, failure);
		return;
	}
	if (retry->backoff_ms > 0)
		wait_ms = backoff_next(&walk->backoff, &engine->rng);
	walk_tell_failure(walk, failure, wait_ms);
	walk->attempt++;
	walk->state = WALK_PAUSE;
	/* what was inside of an agent is over, and begins anew: the journal has that
	 * before anything of it */
	if (walk->step->type == STEP_AGENT)
		hand_out_turn(walk, NULL);
	timers_arm(engine, &walk->pause, engine_mono_ms(engine) + wait_ms);
}

/* The step's frame has ended or must; the error is the caller's from here. */
static struct walk_failure drop_child(struct walk *walk)
{
	struct walk_failure failure;
	bool goes_on =
		walk->stop_class == FAIL_NONE && walk->step->on_error != ON_ERROR_FAIL;

	if (walk->child->ops->abandon && !runframe_has_ended(walk->child)) {
		walk->frame.exec->giving_up = true;
		walk->child->ops->abandon(walk->child, goes_on);
		walk->frame.exec->giving_up = false;
	}
	failure = (struct walk_failure){ walk->child->class, walk->child->code,
					 walk->child->error };
	walk->child->error = NULL;
	runframe_free(walk->child);
	walk->child = NULL;
	op_detach(&walk->timeout.op);
	return failure;
}

static void child_done(struct runframe *frame, struct runframe *child)
{
	struct walk *walk = walk_of(frame);
	struct walk_failure failure;

	if (child->stops) { /* it stays: walk_ender() looks for what is inside */
		op_detach(&walk->timeout.op);
		walk->frame.stops = true;
		walk->acted = true;
		end_walk(walk, FAIL_NONE, NULL);
		return;
	}
	failure = drop_child(walk);
	if (failure.class != FAIL_NONE)
		attempt_failed(walk, &failure);
	else
		complete(walk);
	mem_free(failure.error);
}

static void on_timeout(struct op *op)
{
	struct walk *walk = mem_container(op, struct walk, timeout.op);
	struct walk_failure failure = { .class = FAIL_LIMIT };
	struct str text = STR_INIT;

	if (runframe_has_ended(walk->child))
		return; /* it was in time, the pump has not told us yet */
	mem_free(drop_child(walk).error);
	str_printf(&text, "Step '%s' timed out after %llds", walk->step->name,
		   (long long)(step_limit_ms(walk) / 1000));
	failure.error = str_take(&text);
	attempt_failed(walk, &failure);
	mem_free(failure.error);
}

/* Within the step's start as well: the timer is not armed yet. */
void walk_lift_limit(struct runframe *frame)
{
	struct walk *walk = walk_of(frame);

	walk->unlimited = true;
	if (!walk->step->timeout_ms)
		op_detach(&walk->timeout.op);
}

void walk_commit_wait(struct runframe *frame, struct op *op)
{
	struct walk *walk = walk_of(frame);
	struct engine_row *row = walk_row(frame);

	assert(walk->state == WALK_STEP);
	row->kind = ROW_WAIT;
	row->next_outside = true;
	make_row(walk); /* first: what the other makes due looks at the path */
	exec_commit(frame->exec, row, op);
}

static void on_pause_over(struct op *op)
{
	struct walk *walk = mem_container(op, struct walk, pause.op);

	if (op->exec->engine->draining)
		park(walk);
	else
		try_step(walk);
}

void walk_commit_turn(struct runframe *frame, struct op *op)
{
	struct walk *walk = walk_of(frame);

	assert(walk->state == WALK_STEP);
	hand_out_turn(walk, op);
}

void walk_stop(struct runframe *frame, enum fail_class class, const char *format, ...)
{
	struct walk *walk = walk_of(frame);
	struct str reason = STR_INIT;
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
	if (walk->state == WALK_STEP)
		mem_free(drop_child(walk).error);
	op_detach(&walk->pause.op);
	if (class != FAIL_CANCELLED && walk->state != WALK_PARKED)
		walk_add_history(walk, class, walk->stop_reason);
	walk_tell_error(walk, walk->step->id, class, NULL, walk->stop_reason);
	end_refused(walk, class, walk->stop_reason);
}

/* Given up with what it is inside of. */
static void abandon(struct runframe *frame, bool goes_on)
{
	struct walk *walk = walk_of(frame);

	/* what is behind sees what a loop's iteration wrote; branches inside of it that
	 * were not joined by then leave nothing */
	if (walk->state == WALK_STEP && walk->child->ops->abandon &&
	    !runframe_has_ended(walk->child))
		walk->child->ops->abandon(walk->child,
					  goes_on && walk->step->type != STEP_PARALLEL);
	if (goes_on && walk->row)
		walk_end_progress(walk);
	walk_hand_out(frame);
}

static bool parked(const struct runframe *frame)
{
	const struct walk *walk = walk_in(frame);

	if (walk->state != WALK_STEP)
		return walk->state == WALK_PARKED;
	return walk->child->ops->parked && !runframe_has_ended(walk->child) &&
	       walk->child->ops->parked(walk->child);
}

static bool settled(const struct runframe *frame)
{
	const struct walk *walk = walk_in(frame);

	if (walk->row && !row_is_empty(walk->row))
		return false;
	return walk->state != WALK_STEP || !walk->child->ops->settled ||
	       walk->child->ops->settled(walk->child);
}

static void stand(const struct runframe *frame, struct fold_node *node)
{
	const struct walk *walk = walk_in(frame);

	node->step = walk->step;
	node->place = walk->place;
	node->at = FOLD_ANNOUNCED;
	node->asked = walk->state != WALK_ENDED && walk_resume_asked(frame);
	node->attempt = walk->attempt;
	if (walk->visits)
		memcpy(node->visits, walk->visits,
		       definition_of(walk)->steps_count * sizeof(*walk->visits));
	if (walk->state == WALK_ENDED) {
		node->at = frame->class != FAIL_NONE ? FOLD_FAILED
			   : walk->step              ? FOLD_BEHIND
						     : FOLD_FRESH;
		node->class = frame->class;
		node->error = frame->error;
	}
	if (walk->state == WALK_STEP && walk->child->ops->stand)
		walk->child->ops->stand(walk->child, node);
	else if (walk->resume && walk->state != WALK_ENDED)
		list_for_each(at, &walk->resume->children)
			fold_node_lend_copy(node, list_entry(at, struct fold_node, node));
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
	str_deinit(&walk->path);
	str_deinit(&walk->nested_run_id);
	str_deinit(&walk->nested);
	str_deinit(&walk->worker);
	str_deinit(&walk->place_text);
	mem_free(walk->visits);
	mem_free(walk->stop_reason);
}

static const struct runframe_ops walk_ops = {
	.start = start,
	.child_done = child_done,
	.cancel = cancel,
	.abandon = abandon,
	.parked = parked,
	.settled = settled,
	.stand = stand,
	.free = on_free,
};

struct walk *walk_alloc(struct runframe *parent, struct scope *scope,
			struct engine_row *row, struct fold_node *resume)
{
	struct walk *walk =
		runframe_alloc(&walk_ops, parent->exec, parent, sizeof(*walk));

	walk->scope = scope;
	walk->row = row;
	walk->resume = resume;
	walk->place = walk->branch_index = -1;
	op_init(&walk->commit, parent->exec, on_committed);
	op_init(&walk->timeout.op, parent->exec, on_timeout);
	op_init(&walk->pause.op, parent->exec, on_pause_over);
	return walk;
}
