/*
 * sim_side.c - what runs ask of a simulated worker beside models: code, tools, agents
 *
 * Of a given definition (sim_case.h) it comes at once: that a worker ends before, while
 * and behind it is what matters there. Else it comes at once, soon, late or never, and a
 * use of a tool waits at the gate as a call of a model does (sim_net.c).
 */
#include "sim_side.h"

#include "base/mem.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "host/held.h"
#include "sim_agent.h"
#include "sim_case.h"
#include "sim_commit.h"
#include "sim_tool.h"
#include "sim_watch.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <string.h>

struct sim_side {
	struct list node; /* in worker->sides, or world->lost_sides */
	struct op *op;    /* NULL: abandoned */
	struct sim_worker *worker;
	struct held *held;
	struct tool_use *use; /* NULL: it is something else */
	bool waits;           /* at the gate */
	bool queued;          /* an event has it */
};

static struct sim_run *run_of(const struct held *held)
{
	return ((const struct sim_job *)held->slot)->run;
}

/* ---- when it comes ---- */

static void side_free(struct sim_side *side)
{
	list_remove(&side->node);
	mem_free(side);
}

static void on_abandon(struct op *op)
{
	struct sim_side *side = op->server;

	side->op = NULL;
	list_remove(&side->node);
	if (side->queued)
		list_push(&side->worker->world->lost_sides, &side->node);
	else
		side_free(side);
}

void sim_side_forget(struct sim_world *world)
{
	while (!list_empty(&world->lost_sides))
		side_free(list_entry(world->lost_sides.next, struct sim_side, node));
}

bool sim_side_is_of(struct list *node, const struct held *held)
{
	return list_entry(node, struct sim_side, node)->held == held;
}

static struct sim_side *side_new(struct sim_worker *worker, const struct exec *exec,
				 struct op *op)
{
	struct sim_side *side = mem_new(struct sim_side);

	side->op = op;
	side->worker = worker;
	side->held = exec->job;
	op->server = side;
	op->abandon = on_abandon;
	list_push(&worker->sides, &side->node);
	return side;
}

static void complete(struct sim_side *side)
{
	struct op *op = side->op;

	op->abandon = NULL;
	op_done(op);
	side_free(side);
}

static void on_time(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_side *side = arg;
	struct sim_worker *worker = side->worker;
	int64_t till_ms;

	(void)n;
	side->queued = false;
	if (!side->op) {
		side_free(side);
	} else if (sim_worker_sleeps(worker, &till_ms)) {
		side->queued = true;
		sim_after(world, till_ms - world->now_ms, on_time, side, 0);
	} else {
		complete(side);
		sim_worker_wake(worker);
	}
}

/* What it came to is known; the worker hears of it. never: it may not. */
static void answer(struct sim_side *side, bool never)
{
	struct sim_world *world = side->worker->world;

	if (run_of(side->held)->given || sim_any(world, 3) == 0) {
		complete(side);
		return;
	}
	if (never && !world->plan.steady && sim_any(world, 30) == 0)
		return;
	side->queued = true;
	sim_after(world,
		  world->plan.steady ? sim_any(world, 500) : sim_latency(world, 30),
		  on_time, side, 0);
}

/* ---- code ---- */

static void code_by_chance(const struct sim_world *world, struct code_call *call)
{
	uint64_t what = sim_mix_text(sim_plan_stream(&world->plan, SIM_STREAM_ANSWER, 78),
				     call->step_id, strlen(call->step_id));

	/* a state has moments of the clock in it */
	if (!world->plan.steady)
		what = sim_mix_text(what, call->request.state, call->request.state_len);

	if (what % 7 == 0) {
		call->answer.class = FAIL_JOB;
		str_add_text(&call->answer.text, "ValueError: it does not work");
		return;
	}
	str_printf(&call->answer.json, what % 3 ? "{\"n\":%d}" : "%d", (int)(what % 100));
	str_add(&call->answer.text, str_text(&call->answer.json), call->answer.json.len);
}

void sim_side_code(void *ctx, struct exec *exec, struct code_call *call)
{
	struct sim_worker *worker = ctx;
	struct sim_side *side = side_new(worker, exec, &call->op);
	const struct sim_run *run = run_of(side->held);

	if (sim_crash_point(ctx, "code not begun"))
		return;
	if (!run->given)
		code_by_chance(worker->world, call);
	if (!run->given || sim_case_code(run->given, call))
		answer(side, true);
	(void)sim_crash_point(ctx, "code begun");
}

/* ---- tools ---- */

void sim_side_tool(void *ctx, struct exec *exec, struct tool_find *find)
{
	struct sim_side *side = side_new(ctx, exec, &find->op);

	if (sim_crash_point(ctx, "tool not looked up"))
		return;
	sim_tool_find(run_of(side->held), find);
	answer(side, false);
}

static void try_use(struct sim_side *side)
{
	struct sim_worker *worker = side->worker;

	sim_worker_refresh(worker);
	side->waits = !run_of(side->held)->given &&
		      !gate_pass(&worker->gate, 0, side->held->guarded_mono_ms,
				 sim_worker_mono_ms(worker));
	if (side->waits) {
		sim_say(worker->world, "%s: the gate is closed for a tool",
			side->held->run_id);
		side->held->proof_wanted = true;
		sim_commit_want(worker, side->held);
		return;
	}
	sim_watch_use(worker, side->held, &side->use->request);
	worker->world->counts->uses++;
	sim_tool_use(worker->world, run_of(side->held), side->use);
	answer(side, true);
}

void sim_side_use(void *ctx, struct exec *exec, struct tool_use *use)
{
	struct sim_side *side = side_new(ctx, exec, &use->op);

	side->use = use;
	if (sim_crash_point(ctx, "tool not used"))
		return;
	try_use(side);
	(void)sim_crash_point(ctx, "tool used");
}

void sim_side_again(struct sim_worker *worker, const struct held *held)
{
	list_for_each_safe(node, &worker->sides) {
		struct sim_side *side = list_entry(node, struct sim_side, node);

		if (side->held == held && side->waits)
			try_use(side);
	}
}

/* ---- agents ---- */

void sim_side_agent(void *ctx, struct exec *exec, struct agent_find *find)
{
	struct sim_worker *worker = ctx;
	struct sim_side *side = side_new(worker, exec, &find->op);

	if (sim_crash_point(ctx, "agent not looked up"))
		return;
	sim_agent_find(worker->world, run_of(side->held), find);
	answer(side, false);
}

void sim_side_agents(void *ctx, struct exec *exec, struct agent_list *list)
{
	struct sim_worker *worker = ctx;
	struct sim_side *side = side_new(worker, exec, &list->op);

	if (sim_crash_point(ctx, "agents not listed"))
		return;
	sim_agent_list(worker->world, run_of(side->held), list);
	answer(side, false);
}

void sim_side_orchestration(void *ctx, struct exec *exec, struct definition_find *find)
{
	struct sim_worker *worker = ctx;
	struct sim_side *side = side_new(worker, exec, &find->op);

	if (sim_crash_point(ctx, "orchestration not looked up"))
		return;
	sim_agent_orchestration(worker->world, run_of(side->held), find);
	answer(side, false);
}

void sim_side_tools(void *ctx, struct exec *exec, struct tool_list *list)
{
	struct sim_side *side = side_new(ctx, exec, &list->op);

	if (sim_crash_point(ctx, "tools not listed"))
		return;
	sim_agent_tools(run_of(side->held), list);
	answer(side, false);
}
