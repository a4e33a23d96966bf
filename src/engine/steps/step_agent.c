/*
 * step_agent.c - steps of type agent: an agent is looked up and does the task
 *
 * The version that an execution began with is in its first entry, so that whoever goes on
 * with it has the same agent; the next execution has the one that is current then.
 */
#include "engine/steps/step_agent.h"

#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/earlier.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/inner_run.h"
#include "engine/nested.h"
#include "engine/prompt.h"
#include "engine/react.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/agent.h"
#include "run/definition.h"

#include <string.h>

#define SUBTASK_PROMPT                                                                     \
	"You carry out a part of a larger task, which another agent gave you. Do what is " \
	"asked and nothing else. Your answer is all that the other agent learns of your "  \
	"work."

struct step_agent {
	struct step step;
	struct agent_find find;
	struct history_find said;
	struct react react;
	struct nested nested;
	struct inner_runs inner; /* what runs inside, of either */
	bool recalled;
};

/* Does it know what was said before (CONTRACT 6.1)? Whoever works for another agent was
 * told all that it needs. */
static bool remembers(const struct step *step, const struct agent *agent)
{
	if (walk_inner_depth(step->frame.parent, INNER_DELEGATE) > 0)
		return false;
	switch (agent->type) {
	case AGENT_ORCHESTRATOR:
	case AGENT_DELEGATE:
	case AGENT_BUILDER:
	case AGENT_NTYPES:
		return false;
	case AGENT_CONVERSATIONAL:
	case AGENT_ANALYSIS:
	case AGENT_CODE:
		break;
	}
	return true;
}

static void on_said(struct op *op)
{
	struct history_find *said = mem_container(op, struct history_find, op);
	struct step_agent *agent = mem_container(said, struct step_agent, said);
	struct agent *found = agent->find.agent;
	struct str history = STR_INIT;

	if (said->images_wanted && !react_show(&agent->react, &said->images))
		return;
	str_deinit(&said->images); /* megabytes, and what is shown of it is the loop's */
	agent->find.agent = NULL;
	if (said->said_wanted)
		earlier_list(&agent->step, found->id, &said->list, &history);
	react_start(&agent->react, found, agent->find.version,
		    history.len ? &history : NULL);
	str_deinit(&history);
}

/* What was said before is in the entry that an execution begins with; images are too
 * large for that, and are where the message is. */
static void ask_before(struct step_agent *agent, const struct agent *found)
{
	struct exec *exec = agent->step.frame.exec;
	const struct engine_host *host = exec->engine->host;
	const struct conversation *talk = &agent->react.talk;
	struct history_find *said = &agent->said;

	said->agent_id = found->id;
	said->said_wanted = !talk->agent_id && agent->react.remembers;
	said->images_wanted =
		talk->agent_id ? talk->images > 0 : prompt_is_chat(&agent->step);
	op_launch(&said->op);
	if (host->history_find && (said->said_wanted || said->images_wanted))
		host->history_find(exec->engine->host_data, exec, said);
	else
		op_done(&said->op);
}

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
		nested_start(&agent->nested, found, find->version, &agent->react.task,
			     agent->recalled);
		return;
	}
	agent->react.remembers = remembers(&agent->step, found);
	ask_before(agent, found);
}

/* Of a subtask, which has no agent but what its step says. */
static void make_agent(struct step_agent *agent)
{
	struct str text = STR_INIT;
	struct problems problems;
	struct jsonw w;

	jsonw_init(&w, &text);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", "subtask");
	jsonw_pair_text(&w, "name", agent->step.def->name);
	jsonw_key(&w, "tools");
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_pair_text(&w, "system_prompt", SUBTASK_PROMPT);
	jsonw_object_end(&w);
	problem_init(&problems);
	if (agent_parse(str_text(&text), text.len, &agent->find.agent, &problems) < 0) {
		agent->find.class = FAIL_INTERNAL;
		str_add_text(&agent->find.text, problems.kept[0].text);
	}
	problem_deinit(&problems);
	str_deinit(&text);
	op_done(&agent->find.op);
}

static void start(struct runframe *frame)
{
	struct step_agent *agent = (struct step_agent *)frame;
	const struct definition_step *def = agent->step.def;
	struct exec *exec = frame->exec;
	const struct engine_host *host = exec->engine->host;
	struct err err;

	if (!def->agent_id && !def->is_subtask) {
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
	inner_runs_init(&agent->inner, &agent->step);
	agent->recalled = react_recall(&agent->react);
	if (agent->recalled)
		agent->find.wanted = agent->react.talk.agent_version;
	op_launch(&agent->find.op);
	if (def->is_subtask)
		make_agent(agent);
	else
		host->agent_find(exec->engine->host_data, exec, &agent->find);
}

static const struct step_agent *agent_in(const struct runframe *frame)
{
	return (const struct step_agent *)(const void *)frame;
}

static void child_done(struct runframe *frame, struct runframe *child)
{
	inner_runs_child_done(&((struct step_agent *)frame)->inner, child);
}

static void abandon(struct runframe *frame, bool goes_on)
{
	(void)goes_on; /* nothing behind it sees what is inside */
	inner_runs_abandon(&((struct step_agent *)frame)->inner);
}

static bool parked(const struct runframe *frame)
{
	return react_parked(&agent_in(frame)->react) ||
	       nested_parked(&agent_in(frame)->nested);
}

static bool settled(const struct runframe *frame)
{
	return inner_runs_settled(&agent_in(frame)->inner) && !runframe_has_ended(frame);
}

static void stand(const struct runframe *frame, struct fold_node *node)
{
	inner_runs_stand(&agent_in(frame)->inner, node);
}

static void on_free(struct runframe *frame)
{
	struct step_agent *agent = (struct step_agent *)frame;

	op_detach(&agent->find.op);
	op_detach(&agent->said.op);
	str_deinit(&agent->said.list);
	str_deinit(&agent->said.images);
	agent_unref(agent->find.agent);
	str_deinit(&agent->find.text);
	react_deinit(&agent->react);
	nested_deinit(&agent->nested);
	inner_runs_deinit(&agent->inner);
}

static const struct runframe_ops agent_ops = {
	.start = start,
	.child_done = child_done,
	.abandon = abandon,
	.parked = parked,
	.settled = settled,
	.stand = stand,
	.free = on_free,
};

struct runframe *step_agent_new(struct runframe *parent,
				const struct definition_step *def)
{
	struct step_agent *agent = step_alloc(&agent_ops, parent, def, sizeof(*agent));

	op_init(&agent->find.op, parent->exec, on_found);
	op_init(&agent->said.op, parent->exec, on_said);
	react_init(&agent->react, &agent->step);
	agent->react.inner = &agent->inner;
	nested_init(&agent->nested, &agent->step, &agent->inner);
	return &agent->step.frame;
}

/* Its model and its tools are known when it is looked up only. */
bool step_agent_outside(const struct definition_step *def)
{
	(void)def;
	return true;
}
