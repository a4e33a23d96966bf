/*
 * root.c - the frame of a whole run
 *
 * It opens the run (the row of kind start, which the first step's start rides in; for a
 * run that was folded from its journal that row says who picked it up), lets
 * one walk go along the graph, and closes the run: whatever the walk's last row is,
 * completed, failed or cancelled, gets the run's last three events and goes out with the
 * final. The run's time limit is a timer here.
 */
#include "engine/root.h"

#include "base/err.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "engine/runframe.h"
#include "engine/walk.h"
#include "run/definition.h"
#include "run/outcome.h"

#include <string.h>

struct root {
	struct runframe frame;
	struct runframe *walk;
	struct timer timeout;
};

static void print_error(struct str *out, enum fail_class class, const char *code,
			const char *step_id, const char *message)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", fail_name(class));
	if (code)
		jsonw_pair_text(&w, "code", code);
	jsonw_pair_text(&w, "step_id", step_id);
	jsonw_pair_text(&w, "message", message);
	jsonw_object_end(&w);
}

static void add_last_events(struct exec *exec, struct engine_final *final)
{
	struct event_text response = { str_text(&final->response), final->response.len };
	struct event_text history = { str_text(&final->history), final->history.len };
	struct event_text state = { str_text(&final->state), final->state.len };
	struct event_stamp stamp = exec_stamp(exec);
	struct engine_row *row = final->row;

	event_orchestration_complete(&row->texts, &stamp, exec->run_id, final->status,
				     state);
	row_add_event(row);
	event_run_final(&row->texts, &stamp, exec->run_id, final->status, response,
			history, state);
	row_add_event(row);
	event_done(&row->texts, &stamp);
	row_add_event(row);
}

/*
 * Takes the row. reason is NULL for a completed run. What the run ends with is what the
 * path that ended it sees: of a branch with an end step its own, siblings are not joined.
 */
static void end_run(struct exec *exec, const struct scope *scope, struct engine_row *row,
		    enum fail_class class, const char *code, const char *reason)
{
	struct engine_final *final = row_final_new();
	size_t max = exec->engine->limits.output_max;

	final->status = class == FAIL_NONE        ? RUN_COMPLETED
			: class == FAIL_CANCELLED ? RUN_CANCELLED
						  : RUN_FAILED;
	if (final->status == RUN_FAILED)
		outcome_failed(&final->response, reason, max);
	else
		outcome_ended(&final->response, &scope->history, &scope->state, max);
	if (class != FAIL_NONE)
		print_error(&final->error, class, code,
			    exec->step ? exec->step->id : NULL, reason);
	state_print(&scope->state, &final->state);
	history_print(&scope->history, &final->history);
	final->usage = exec->usage;
	final->row = row;
	row_set_place(row,
		      NULL); /* what follows is the run's, whatever path the row is of */
	if (!row->error.len)
		str_add(&row->error, str_text(&final->error), final->error.len);
	add_last_events(exec, final);
	exec_end(exec, final);
}

static struct engine_row *start_row(struct exec *exec)
{
	struct engine_row *row = row_new(ROW_START, "", "", 0);
	struct event_stamp stamp = exec_stamp(exec);

	event_worker_picked_up(&row->texts, &stamp, exec->worker_id, exec->run_id);
	row_add_event(row);
	if (exec->resume && exec->resume->at != FOLD_FRESH)
		return row;
	event_orchestration_start(&row->texts, &stamp, exec->run_id, exec->definition);
	row_add_event(row);
	return row;
}

static void refuse_input(struct exec *exec, struct engine_row *row)
{
	struct event_stamp stamp = exec_stamp(exec);
	const struct err *err = exec->seed_error;

	event_orchestration_error(&row->texts, &stamp, err->text);
	row_add_event(row);
	end_run(exec, exec->scope, row, err->code == ERR_LIMIT ? FAIL_LIMIT : FAIL_JOB,
		NULL, err->text);
}

static int64_t limit_of(const struct exec *exec)
{
	return exec->definition->timeout_ms ? exec->definition->timeout_ms
					    : exec->engine->limits.run_timeout_ms;
}

static void start(struct runframe *frame)
{
	struct root *root = (struct root *)frame;
	struct exec *exec = frame->exec;
	struct engine *engine = exec->engine;
	struct engine_row *row = start_row(exec);
	int64_t left_ms = limit_of(exec) - exec->spent_ms;

	if (exec->seed_error) {
		refuse_input(exec, row);
		return;
	}
	if (exec->cancel_wanted) { /* before it began */
		end_run(exec, exec->scope, row, FAIL_CANCELLED, NULL, "Cancelled");
		return;
	}
	timers_arm(engine, &root->timeout,
		   engine_mono_ms(engine) + (left_ms > 0 ? left_ms : 0));
	root->walk = walk_new(frame, row, exec->resume);
	root->walk->ops->start(root->walk);
}

static void on_timeout(struct op *op)
{
	struct root *root = mem_container(op, struct root, timeout.op);

	walk_stop(root->walk, FAIL_LIMIT, "Orchestration timed out after %llds",
		  (long long)(limit_of(op->exec) / 1000));
}

static void child_done(struct runframe *frame, struct runframe *child)
{
	struct runframe *ender = walk_ender(child);

	end_run(frame->exec, walk_scope(ender), walk_take_row(ender), child->class,
		child->code, child->error);
}

static void cancel(struct runframe *frame)
{
	walk_stop(((struct root *)frame)->walk, FAIL_CANCELLED, "Cancelled");
}

static bool parked(const struct runframe *frame)
{
	const struct root *root = (const struct root *)(const void *)frame;

	return root->walk && root->walk->ops->parked(root->walk);
}

static bool settled(const struct runframe *frame)
{
	const struct root *root = (const struct root *)(const void *)frame;

	return root->walk && root->walk->ops->settled(root->walk);
}

static void stand(const struct runframe *frame, struct fold_node *node)
{
	const struct root *root = (const struct root *)(const void *)frame;

	root->walk->ops->stand(root->walk, node);
}

static void on_free(struct runframe *frame)
{
	op_detach(&((struct root *)frame)->timeout.op);
}

static const struct runframe_ops root_ops = {
	.start = start,
	.child_done = child_done,
	.cancel = cancel,
	.parked = parked,
	.settled = settled,
	.stand = stand,
	.free = on_free,
};

struct runframe *root_new(struct exec *exec)
{
	struct root *root = runframe_alloc(&root_ops, exec, NULL, sizeof(*root));

	op_init(&root->timeout.op, exec, on_timeout);
	return &root->frame;
}
