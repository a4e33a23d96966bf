/* step_tool.h - steps of type tool: a model fills in the arguments, the tool is used */
#ifndef ENGINE_STEPS_STEP_TOOL_H
#define ENGINE_STEPS_STEP_TOOL_H

#include <stdbool.h>

struct definition_step;
struct runframe;

struct runframe *step_tool_new(struct runframe *parent,
			       const struct definition_step *def);
bool step_tool_outside(const struct definition_step *def);

#endif
