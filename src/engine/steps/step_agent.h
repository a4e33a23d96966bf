/* step_agent.h - steps of type agent */
#ifndef ENGINE_STEPS_STEP_AGENT_H
#define ENGINE_STEPS_STEP_AGENT_H

#include <stdbool.h>

struct definition_step;
struct runframe;

struct runframe *step_agent_new(struct runframe *parent,
				const struct definition_step *def);
bool step_agent_outside(const struct definition_step *def);

#endif
