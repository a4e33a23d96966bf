/*
 * host_file_side.c - what the engine asks of a host on files (engine/host.h)
 *
 * A row is in the journal's pending part at once. The op of one that leads outside
 * completes when the turn's sync is done; another's at once, as for a lazy run in scale
 * mode: if this process dies before the sync, that step is executed again, and nobody has
 * seen that it was before. An answer and an event leave when they are durable.
 */
#include "host/host_file_in.h"

#include "base/clock.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "events/event_id.h"
#include "host/file_people.h"
#include "host/file_said.h"
#include "host/file_sources.h"
#include "ipc/scoreboard.h"
#include "llm/models.h"
#include "run/chat_run.h"
#include "tools/python_pool.h"
#include "tools/toolbox.h"

#include <string.h>

static int64_t side_wall_ms(void *ctx)
{
	(void)ctx;
	return clock_wall_ms();
}

static int64_t side_mono_ms(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static void side_enter(void *ctx, struct exec *exec)
{
	struct host_file *host = ctx;
	const struct file_run *run = exec->job;

	file_suspect_enter(&host->suspect, run->head.run_id);
	score_suspect_set(host->options.score, run->head.run_id,
			  strlen(run->head.run_id));
}

static void side_leave(void *ctx, struct exec *exec, size_t bytes)
{
	struct host_file *host = ctx;

	(void)exec;
	(void)bytes;
	file_suspect_leave(&host->suspect);
	score_suspect_clear(host->options.score);
}

static void side_commit(void *ctx, struct exec *exec, struct engine_row *row,
			struct op *op)
{
	struct host_file *host = ctx;
	struct file_run *run = exec->job;
	bool wait = row->next_outside;

	score_add(host->options.score, SCORE_STEPS, row->kind == ROW_STEP);
	file_run_add_row(run, row, wait ? op : NULL, clock_wall_ms());
	if (!wait && op)
		op_done(op);
	host_file_want(run);
}

static void side_live(void *ctx, struct exec *exec, const char *event, size_t len)
{
	struct host_file *host = ctx;
	struct file_run *run = exec->job;
	struct str stamped = STR_INIT;
	char id[EVENT_ID_MAX];

	chat_run_stamp(&stamped, run->turn, event, len);
	file_run_next_id(run, clock_wall_ms(), id);
	/* never in front of what happened before it */
	if (!files_journal_clean(&run->journal))
		file_run_keep_live(run, id, stamped.data, stamped.len);
	else
		host->options.live(host->options.arg, run->head.run_id, id, stamped.data,
				   stamped.len);
	str_deinit(&stamped);
}

static void side_llm(void *ctx, struct exec *exec, struct llm_call *call)
{
	struct host_file *host = ctx;

	(void)exec;
	models_call(host->options.models, call);
}

static void side_code(void *ctx, struct exec *exec, struct code_call *call)
{
	struct host_file *host = ctx;
	const struct file_run *run = exec->job;

	python_pool_call(host->options.python, run->head.tenant_id, call);
}

static void side_tool_find(void *ctx, struct exec *exec, struct tool_find *find)
{
	struct host_file *host = ctx;

	(void)exec;
	toolbox_find(host->options.toolbox, find);
}

static void side_tool_use(void *ctx, struct exec *exec, struct tool_use *use)
{
	struct host_file *host = ctx;

	(void)exec;
	toolbox_use(host->options.toolbox, use);
}

static void side_tool_list(void *ctx, struct exec *exec, struct tool_list *list)
{
	(void)exec;
	file_sources_tools(ctx, list);
}

static void side_agent_find(void *ctx, struct exec *exec, struct agent_find *find)
{
	(void)ctx;
	file_sources_agent(exec->job, find);
}

static void side_history_find(void *ctx, struct exec *exec, struct history_find *find)
{
	(void)ctx;
	file_said_find(exec->job, find);
}

static void side_agent_list(void *ctx, struct exec *exec, struct agent_list *list)
{
	(void)exec;
	file_sources_agents(ctx, list);
}

static void side_definition_find(void *ctx, struct exec *exec,
				 struct definition_find *find)
{
	(void)ctx;
	file_sources_definition(exec->job, find);
}

static void side_wait(void *ctx, struct exec *exec, struct human_wait *wait)
{
	(void)ctx;
	file_people_wait(exec->job, wait);
}

static void side_pause(void *ctx, struct exec *exec, struct engine_pause *pause)
{
	(void)ctx;
	host_file_pause(exec->job, pause);
}

static void side_end(void *ctx, struct exec *exec, struct engine_final *final)
{
	struct host_file *host = ctx;
	struct file_run *run = exec->job;

	run->exec = NULL;
	exec->job = NULL;
	run->final = final;
	if (final->row) {
		score_add(host->options.score, SCORE_STEPS, final->row->kind == ROW_STEP);
		file_run_add_row(run, final->row, NULL, clock_wall_ms());
		final->row = NULL;
	}
	if (final->status == RUN_FAILED)
		score_add(host->options.score, SCORE_RUNS_FAILED, 1);
	exec_free(exec);
	host_file_ended(run);
}

static void side_parked(void *ctx, struct exec *exec)
{
	struct file_run *run = exec->job;

	(void)ctx;
	run->exec = NULL;
	exec->job = NULL;
	exec_free(exec);
	host_file_leave(run);
}

const struct engine_host host_file_side = {
	.wall_ms = side_wall_ms,
	.mono_ms = side_mono_ms,
	.enter = side_enter,
	.leave = side_leave,
	.commit = side_commit,
	.live = side_live,
	.llm = side_llm,
	.code = side_code,
	.tool_find = side_tool_find,
	.tool_use = side_tool_use,
	.tool_list = side_tool_list,
	.agent_find = side_agent_find,
	.history_find = side_history_find,
	.agent_list = side_agent_list,
	.definition_find = side_definition_find,
	.wait = side_wait,
	.pause = side_pause,
	.end = side_end,
	.parked = side_parked,
};
