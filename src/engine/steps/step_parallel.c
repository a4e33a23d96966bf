/*
 * step_parallel.c - steps of type parallel: branches at the same time
 *
 * Each branch is a path of its own (engine/walk.c) on a scope over that of the path that
 * has this step, which waits meanwhile. As many run at once as the engine allows; the
 * others wait in order of their index.
 *
 *	all completed       their scopes are joined in order of index: the same, whatever
 *	                    the order was that they ended in
 *	one failed          the others finish, so that it does not depend on their speed
 *	                    what was done; then the step fails with the failed branch of
 *	                    the lowest index. If the path goes on nevertheless (on_error),
 *	                    those that completed are joined
 *	one reaches an end  the run is over: the others are given up, nothing is joined
 *
 * The last row of a branch is given to the journal before the step's own, so who reads
 * the latter knows that the branches are over.
 */
#include "engine/steps/step_parallel.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/map.h"
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

#define WARNED_KEYS 10 /* named in a warning */

enum branch_state {
	BRANCH_WAITS,
	BRANCH_RUNS,
	BRANCH_COMPLETED,
	BRANCH_FAILED,
};

struct branch {
	enum branch_state state;
	struct scope *scope;                /* owned; NULL until it runs */
	struct runframe *walk;              /* while it runs */
	struct fold_node *resume;           /* where it goes on; NULL: it begins */
	const struct definition_step *last; /* of one that ended: its newest step */
	enum fail_class class;              /* of a failed one */
	char *error;                        /* owned */
};

struct step_parallel {
	struct step step;
	struct branch *branches; /* owned */
	size_t count;
	size_t next; /* the first one that may still wait */
	size_t running;
};

static struct step_parallel *parallel_of(struct runframe *frame)
{
	return (struct step_parallel *)frame;
}

static void begin(struct step_parallel *parallel, struct branch *branch)
{
	struct exec *exec = parallel->step.frame.exec;
	size_t index = (size_t)(branch - parallel->branches);
	struct event_stamp stamp = exec_stamp(exec);
	struct engine_row *row;

	if (branch->resume) {
		branch->scope = branch->resume->scope;
		branch->resume->scope = NULL;
	} else {
		branch->scope = scope_new_over(step_scope(&parallel->step));
	}
	list_push(&exec->scopes, &branch->scope->node);
	branch->walk = walk_new_inside(&parallel->step, index, branch->scope, NULL,
				       branch->resume);
	branch->state = BRANCH_RUNS;
	parallel->running++;
	if (!branch->resume) {
		row = walk_row(branch->walk);
		event_branch_start(&row->texts, &stamp, parallel->step.def);
		row_add_event(row);
	}
	branch->resume = NULL;
	FAULT_OF("branch.begun", parallel->step.def->id);
	branch->walk->ops->start(branch->walk);
}

static void begin_more(struct step_parallel *parallel)
{
	const struct engine *engine = parallel->step.frame.exec->engine;

	for (; parallel->next < parallel->count &&
	       parallel->running < engine->limits.parallel_max && !engine->draining;
	     parallel->next++)
		begin(parallel, &parallel->branches[parallel->next]);
}

/* ---- the join ---- */

static size_t completed(const struct step_parallel *parallel, struct scope **scopes)
{
	size_t n = 0, i;

	for (i = 0; i < parallel->count; i++)
		if (parallel->branches[i].state == BRANCH_COMPLETED)
			scopes[n++] = parallel->branches[i].scope;
	return n;
}

/* The engine's own keys: no author can keep branches from writing the same. */
static bool is_own(const char *key)
{
	return key[0] == '_' || strcmp(key, "human_response") == 0;
}

/* The keys that more than one wrote, each once; how many there are. */
static size_t list_contested(struct scope *const *scopes, size_t n, struct str *out)
{
	char told = 0; /* its address marks keys that were told */
	size_t found = 0, i, k;
	struct map writers;

	map_init(&writers);
	for (i = 0; i < n; i++) {
		const struct state *state = &scopes[i]->state;

		for (k = 0; k < state->count; k++) {
			const struct state_pair *pair = state->pairs[k];
			const void *writer = map_get(&writers, pair->key, pair->key_len);

			if (is_own(pair->key))
				continue;
			if (!writer) {
				(void)map_put(&writers, pair->key, pair->key_len,
					      scopes[i]);
			} else if (writer != &told) {
				(void)map_put(&writers, pair->key, pair->key_len, &told);
				if (found++ < WARNED_KEYS)
					str_printf(out, "%s'%s'", found > 1 ? ", " : "",
						   pair->key);
			}
		}
	}
	map_deinit(&writers);
	return found;
}

static void warn_of_contested(struct step_parallel *parallel, struct scope *const *scopes,
			      size_t n)
{
	struct str text = STR_INIT;
	size_t found = list_contested(scopes, n, &text);

	if (found > WARNED_KEYS)
		str_printf(&text, " and %zu more", found - WARNED_KEYS);
	if (found) {
		str_add_text(&text, ": written by several branches; the last one in "
				    "their order counts");
		step_warn(&parallel->step, str_text(&text));
	}
	str_deinit(&text);
}

static int join(struct step_parallel *parallel, struct err *err)
{
	struct scope **scopes = mem_new_n(struct scope *, parallel->count + 1);
	size_t n = completed(parallel, scopes);
	int rc;

	FAULT_OF("branches.joined", parallel->step.frame.exec->run_id);
	rc = scope_join(step_scope(&parallel->step), scopes, n, err);
	if (rc == 0)
		warn_of_contested(parallel, scopes, n);
	mem_free(scopes);
	return rc;
}

static bool goes_on_failed(const struct step_parallel *parallel)
{
	return parallel->step.def->on_error != ON_ERROR_FAIL;
}

static void complete(struct step_parallel *parallel)
{
	struct runframe *frame = &parallel->step.frame;
	struct event_stamp stamp = exec_stamp(frame->exec);
	struct engine_row *row = walk_row(frame->parent);
	struct err err;

	if (join(parallel, &err) < 0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s",
			      parallel->step.def->name, err.text);
		return;
	}
	event_parallel_complete(&row->texts, &stamp, parallel->step.def);
	row_add_event(row);
	runframe_done(frame);
}

static void finish(struct step_parallel *parallel)
{
	const struct branch *failed = NULL;
	struct err ignored; /* what does not fit is left out, as the fold does */
	size_t i;

	for (i = 0; i < parallel->count && !failed; i++)
		if (parallel->branches[i].state == BRANCH_FAILED)
			failed = &parallel->branches[i];
	if (!failed) {
		complete(parallel);
		return;
	}
	if (goes_on_failed(parallel))
		(void)join(parallel, &ignored);
	runframe_fail(&parallel->step.frame, failed->class, "Step '%s', branch %zu: %s",
		      parallel->step.def->name, (size_t)(failed - parallel->branches),
		      failed->error);
}

/* ---- the frame ---- */

static void start(struct runframe *frame)
{
	struct step_parallel *parallel = parallel_of(frame);
	const struct definition_step *def = parallel->step.def;
	size_t i;

	if (walk_depth(frame->parent) > STEP_DEPTH_MAX) {
		runframe_fail(frame, FAIL_LIMIT,
			      "Step '%s' is inside more than %d parallel steps and loops",
			      def->name, STEP_DEPTH_MAX);
		return;
	}
	parallel->count = def->branches_count;
	parallel->branches = mem_new_n(struct branch, parallel->count + 1);
	for (i = 0; i < parallel->count; i++)
		parallel->branches[i].resume = walk_resume(frame->parent, i);
	if (parallel->count == 0) {
		step_warn(&parallel->step, "No branches defined");
		complete(parallel);
		return;
	}
	begin_more(parallel);
	if (parallel->running == 0) /* the engine drains */
		exec_park(frame->exec);
}

/* What is left of the branches but one (count: of all) is over, and what they did is
 * handed out. */
static void give_up(struct step_parallel *parallel, size_t but)
{
	size_t i;

	for (i = 0; i < parallel->count; i++) {
		struct branch *branch = &parallel->branches[i];

		if (branch->state != BRANCH_RUNS || i == but)
			continue;
		branch->walk->ops->abandon(branch->walk, false);
		/* it ended in time, the pump has not told us yet */
		if (runframe_has_ended(branch->walk) &&
		    branch->walk->class == FAIL_NONE && !branch->walk->stops)
			branch->state = BRANCH_COMPLETED;
		else
			branch->state = BRANCH_FAILED;
		runframe_free(branch->walk);
		branch->walk = NULL;
	}
}

static struct branch *branch_of(struct step_parallel *parallel,
				const struct runframe *walk)
{
	size_t i = 0;

	while (parallel->branches[i].walk != walk)
		i++;
	return &parallel->branches[i];
}

static void child_done(struct runframe *frame, struct runframe *child)
{
	struct step_parallel *parallel = parallel_of(frame);
	struct branch *branch = branch_of(parallel, child);

	if (child->stops) {
		frame->exec->giving_up = true;
		give_up(parallel, (size_t)(branch - parallel->branches));
		frame->exec->giving_up = false;
		frame->stops = true;
		runframe_done(frame);
		return;
	}
	branch->state = child->class == FAIL_NONE ? BRANCH_COMPLETED : BRANCH_FAILED;
	branch->last = walk_step(child);
	branch->class = child->class;
	branch->error = child->error;
	child->error = NULL;
	walk_hand_out(child);
	runframe_free(child);
	branch->walk = NULL;
	parallel->running--;
	begin_more(parallel);
	if (parallel->running == 0 && parallel->next == parallel->count)
		finish(parallel);
	else
		exec_park(frame->exec); /* if the others wait for that */
}

static void abandon(struct runframe *frame, bool goes_on)
{
	struct step_parallel *parallel = parallel_of(frame);
	struct err ignored; /* as in finish() */

	give_up(parallel, parallel->count);
	if (goes_on)
		(void)join(parallel, &ignored);
}

static bool parked(const struct runframe *frame)
{
	list_for_each(node, &frame->children) {
		const struct runframe *walk = list_entry(node, struct runframe, node);

		if (!walk->ops->parked(walk))
			return false;
	}
	/* those that did not begin have no room, or will not in a drain */
	return frame->exec->engine->draining || !list_empty(&frame->children);
}

/*
 * A branch that failed is gone, with what a new attempt goes on from: how often its steps
 * were there, and the branches inside it that completed. The rows say it, so no snapshot
 * stands for them before the step is over.
 */
static bool has_failed(const struct step_parallel *parallel)
{
	size_t i;

	for (i = 0; i < parallel->count; i++)
		if (parallel->branches[i].state == BRANCH_FAILED)
			return true;
	return false;
}

static bool settled(const struct runframe *frame)
{
	if (has_failed((const struct step_parallel *)(const void *)frame))
		return false;
	list_for_each(node, &frame->children) {
		const struct runframe *walk = list_entry(node, struct runframe, node);

		if (!walk->ops->settled(walk))
			return false;
	}
	return !runframe_has_ended(frame); /* else they are joined, and no row says so */
}

/* One that waits and was begun by an owner before stays as it was found. */
static void stand_branch(const struct branch *branch, struct fold_node *parent,
			 size_t index)
{
	struct fold_node *node;

	if (branch->state == BRANCH_WAITS) {
		if (branch->resume)
			fold_node_lend_copy(parent, branch->resume);
		return;
	}
	node = fold_node_lend(parent, index, branch->scope);
	if (branch->state == BRANCH_RUNS) {
		branch->walk->ops->stand(branch->walk, node);
		return;
	}
	node->at = branch->state == BRANCH_FAILED ? FOLD_FAILED
		   : branch->last                 ? FOLD_BEHIND
						  : FOLD_FRESH; /* an empty one */
	node->step = branch->last;
	node->class = branch->class;
	node->error = branch->error;
}

static void stand(const struct runframe *frame, struct fold_node *node)
{
	const struct step_parallel *parallel =
		(const struct step_parallel *)(const void *)frame;
	size_t i;

	for (i = 0; i < parallel->count; i++)
		stand_branch(&parallel->branches[i], node, i);
}

static void on_free(struct runframe *frame)
{
	struct step_parallel *parallel = parallel_of(frame);
	size_t i;

	for (i = 0; i < parallel->count; i++) {
		scope_free(parallel->branches[i].scope);
		mem_free(parallel->branches[i].error);
	}
	mem_free(parallel->branches);
}

static const struct runframe_ops parallel_ops = {
	.start = start,
	.child_done = child_done,
	.abandon = abandon,
	.parked = parked,
	.settled = settled,
	.stand = stand,
	.free = on_free,
};

struct runframe *step_parallel_new(struct runframe *parent,
				   const struct definition_step *def)
{
	return step_alloc(&parallel_ops, parent, def, sizeof(struct step_parallel));
}

void step_parallel_announce(struct str *out, const struct event_stamp *stamp,
			    const struct definition_step *def)
{
	event_parallel_start(out, stamp, def);
}
