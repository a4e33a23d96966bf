/* step_evaluator.h - steps of type evaluator: a model decides where the path goes on */
#ifndef ENGINE_STEPS_STEP_EVALUATOR_H
#define ENGINE_STEPS_STEP_EVALUATOR_H

#include <stdbool.h>

struct definition_step;
struct runframe;

struct runframe *step_evaluator_new(struct runframe *parent,
				    const struct definition_step *def);
bool step_evaluator_outside(const struct definition_step *def);

#endif
