/*
 * prompt_agent.c - what an agent's model is told (CONTRACT 6.3)
 *
 * What stays the same from turn to turn comes first, so that providers can keep it: the
 * agent's own prompt, the rules of the loop, the step and its workflow (engine/prompt.c).
 * What changes is behind the last line of three dashes. Its time is that of the newest
 * entry of the conversation, so a call that is repeated by another worker is the same.
 */
#include "engine/prompt.h"

#include "base/moment.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/react.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/agent.h"
#include "run/chat_run.h"
#include "run/definition.h"

static void add_rules(struct str *out, const struct agent *agent)
{
	str_printf(out,
		   "\n\n---\n\nYou are '%s', an agent that works in turns. In a turn you "
		   "may call tools, several at once when they do not depend on one "
		   "another; their results come back to you. When a tool fails its "
		   "result says why: try otherwise, or say what is not possible. Never "
		   "make up a result. When the task is done answer with its result and "
		   "call no tool.\n\n---\n\n",
		   agent->name);
}

static void add_now(struct str *out, int64_t at_ms)
{
	char text[MOMENT_MAX];

	str_printf(out, "Date and time (UTC): %.16s\n", moment_text_row(at_ms, text));
}

bool prompt_is_chat(const struct step *step)
{
	const struct exec *exec = step->frame.exec;

	return step_scope(step)->definition == exec->definition &&
	       chat_run_turn(exec->run_id) && chat_run_agent(exec->definition->id);
}

void prompt_agent(struct str *out, const struct react *react)
{
	const struct step *step = react->step;
	int64_t left = react->max_turns - react->talk.turns;

	str_add_text(out, react->agent->system_prompt);
	add_rules(out, react->agent);
	react_inner_roster(react, out);
	/* in a chat, or of a task that another agent gave, that is all */
	if (!step_scope(step)->definition->of_agent && !prompt_is_chat(step))
		prompt_system(step_scope(step), walk_row(step->frame.parent)->path,
			      step->def, out);
	str_add_text(out, "\n---\n\n");
	add_now(out, react->talk.at_ms);
	if (left > 1)
		str_printf(out, "Turns left: %lld\n", (long long)left);
	else
		str_add_text(out, "This is your last turn: there are no tools any more. "
				  "Answer now with what you have.\n");
}

void prompt_summary(struct str *out, const struct react *react)
{
	str_printf(out,
		   "The conversation below is that of '%s', an agent that works with "
		   "tools on this task:\n\n%s\n\n---\n\nIt has become too long. Write "
		   "down what the agent needs to go on: what is asked, what was found "
		   "out (names, numbers and addresses word for word), what was done and "
		   "with what result, what failed, what is left to do. Write nothing "
		   "else.\n",
		   react->agent->name, str_text(&react->task));
}
