/*
 * step_loop.c - steps of type loop: the same steps, again and again
 *
 * Each iteration is a path of its own (engine/walk.c) on the scope of the path that has
 * the loop: the next one sees what this one wrote. Its last row goes on as the first of
 * the next, so an iteration costs no row.
 *
 * What the steps of the body wrote is collected: after each iteration one element
 * {iteration, agent, result} for each step with an output_key goes to the end of
 * `_loop_<output_key>`. That is an "append" in the journal: its bytes do not grow with
 * the iterations. After the last the lists take the place of the outputs, and the loop's
 * own output is an object: the body step's name -> its list.
 */
#include "engine/steps/step_loop.h"

#include "base/err.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"

#include <string.h>

#define LIST_KEY "_loop_"

struct step_loop {
	struct step step;
	struct runframe *walk; /* of the iteration under way */
	size_t iteration;      /* from 0 */
	size_t total;
};

static struct step_loop *loop_of(struct runframe *frame)
{
	return (struct step_loop *)frame;
}

/* Body step i if it has an output, else NULL. */
static const struct definition_step *writer(const struct step_loop *loop, size_t i)
{
	const struct definition *definition = step_scope(&loop->step)->definition;
	const struct definition_step *step =
		definition_step(definition, loop->step.def->body.ids[i]);

	return step && step->output_key ? step : NULL;
}

/* Whether the body has the step's key at an earlier place, and the step itself. */
static bool came_before(const struct step_loop *loop, size_t i, bool same_step)
{
	const struct definition_step *step = writer(loop, i), *other;
	size_t k;

	for (k = 0; k < i; k++) {
		other = writer(loop, k);
		if (other &&
		    (same_step ? other == step
			       : strcmp(other->output_key, step->output_key) == 0))
			return true;
	}
	return false;
}

static void list_key(struct str *out, const struct definition_step *step)
{
	str_reset(out, 4096);
	str_printf(out, LIST_KEY "%s", step->output_key);
}

/* ---- collecting ---- */

static void print_element(struct step_loop *loop, const struct definition_step *step,
			  struct str *out)
{
	const struct state_pair *pair =
		state_get(&step_scope(&loop->step)->state, step->output_key);
	struct jsonw w;

	str_reset(out, 4096);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "iteration", (int64_t)loop->iteration + 1);
	jsonw_pair_text(&w, "agent", step->name);
	jsonw_pair_raw(&w, "result", pair ? pair->json : "null",
		       pair ? pair->json_len : 4);
	jsonw_object_end(&w);
}

static int collect(struct step_loop *loop, struct engine_row *row, struct err *err)
{
	struct state *state = &step_scope(&loop->step)->state;
	struct str key = STR_INIT, element = STR_INIT;
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < loop->step.def->body.count; i++) {
		const struct definition_step *step = writer(loop, i);

		if (!step || came_before(loop, i, true))
			continue;
		list_key(&key, step);
		print_element(loop, step, &element);
		rc = state_append(state, str_text(&key), str_text(&element), element.len,
				  err);
		if (rc == 0)
			row_add_append(row, str_text(&key), str_text(&element),
				       element.len);
	}
	str_deinit(&key);
	str_deinit(&element);
	return rc;
}

/* What an earlier execution left that failed. */
static void forget_lists(struct step_loop *loop, struct engine_row *row)
{
	struct state *state = &step_scope(&loop->step)->state;
	struct str key = STR_INIT;
	size_t i;

	for (i = 0; i < loop->step.def->body.count; i++) {
		const struct definition_step *step = writer(loop, i);

		if (!step)
			continue;
		list_key(&key, step);
		if (!state_get(state, str_text(&key)))
			continue;
		state_del(state, str_text(&key));
		row_add_del(row, str_text(&key));
	}
	str_deinit(&key);
}

/* The list of body step i takes the place of its output. */
static int put_list(struct step_loop *loop, size_t i, struct err *err)
{
	struct state *state = &step_scope(&loop->step)->state;
	struct engine_row *row = walk_row(loop->step.frame.parent);
	const struct definition_step *step = writer(loop, i);
	const struct state_pair *list;
	struct str key = STR_INIT, json = STR_INIT;
	int rc = 0;

	list_key(&key, step);
	list = state_get(state, str_text(&key));
	if (list) {
		str_add(&json, list->json, list->json_len);
		state_del(state, str_text(&key)); /* else both would have to fit */
		row_add_del(row, str_text(&key));
		rc = state_set(state, step->output_key, str_text(&json), json.len, err);
	}
	if (list && rc == 0)
		row_add_set(row, step->output_key, str_text(&json), json.len);
	str_deinit(&key);
	str_deinit(&json);
	return rc;
}

static void print_lists(struct step_loop *loop, struct str *out)
{
	const struct state *state = &step_scope(&loop->step)->state;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	for (i = 0; i < loop->step.def->body.count; i++) {
		const struct definition_step *step = writer(loop, i);
		const struct state_pair *list;

		if (!step || came_before(loop, i, true))
			continue;
		list = state_get(state, step->output_key);
		if (list)
			jsonw_pair_raw(&w, step->name, list->json, list->json_len);
	}
	jsonw_object_end(&w);
}

/* ---- iterations ---- */

static void finish(struct step_loop *loop)
{
	struct runframe *frame = &loop->step.frame;
	struct event_stamp stamp = exec_stamp(frame->exec);
	struct engine_row *row = walk_row(frame->parent);
	struct str own = STR_INIT;
	struct err err;
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < loop->step.def->body.count; i++)
		if (writer(loop, i) && !came_before(loop, i, false))
			rc = put_list(loop, i, &err);
	if (rc < 0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", loop->step.def->name,
			      err.text);
		return;
	}
	if (loop->step.def->output_key)
		print_lists(loop, &own);
	if (!own.len || step_put(&loop->step, str_text(&own), own.len)) {
		event_loop_complete(&row->texts, &stamp, loop->step.def,
				    (int64_t)loop->iteration);
		row_add_event(row);
		runframe_done(frame);
	}
	str_deinit(&own);
}

/* Takes the row, which the last iteration ended with. */
static void begin(struct step_loop *loop, struct engine_row *row)
{
	struct event_stamp stamp = exec_stamp(loop->step.frame.exec);

	loop->walk = walk_new_inside(&loop->step, loop->iteration,
				     step_scope(&loop->step), row, NULL);
	row = walk_row(loop->walk);
	if (loop->iteration == 0)
		forget_lists(loop, row);
	event_loop_iteration(&row->texts, &stamp, loop->step.def,
			     (int64_t)loop->iteration + 1, (int64_t)loop->total);
	row_add_event(row);
	loop->walk->ops->start(loop->walk);
}

static void go_on(struct step_loop *loop, struct fold_node *resume)
{
	loop->iteration = resume->index;
	loop->walk = walk_new_inside(&loop->step, loop->iteration,
				     step_scope(&loop->step), NULL, resume);
	loop->walk->ops->start(loop->walk);
}

static bool may_begin(struct step_loop *loop)
{
	struct runframe *frame = &loop->step.frame;
	const struct definition_step *def = loop->step.def;
	int64_t max = frame->exec->engine->limits.loop_max;

	if (walk_depth(frame->parent) > STEP_DEPTH_MAX)
		runframe_fail(frame, FAIL_LIMIT,
			      "Step '%s' is inside more than %d parallel steps and loops",
			      def->name, STEP_DEPTH_MAX);
	else if (def->loop_count > max)
		runframe_fail(frame, FAIL_LIMIT,
			      "Step '%s' has %lld iterations, more than %lld", def->name,
			      (long long)def->loop_count, (long long)max);
	else
		return true;
	return false;
}

static void start(struct runframe *frame)
{
	struct step_loop *loop = loop_of(frame);
	struct fold_node *resume = walk_resume_newest(frame->parent);

	if (!may_begin(loop))
		return;
	loop->total = (size_t)loop->step.def->loop_count;
	if (loop->step.def->body.count == 0) {
		step_warn(&loop->step, "The loop has no steps");
		finish(loop);
	} else if (resume) {
		go_on(loop, resume);
	} else {
		begin(loop, NULL);
	}
}

static void fail(struct step_loop *loop, enum fail_class class, const char *error)
{
	runframe_fail(&loop->step.frame, class, "Step '%s', iteration %zu: %s",
		      loop->step.def->name, loop->iteration + 1, error);
}

static void iteration_failed(struct step_loop *loop)
{
	struct runframe *walk = loop->walk;

	loop->walk = NULL;
	walk_hand_out(walk);
	fail(loop, walk->class, walk->error);
	runframe_free(walk);
}

static void iteration_done(struct step_loop *loop)
{
	struct runframe *walk = loop->walk;
	struct err err;
	int rc = 0;

	if (walk_has_acted(walk)) /* else the journal has what it brought */
		rc = collect(loop, walk_row(walk), &err);
	loop->walk = NULL;
	if (rc == 0 && loop->iteration + 1 < loop->total) {
		loop->iteration++;
		begin(loop, walk_take_row(walk));
	} else {
		walk_hand_out(walk);
		if (rc < 0) {
			fail(loop, FAIL_LIMIT, err.text);
		} else {
			loop->iteration++;
			finish(loop);
		}
	}
	runframe_free(walk);
}

static void child_done(struct runframe *frame, struct runframe *child)
{
	struct step_loop *loop = loop_of(frame);

	if (child->stops) {
		frame->stops = true;
		runframe_done(frame);
	} else if (child->class != FAIL_NONE) {
		iteration_failed(loop);
	} else {
		iteration_done(loop);
	}
}

static void abandon(struct runframe *frame, bool goes_on)
{
	struct step_loop *loop = loop_of(frame);

	if (loop->walk) /* what was written stays */
		loop->walk->ops->abandon(loop->walk, goes_on);
}

static bool parked(const struct runframe *frame)
{
	const struct step_loop *loop = (const struct step_loop *)(const void *)frame;

	return loop->walk && loop->walk->ops->parked(loop->walk);
}

static bool settled(const struct runframe *frame)
{
	const struct step_loop *loop = (const struct step_loop *)(const void *)frame;

	return loop->walk && loop->walk->ops->settled(loop->walk);
}

static void stand(const struct runframe *frame, struct fold_node *node)
{
	const struct step_loop *loop = (const struct step_loop *)(const void *)frame;

	loop->walk->ops->stand(loop->walk, fold_node_lend(node, loop->iteration, NULL));
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* its path is freed as its child */
}

static const struct runframe_ops loop_ops = {
	.start = start,
	.child_done = child_done,
	.abandon = abandon,
	.parked = parked,
	.settled = settled,
	.stand = stand,
	.free = on_free,
};

struct runframe *step_loop_new(struct runframe *parent, const struct definition_step *def)
{
	return step_alloc(&loop_ops, parent, def, sizeof(struct step_loop));
}

void step_loop_announce(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *def)
{
	(void)out;
	(void)stamp;
	(void)def;
}
