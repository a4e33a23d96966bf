/*
 * route.c - where a path goes on behind a step that completed (CONTRACT 5.6)
 *
 *	if_else   the branch of the decision, next_step_id when that branch names no step:
 *	          a true decision never takes the false branch
 *	switch    the matching case's step, else the default's; null is the end. Without
 *	          any case the default, if there is one, else next_step_id
 *	evaluator the route of the label that was decided for; null is the end. Without
 *	          routes next_step_id
 *	human     on_timeout_step_id when nobody answered in time and it names one, else
 *	          next_step_id
 *	others    next_step_id
 *
 * The event carries the target, so that a fold knows where the run went without asking
 * the state (engine/fold.c).
 */
#include "engine/route.h"

#include "base/str.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/state.h"

#include <string.h>

/* The decision as text; false when it is null or was never made. */
static bool read_decision(const struct state *state, const char *prefix,
			  const struct definition_step *step, struct str *out)
{
	const struct state_pair *pair;
	struct str key = STR_INIT;

	str_printf(&key, "%s%s", prefix, step->id);
	pair = state_get(state, str_text(&key));
	str_deinit(&key);
	if (!pair || pair->json[0] != '"')
		return false;
	jsontext_unquote(out, pair->json, pair->json_len);
	return true;
}

static const char *behind_if(struct exec *exec, const struct state *state,
			     const struct definition_step *step, const char *linear,
			     struct str *texts)
{
	struct event_stamp stamp = exec_stamp(exec);
	struct str decision = STR_INIT;
	const char *target;
	bool truth;

	truth = read_decision(state, ROUTE_IF_KEY, step, &decision) &&
		strcmp(str_text(&decision), "true") == 0;
	str_deinit(&decision);
	target = truth ? step->if_true_step_id : step->if_false_step_id;
	if (!target)
		target = linear;
	event_if_routed(texts, &stamp, step, truth, target);
	return target;
}

static const char *case_target(const struct definition_step *step, const char *value)
{
	size_t i;

	for (i = 0; i < step->switch_cases_count; i++)
		if (strcmp(step->switch_cases[i].value, value) == 0)
			return step->switch_cases[i].step_id;
	return NULL;
}

static const char *behind_switch(struct exec *exec, const struct state *state,
				 const struct definition_step *step, const char *linear,
				 struct str *texts)
{
	struct event_stamp stamp = exec_stamp(exec);
	struct str decision = STR_INIT;
	const char *target = step->switch_default_step_id;
	bool matched;

	matched = read_decision(state, ROUTE_SWITCH_KEY, step, &decision);
	if (matched)
		target = case_target(step, str_text(&decision));
	else if (step->switch_cases_count == 0 && !target)
		target = linear;
	event_switch_routed(texts, &stamp, step, matched ? str_text(&decision) : NULL,
			    target);
	str_deinit(&decision);
	return target;
}

/* A label that the route_map does not have, or none at all, is no decision. */
static const char *behind_evaluator(struct exec *exec, const struct state *state,
				    const struct definition_step *step,
				    const char *linear, struct str *texts)
{
	struct event_stamp stamp = exec_stamp(exec);
	struct str label = STR_INIT, reasoning = STR_INIT;
	const char *target = linear;
	size_t i;

	(void)read_decision(state, ROUTE_LABEL_KEY, step, &label);
	(void)read_decision(state, ROUTE_REASONING_KEY, step, &reasoning);
	for (i = 0; i < step->routes_count; i++)
		if (strcmp(step->routes[i].label, str_text(&label)) == 0)
			target = step->routes[i].step_id;
	event_route_routed(texts, &stamp, step, label.len ? str_text(&label) : NULL,
			   target,
			   (struct event_text){ str_text(&reasoning), reasoning.len });
	str_deinit(&label);
	str_deinit(&reasoning);
	return target;
}

/* Nothing was decided, and nothing is told, unless the deadline passed. */
static const char *behind_human(struct exec *exec, const struct state *state,
				const struct definition_step *step, const char *linear,
				struct engine_row *row)
{
	struct event_stamp stamp = exec_stamp(exec);
	const struct state_pair *pair;
	struct str key = STR_INIT;

	str_printf(&key, "%s%s", ROUTE_LATE_KEY, step->id);
	pair = state_get(state, str_text(&key));
	str_deinit(&key);
	if (!step->on_timeout_step_id || !pair || strcmp(pair->json, "true") != 0)
		return linear;
	event_human_timeout(&row->texts, &stamp, step, step->on_timeout_step_id);
	row_add_event(row);
	return step->on_timeout_step_id;
}

const char *route_behind(struct exec *exec, const struct state *state,
			 const struct definition_step *step, const char *linear,
			 struct engine_row *row)
{
	const char *target;

	if (step->type == STEP_HUMAN)
		return behind_human(exec, state, step, linear, row);
	if (step->type == STEP_IF_ELSE)
		target = behind_if(exec, state, step, linear, &row->texts);
	else if (step->type == STEP_SWITCH)
		target = behind_switch(exec, state, step, linear, &row->texts);
	else if (step->type == STEP_EVALUATOR && step->routes_count)
		target = behind_evaluator(exec, state, step, linear, &row->texts);
	else
		return linear;
	row_add_event(row);
	return target;
}
