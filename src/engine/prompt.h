/* prompt.h - what a model is told for a step (CONTRACT 5.8) */
#ifndef ENGINE_PROMPT_H
#define ENGINE_PROMPT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct definition;
struct definition_step;
struct exec;
struct llm_tool;
struct react;
struct scope;
struct step;
struct str;

/* The task: the interpolated prompt_template, or user_input when there is none. ERR_LIMIT
 * when it exceeds the limit on a step's output. */
int prompt_task(const struct exec *exec, const struct scope *scope,
		const struct definition_step *step, struct str *out, struct err *err);
/* All else: role, goal, what came before, context, position. path: of the step's frame,
 * as its row has it. */
void prompt_system(const struct scope *scope, const char *path,
		   const struct definition_step *step, struct str *out);

/*
 * For an evaluator: what its model should know, and the evaluator_prompt as the task.
 * ERR_LIMIT likewise.
 */
int prompt_routes(const struct exec *exec, const struct scope *scope,
		  const struct definition_step *step, struct str *system,
		  struct str *task, struct err *err);
/* The name of the tool that stands for route i of an evaluator, and what it is about. */
void prompt_route_tool(struct str *out, const struct definition_step *step, size_t i);
void prompt_route_about(struct str *out, const struct definition *definition,
			const struct definition_step *step, size_t i);

/* The name under which a tool step's tool is offered. */
void prompt_tool_name(struct str *out, const struct definition_step *step);
/* One section more of the system message: the tool that must be called. */
void prompt_tool(struct str *out, const struct llm_tool *tool,
		 const struct str *failures);

/* The step is all of a chat turn: its definition is made of the agent itself
 * (run/chat_definition.h). */
bool prompt_is_chat(const struct step *step);
/* What an agent's model is told in its next turn; and the one that is asked to sum up
 * what was said. */
void prompt_agent(struct str *out, const struct react *react);
void prompt_summary(struct str *out, const struct react *react);

#endif
