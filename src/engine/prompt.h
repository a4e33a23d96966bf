/* prompt.h - what a model is told for a step (CONTRACT 5.8) */
#ifndef ENGINE_PROMPT_H
#define ENGINE_PROMPT_H

#include "base/err.h"

struct definition_step;
struct exec;
struct scope;
struct str;

/* The task: the interpolated prompt_template, or user_input when there is none. ERR_LIMIT
 * when it exceeds the limit on a step's output. */
int prompt_task(const struct exec *exec, const struct scope *scope,
		const struct definition_step *step, struct str *out, struct err *err);
/* All else: role, goal, position in the graph, context from earlier steps. */
void prompt_system(const struct exec *exec, const struct scope *scope,
		   const struct definition_step *step, struct str *out);

#endif
