/*
 * graph.c - where the steps of a definition lead
 *
 * Cycles are the strongly connected components, found by Tarjan's algorithm with a stack
 * of its own: a definition may be a chain of a thousand steps.
 */
#include "run/graph.h"

#include "base/mem.h"
#include "run/definition.h"

#include <stddef.h>

struct each {
	const struct definition *definition;
	graph_cb cb;
	void *arg;
};

static void follow(const struct each *each, const char *id)
{
	const struct definition_step *target = definition_step(each->definition, id);

	if (target)
		each->cb(each->arg, target);
}

static void follow_list(const struct each *each, const struct step_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		follow(each, list->ids[i]);
}

static void follow_decision(const struct each *each, const struct definition_step *step)
{
	size_t i;

	if (step->type == STEP_IF_ELSE) {
		follow(each, step->if_true_step_id);
		follow(each, step->if_false_step_id);
	} else if (step->type == STEP_SWITCH) {
		for (i = 0; i < step->switch_cases_count; i++)
			follow(each, step->switch_cases[i].step_id);
		follow(each, step->switch_default_step_id);
	} else if (step->type == STEP_EVALUATOR) {
		for (i = 0; i < step->routes_count; i++)
			follow(each, step->routes[i].step_id);
	}
}

void graph_each(const struct definition *definition, const struct definition_step *step,
		graph_cb cb, void *arg)
{
	const struct each each = { definition, cb, arg };
	size_t i;

	if (step->type == STEP_END)
		return;
	follow(&each, step->next_step_id);
	follow_decision(&each, step);
	if (step->on_error == ON_ERROR_ROUTE)
		follow(&each, step->on_error_step_id);
	if (step->type == STEP_LOOP)
		follow_list(&each, &step->body);
	for (i = 0; step->type == STEP_PARALLEL && i < step->branches_count; i++)
		follow_list(&each, &step->branches[i]);
}

static bool switch_may_end(const struct definition_step *step)
{
	size_t i;

	for (i = 0; i < step->switch_cases_count; i++)
		if (!step->switch_cases[i].step_id)
			return true;
	if (step->switch_default_step_id)
		return false;
	return step->switch_cases_count > 0 || !step->next_step_id;
}

static bool evaluator_may_end(const struct definition_step *step)
{
	size_t i;

	for (i = 0; i < step->routes_count; i++)
		if (!step->routes[i].step_id)
			return true;
	return step->routes_count == 0 && !step->next_step_id;
}

bool graph_may_end(const struct definition_step *step)
{
	if (step->type == STEP_IF_ELSE)
		return !step->next_step_id &&
		       (!step->if_true_step_id || !step->if_false_step_id);
	if (step->type == STEP_SWITCH)
		return switch_may_end(step);
	if (step->type == STEP_EVALUATOR)
		return evaluator_may_end(step);
	return step->type == STEP_END || !step->next_step_id;
}

/* ---- cycles ---- */

/* A step in Tarjan's walk. */
struct visit {
	size_t *targets; /* owned: indices */
	size_t count;
	size_t room;
	size_t next;  /* of targets, to be looked at */
	int number;   /* in the order of arrival, from 1; 0: not seen */
	int lowest;   /* that it leads to */
	bool waiting; /* in the stack of steps without a group */
	bool itself;  /* it leads to itself */
};

struct tarjan {
	const struct definition *definition;
	struct visit *visits;
	size_t *path; /* from the first step to the current one */
	size_t depth;
	size_t *stack;
	size_t stacked;
	int numbers;
	int *groups;
	int count;
};

static void keep_target(void *arg, const struct definition_step *target)
{
	struct visit *visit = arg;

	if (visit->count == visit->room) {
		visit->room = visit->room ? 2 * visit->room : 4;
		visit->targets =
			mem_resize(visit->targets, visit->room * sizeof(*visit->targets));
	}
	visit->targets[visit->count++] = target->index;
}

static void arrive(struct tarjan *t, size_t index)
{
	struct visit *visit = &t->visits[index];

	visit->number = visit->lowest = ++t->numbers;
	visit->waiting = true;
	t->stack[t->stacked++] = index;
	t->path[t->depth++] = index;
	graph_each(t->definition, &t->definition->steps[index], keep_target, visit);
}

static void close_group(struct tarjan *t, size_t index)
{
	bool cycle = t->stack[t->stacked - 1] != index || t->visits[index].itself;
	size_t at;

	if (cycle)
		t->count++;
	do {
		at = t->stack[--t->stacked];
		t->visits[at].waiting = false;
		t->groups[at] = cycle ? t->count : 0;
	} while (at != index);
}

static void leave(struct tarjan *t, size_t index)
{
	struct visit *visit = &t->visits[index];
	struct visit *before;

	t->depth--;
	if (visit->lowest == visit->number)
		close_group(t, index);
	if (t->depth == 0)
		return;
	before = &t->visits[t->path[t->depth - 1]];
	if (visit->lowest < before->lowest)
		before->lowest = visit->lowest;
}

static void walk_from(struct tarjan *t, size_t first)
{
	arrive(t, first);
	while (t->depth > 0) {
		size_t index = t->path[t->depth - 1], target;
		struct visit *visit = &t->visits[index];

		if (visit->next == visit->count) {
			leave(t, index);
			continue;
		}
		target = visit->targets[visit->next++];
		visit->itself |= target == index;
		if (t->visits[target].number == 0)
			arrive(t, target);
		else if (t->visits[target].waiting &&
			 t->visits[target].number < visit->lowest)
			visit->lowest = t->visits[target].number;
	}
}

int graph_cycles(const struct definition *definition, int *groups)
{
	size_t count = definition->steps_count, i;
	struct tarjan t = { .definition = definition, .groups = groups };

	if (!count)
		return 0;
	t.visits = mem_new_n(struct visit, count);
	t.path = mem_new_n(size_t, count);
	t.stack = mem_new_n(size_t, count);
	for (i = 0; i < count; i++)
		if (t.visits[i].number == 0)
			walk_from(&t, i);
	for (i = 0; i < count; i++)
		mem_free(t.visits[i].targets);
	mem_free(t.visits);
	mem_free(t.path);
	mem_free(t.stack);
	return t.count;
}

/* ---- repetition ---- */

struct body {
	const struct definition *definition;
	const struct definition_step *loop;
	bool *repeats;
	const struct definition_step **waiting;
	size_t count;
};

static void in_body(void *arg, const struct definition_step *step)
{
	struct body *body = arg;

	if (body->repeats[step->index] || step == body->loop ||
	    step == definition_step(body->definition, body->loop->next_step_id))
		return;
	body->repeats[step->index] = true;
	body->waiting[body->count++] = step;
}

static void mark_body(struct body *body)
{
	const struct step_list *list = &body->loop->body;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct definition_step *step =
			definition_step(body->definition, list->ids[i]);

		if (step)
			in_body(body, step);
	}
	while (body->count > 0)
		graph_each(body->definition, body->waiting[--body->count], in_body, body);
}

void graph_repeats(const struct definition *definition, bool *repeats)
{
	size_t count = definition->steps_count, i;
	struct body body = { .definition = definition, .repeats = repeats };
	int *groups = mem_new_n(int, count + 1);

	body.waiting = mem_new_n(const struct definition_step *, count + 1);
	for (i = 0; i < count; i++) {
		body.loop = &definition->steps[i];
		if (body.loop->type == STEP_LOOP)
			mark_body(&body);
	}
	if (graph_cycles(definition, groups) > 0)
		for (i = 0; i < count; i++)
			repeats[i] |= groups[i] > 0;
	mem_free(groups);
	mem_free(body.waiting);
}
