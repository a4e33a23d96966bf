/*
 * inner_run.c - the inner runs of a step
 *
 * An inner run is a path like a branch, but over a definition of its own and with a scope
 * that sees nothing of the path around it: it is given a text, and what comes back is its
 * outcome, as of a run. It has the journal, the cancel, the usage and the limits of the
 * run that it is in, since all of these belong to the exec.
 *
 * An end step ends the inner run alone. Of that, and of a failed one, no event says where
 * it went, so no snapshot is taken while it is kept: the rows say it.
 */
#include "engine/inner_run.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "engine/row.h"
#include "engine/runframe.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"
#include "run/outcome.h"

#include <string.h>

void inner_runs_init(struct inner_runs *runs, struct step *step)
{
	runs->step = step;
	runs->resume = walk_resumed(step->frame.parent);
	list_init(&runs->list);
}

static struct inner_run *run_at(struct list *node)
{
	return list_entry(node, struct inner_run, node);
}

void inner_runs_clear(struct inner_runs *runs)
{
	runs->resume = NULL;
	while (!list_empty(&runs->list)) {
		struct inner_run *run = run_at(runs->list.next);

		list_remove(&run->node);
		scope_free(run->scope);
		str_deinit(&run->text);
		mem_free(run);
	}
}

void inner_runs_deinit(struct inner_runs *runs)
{
	if (runs->step)
		inner_runs_clear(runs);
}

static struct fold_node *found_at(const struct inner_runs *runs, size_t index)
{
	struct fold_node *node =
		runs->resume ? fold_node_child(runs->resume, index) : NULL;

	return node && node->scope ? node : NULL;
}

bool inner_runs_found(const struct inner_runs *runs, size_t index)
{
	return found_at(runs, index) != NULL;
}

static int make_scope(struct inner_runs *runs, const struct inner *inner,
		      struct definition *definition, struct scope **ret, struct err *err)
{
	const struct engine *engine = runs->step->frame.exec->engine;
	struct scope *scope = scope_new(definition, engine->limits.state_max);
	int rc;

	rc = state_seed(&scope->state, definition, inner->text, strlen(inner->text), NULL,
			0, err);
	if (rc < 0)
		scope_free(scope);
	else
		*ret = scope;
	return rc;
}

int inner_run_begin(struct inner_runs *runs, const struct inner *inner,
		    struct definition *definition, void (*ended)(struct inner_run *run),
		    void *own, struct inner_run **ret, struct err *err)
{
	struct fold_node *found = found_at(runs, inner->index);
	struct inner_run *run;
	struct scope *scope;
	int rc;

	if (found) {
		scope = found->scope;
		found->scope = NULL;
	} else {
		rc = make_scope(runs, inner, definition, &scope, err);
		if (rc < 0)
			return rc;
	}
	list_push(&runs->step->frame.exec->scopes, &scope->node);
	run = mem_new(struct inner_run);
	run->index = inner->index;
	run->kind = inner->kind;
	run->scope = scope;
	run->ended = ended;
	run->own = own;
	list_push(&runs->list, &run->node);
	run->walk = walk_new_inner(runs->step, inner, scope, found);
	*ret = run;
	FAULT_OF("inner.begun", runs->step->def->id);
	run->walk->ops->start(run->walk);
	return 0;
}

/* ---- the end ---- */

static void tell_final(const struct inner_runs *runs, const struct inner_run *run)
{
	struct event_stamp stamp = exec_stamp(runs->step->frame.exec);
	struct engine_row *row = walk_row(run->walk);

	event_nested_final(&row->texts, &stamp, runs->step->def,
			   (struct event_text){ str_text(&run->text), run->text.len });
	row_add_event(row);
}

/* Of the path that ended it, and those that it is inside of, from the inmost. */
static void hand_out(struct inner_run *run, struct runframe *ender)
{
	struct exec *exec = run->walk->exec;
	struct runframe *walk = ender;

	exec->giving_up = ender != run->walk;
	while (walk != run->walk) {
		walk_hand_out(walk);
		walk = walk->parent->parent; /* walk, step, walk... */
	}
	exec->giving_up = false;
	walk_hand_out(run->walk);
}

void inner_runs_child_done(struct inner_runs *runs, struct runframe *child)
{
	size_t max = child->exec->engine->limits.output_max;
	struct runframe *ender = walk_ender(child);
	struct inner_run *run = run_at(runs->list.next);
	const struct scope *scope = walk_scope(ender);

	while (run->walk != child)
		run = run_at(run->node.next);
	run->last = walk_step(child);
	run->stopped = child->stops;
	run->class = child->class;
	if (run->class == FAIL_NONE)
		outcome_ended(&run->text, &scope->history, &scope->state, max);
	else
		str_add_text(&run->text, child->error);
	if (run->kind == INNER_ORCHESTRATION && run->class == FAIL_NONE &&
	    walk_has_acted(child))
		tell_final(runs, run);
	hand_out(run, ender);
	runframe_free(child);
	run->walk = NULL;
	FAULT_OF("inner.ended", runs->step->def->id);
	run->ended(run);
}

/* ---- the frame ---- */

void inner_runs_abandon(struct inner_runs *runs)
{
	if (!runs->step)
		return;
	list_for_each(node, &runs->list)
		if (run_at(node)->walk)
			run_at(node)->walk->ops->abandon(run_at(node)->walk, false);
}

bool inner_run_parked(const struct inner_run *run)
{
	return run->walk && run->walk->ops->parked(run->walk);
}

bool inner_runs_settled(const struct inner_runs *runs)
{
	if (!runs->step)
		return true;
	list_for_each(node, &runs->list) {
		const struct inner_run *run = run_at(node);

		if (run->walk ? !run->walk->ops->settled(run->walk)
			      : run->stopped || run->class != FAIL_NONE)
			return false;
	}
	return true;
}

static bool is_begun(const struct inner_runs *runs, size_t index)
{
	list_for_each(node, &runs->list)
		if (run_at(node)->index == index)
			return true;
	return false;
}

void inner_runs_stand(const struct inner_runs *runs, struct fold_node *node)
{
	if (!runs->step)
		return;
	list_for_each(at, &runs->list) {
		const struct inner_run *run = run_at(at);
		struct fold_node *child = fold_node_lend(node, run->index, run->scope);

		if (run->walk) {
			run->walk->ops->stand(run->walk, child);
			continue;
		}
		child->at = run->last ? FOLD_BEHIND : FOLD_FRESH; /* an empty one */
		child->step = run->last;
	}
	if (!runs->resume)
		return;
	list_for_each(at, &runs->resume->children) {
		const struct fold_node *found = list_entry(at, struct fold_node, node);

		if (!is_begun(runs, found->index))
			fold_node_lend_copy(node, found);
	}
}
