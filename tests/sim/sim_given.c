/*
 * sim_given.c - what only given definitions ask of a simulated worker: code, tools,
 * agents
 *
 * What comes of it is given as well (sim_case.h), and comes at once: that a worker ends
 * before, while and behind it is what matters here.
 */
#include "sim_given.h"

#include "engine/exec.h"
#include "engine/host.h"
#include "host/held.h"
#include "sim_agent.h"
#include "sim_case.h"
#include "sim_tool.h"
#include "sim_worker.h"
#include "sim_world.h"

static struct sim_run *given_run(struct sim_worker *worker, const struct exec *exec)
{
	const struct held *held = exec->job;
	struct sim_run *run = ((struct sim_job *)held->slot)->run;

	if (!run->given)
		sim_broken(worker->world, "%s has code, a tool or an agent", run->run_id);
	return run;
}

/* Of an op that nobody completes any more. */
static void on_abandon(struct op *op)
{
	(void)op;
}

static void complete(struct op *op)
{
	op->abandon = NULL;
	op_done(op);
}

void sim_given_code(void *ctx, struct exec *exec, struct code_call *call)
{
	const struct sim_run *run = given_run(ctx, exec);

	call->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "code not begun"))
		return;
	if (sim_case_code(run->given, call))
		complete(&call->op);
	(void)sim_crash_point(ctx, "code begun");
}

void sim_given_tool(void *ctx, struct exec *exec, struct tool_find *find)
{
	const struct sim_run *run = given_run(ctx, exec);

	find->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "tool not looked up"))
		return;
	sim_tool_find(run, find);
	complete(&find->op);
}

void sim_given_use(void *ctx, struct exec *exec, struct tool_use *use)
{
	struct sim_run *run = given_run(ctx, exec);

	use->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "tool not used"))
		return;
	sim_tool_use(run, use);
	complete(&use->op);
	(void)sim_crash_point(ctx, "tool used");
}

void sim_given_agent(void *ctx, struct exec *exec, struct agent_find *find)
{
	const struct sim_run *run = given_run(ctx, exec);

	find->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "agent not looked up"))
		return;
	sim_agent_find(run, find);
	complete(&find->op);
}

void sim_given_agents(void *ctx, struct exec *exec, struct agent_list *list)
{
	const struct sim_run *run = given_run(ctx, exec);

	list->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "agents not listed"))
		return;
	sim_agent_list(run, list);
	complete(&list->op);
}

void sim_given_orchestration(void *ctx, struct exec *exec, struct definition_find *find)
{
	struct sim_run *run = given_run(ctx, exec);

	find->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "orchestration not looked up"))
		return;
	sim_agent_orchestration(run, find);
	complete(&find->op);
}

void sim_given_tools(void *ctx, struct exec *exec, struct tool_list *list)
{
	const struct sim_run *run = given_run(ctx, exec);

	list->op.abandon = on_abandon;
	if (sim_crash_point(ctx, "tools not listed"))
		return;
	sim_agent_tools(run, list);
	complete(&list->op);
}
