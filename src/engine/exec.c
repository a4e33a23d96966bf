/*
 * exec.c - one run in execution
 *
 * A run is an arena for what lives as long as it does, a state, a history and a tree of
 * frames. This file makes it, lets it have its turn on the CPU and takes it apart; what
 * it does with its turn is the frames' business (root.c, walk.c, steps/).
 *
 * A turn resumes completed ops one by one. The run may end in a turn (final is set: it is
 * handed out once its frames are gone, as the last call about it), and its host may free
 * it from inside a host function (doomed: it is taken apart when its code is left).
 */
#include "engine/exec.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/fold.h"
#include "engine/host.h"
#include "engine/root.h"
#include "engine/runframe.h"
#include "engine/snapshot.h"
#include "run/definition.h"

#include <assert.h>

static void on_looked(struct op *op)
{
	exec_park(op->exec);
}

static struct exec *make(struct engine *engine, const struct exec_start *start)
{
	struct exec *exec = mem_new(struct exec);

	exec->engine = engine;
	arena_init(&exec->arena);
	list_init(&exec->done);
	list_init(&exec->scopes);
	exec->run_id = arena_dup(&exec->arena, start->run_id);
	exec->worker_id = arena_dup(&exec->arena, start->worker_id);
	exec->job = start->job;
	exec->definition = definition_ref(start->definition);
	exec->epoch = start->epoch;
	exec->seq = start->seq;
	exec->status = RUN_RUNNING;
	op_init(&exec->looked, exec, on_looked);
	engine->runs++;
	exec_ready(exec);
	return exec;
}

struct exec *exec_new(struct engine *engine, const struct exec_start *start)
{
	struct exec *exec = make(engine, start);
	struct err err;

	exec->scope = scope_new(exec->definition, engine->limits.state_max);
	if (state_seed(&exec->scope->state, exec->definition, start->message,
		       start->message_len, start->inputs, start->inputs_len, &err) < 0)
		exec->seed_error = (struct err *)(void *)arena_dup_n(&exec->arena, &err,
								     sizeof(err));
	return exec;
}

struct exec *exec_resume(struct engine *engine, const struct exec_start *start,
			 struct fold *fold)
{
	struct exec *exec = make(engine, start);

	assert(!fold->ended);
	exec->seq = fold->seq;
	exec->turns = fold->turns;
	exec->usage = fold->usage;
	exec->spent_ms = fold->spent_ms;
	exec->resumes = fold->resumes;
	exec->rows_since = fold->rows_since;
	exec->resume = fold->root;
	fold->root = NULL;
	exec->scope = exec->resume->scope;
	exec->resume->scope = NULL;
	return exec;
}

static void destroy(struct exec *exec)
{
	runframe_free(exec->root);
	op_detach(&exec->looked);
	list_remove(&exec->ready);
	fold_node_free(exec->resume);
	scope_free(exec->scope);
	row_final_free(exec->final);
	definition_unref(exec->definition);
	arena_deinit(&exec->arena);
	exec->engine->runs--;
	mem_free(exec);
}

void exec_free(struct exec *exec)
{
	if (!exec)
		return;
	if (exec->engine->inside == exec)
		exec->doomed = true;
	else
		destroy(exec);
}

void exec_cancel(struct exec *exec)
{
	if (exec->status != RUN_RUNNING || exec->cancel_wanted)
		return;
	exec->cancel_wanted = true;
	exec_ready(exec); /* while it pauses, exec_unpause() does */
}

void exec_ready(struct exec *exec)
{
	struct engine *engine = exec->engine;

	if (engine->inside == exec || list_linked(&exec->ready))
		return;
	list_push(&engine->ready, &exec->ready);
	engine_want(engine);
}

size_t exec_bytes(const struct exec *exec)
{
	size_t bytes = sizeof(*exec) + exec->arena.used_bytes + exec->frame_bytes +
		       scope_bytes(exec->scope);

	list_for_each(node, &exec->scopes)
		bytes += scope_bytes(list_entry(node, struct scope, node));
	return bytes;
}

static bool has_work(const struct exec *exec)
{
	return !exec->doomed && !exec->final && !exec->pausing &&
	       !list_empty(&exec->done);
}

static int run_steps(struct exec *exec)
{
	int steps = 0;

	if (!exec->started) {
		exec->started = true;
		exec->root = root_new(exec);
		exec->root->ops->start(exec->root);
		steps++;
	}
	if (exec->cancel_wanted && !exec->cancel_told && !exec->final) {
		exec->cancel_told = true;
		exec->root->ops->cancel(exec->root);
		steps++;
	}
	for (; has_work(exec) && steps < ENGINE_RUN_STEPS; steps++) {
		struct list *node = list_shift(&exec->done);
		struct op *op = list_entry(node, struct op, node);

		op->state = OP_IDLE;
		op->resume(op);
	}
	return steps;
}

/* The end: the frames go first, so that nothing of them is in flight behind it. */
static void hand_out_final(struct exec *exec)
{
	struct engine_final *final = exec->final;

	runframe_free(exec->root);
	exec->root = NULL;
	exec->step = NULL;
	exec->final = NULL;
	exec->status = final->status;
	exec->engine->host->end(exec->engine->host_data, exec, final);
}

int exec_turn(struct exec *exec)
{
	struct engine *engine = exec->engine;
	int steps = 0;

	if (exec->status != RUN_RUNNING || exec->pausing)
		return 0; /* it waits for exec_free(), or for exec_unpause() */
	engine->host->enter(engine->host_data, exec);
	engine->inside = exec;
	steps = run_steps(exec);
	if (exec->final && !exec->doomed)
		hand_out_final(exec);
	engine->inside = NULL;
	engine->host->leave(engine->host_data, exec, exec_bytes(exec));
	if (exec->doomed)
		destroy(exec);
	else if (has_work(exec))
		exec_ready(exec);
	return steps;
}

struct event_stamp exec_stamp(const struct exec *exec)
{
	return (struct event_stamp){ engine_wall_ms(exec->engine),
				     exec->engine->limits.event_max };
}

static void seal(struct exec *exec, struct engine_row *row)
{
	row_seal(row, exec->seq + 1, exec->epoch);
	exec->seq += row->events_count;
	if (row->events_count)
		exec->sub = 0;
}

void exec_commit(struct exec *exec, struct engine_row *row, struct op *op)
{
	struct engine *engine = exec->engine;
	/* who reads from a snapshot on has the ids of the row in front of it alone */
	bool may_snapshot = row->kind != ROW_SNAPSHOT && row->events_count;

	if (exec->doomed) {
		row_free(row);
		return;
	}
	if (!exec->first_ts)
		exec->first_ts = engine_wall_ms(engine);
	exec->rows_since++;
	exec->delta_bytes += row->delta.len;
	seal(exec, row);
	if (op)
		op_launch(op);
	engine->host->commit(engine->host_data, exec, row, op);
	if (may_snapshot)
		snapshot_if_due(exec);
}

/* Nothing of it goes on before somebody answers. */
static void pause(struct exec *exec)
{
	const struct event_stamp stamp = exec_stamp(exec);
	struct engine_pause *pause = row_pause_new();
	struct engine_row *row = row_new(ROW_WAIT, "", "", 0);

	event_paused(&row->texts, &stamp);
	row_add_event(row);
	seal(exec, row);
	pause->row = row;
	state_print(&exec->scope->state, &pause->state);
	history_print(&exec->scope->history, &pause->history);
	pause->usage = exec->usage;
	exec->pausing = true;
	exec->engine->host->pause(exec->engine->host_data, exec, pause);
}

void exec_park(struct exec *exec)
{
	const struct engine_host *host = exec->engine->host;

	if (exec->parked || exec->doomed || exec->final || exec->pausing ||
	    !exec->root->ops->parked(exec->root))
		return;
	if (!exec->engine->draining) {
		pause(exec);
		return;
	}
	exec->parked = true;
	if (host->parked)
		host->parked(exec->engine->host_data, exec);
}

void exec_unpause(struct exec *exec)
{
	assert(exec->pausing);
	exec->pausing = false;
	exec->seq--; /* of the event that nobody will see */
	exec_ready(exec);
}

void exec_look(struct exec *exec)
{
	if (exec->looked.state != OP_IDLE)
		return;
	op_launch(&exec->looked);
	op_done(&exec->looked);
}

void exec_end(struct exec *exec, struct engine_final *final)
{
	seal(exec, final->row);
	exec->final = final;
}

void exec_live(struct exec *exec, const char *place, struct str *text)
{
	struct engine *engine = exec->engine;

	if (!exec->doomed) {
		if (place)
			str_add_text(text, place);
		event_close(text, exec->seq, exec->epoch, ++exec->sub);
		engine->host->live(engine->host_data, exec, str_text(text), text->len);
	}
	str_reset(text, 4096);
}
