/*
 * step_agent.c - steps of type agent: an agent is looked up and does the task
 *
 * The version that an execution began with is in its first entry, so that whoever goes on
 * with it has the same agent; the next execution has the one that is current then.
 */
#include "engine/steps/step_agent.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/prompt.h"
#include "engine/react.h"
#include "engine/step.h"
#include "run/agent.h"
#include "run/definition.h"

#include <string.h>

struct step_agent {
	struct step step;
	struct agent_find find;
	struct react react;
};

static void on_found(struct op *op)
{
	struct agent_find *find = mem_container(op, struct agent_find, op);
	struct step_agent *agent = mem_container(find, struct step_agent, find);
	struct agent *found = find->agent;

	if (find->class != FAIL_NONE) {
		step_fail(&agent->step, find->class, str_text(&find->text),
			  find->text.len);
		return;
	}
	if (found->type == AGENT_ORCHESTRATOR) {
		runframe_fail(&agent->step.frame, FAIL_JOB,
			      "Step '%s': agents of type 'orchestrator' are not executed "
			      "by this version",
			      agent->step.def->name);
		return;
	}
	find->agent = NULL;
	react_start(&agent->react, found, find->version, NULL);
}

static void start(struct runframe *frame)
{
	struct step_agent *agent = (struct step_agent *)frame;
	const struct definition_step *def = agent->step.def;
	struct exec *exec = frame->exec;
	const struct engine_host *host = exec->engine->host;
	struct err err;

	if (!def->agent_id) {
		runframe_fail(frame, FAIL_JOB, "Step '%s' names no agent", def->name);
		return;
	}
	if (!host->agent_find || !host->tool_list) {
		runframe_fail(frame, FAIL_INTERNAL, "Step '%s': there are no agents here",
			      def->name);
		return;
	}
	if (prompt_task(exec, step_scope(&agent->step), def, &agent->react.task, &err) <
	    0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", def->name, err.text);
		return;
	}
	agent->find.agent_id = def->agent_id;
	if (react_recall(&agent->react))
		agent->find.wanted = agent->react.talk.agent_version;
	op_launch(&agent->find.op);
	host->agent_find(exec->engine->host_data, exec, &agent->find);
}

static bool parked(const struct runframe *frame)
{
	return react_parked(&((const struct step_agent *)(const void *)frame)->react);
}

static void on_free(struct runframe *frame)
{
	struct step_agent *agent = (struct step_agent *)frame;

	op_detach(&agent->find.op);
	agent_unref(agent->find.agent);
	str_deinit(&agent->find.text);
	react_deinit(&agent->react);
}

static const struct runframe_ops agent_ops = {
	.start = start,
	.parked = parked,
	.free = on_free,
};

struct runframe *step_agent_new(struct runframe *parent,
				const struct definition_step *def)
{
	struct step_agent *agent = step_alloc(&agent_ops, parent, def, sizeof(*agent));

	op_init(&agent->find.op, parent->exec, on_found);
	react_init(&agent->react, &agent->step);
	return &agent->step.frame;
}

/* Its model and its tools are known when it is looked up only. */
bool step_agent_outside(const struct definition_step *def)
{
	(void)def;
	return true;
}
