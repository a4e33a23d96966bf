/* step_llm.h - steps of type llm: one model call, no tools */
#ifndef ENGINE_STEPS_STEP_LLM_H
#define ENGINE_STEPS_STEP_LLM_H

#include <stdbool.h>

struct definition_step;
struct runframe;

struct runframe *step_llm_new(struct runframe *parent, const struct definition_step *def);
bool step_llm_outside(const struct definition_step *def);

#endif
