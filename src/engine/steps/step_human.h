/* step_human.h - steps of type human: people are asked, and answer some day */
#ifndef ENGINE_STEP_HUMAN_H
#define ENGINE_STEP_HUMAN_H

#include <stdbool.h>

struct definition_step;
struct runframe;

struct runframe *step_human_new(struct runframe *parent,
				const struct definition_step *def);
/* A question must not be asked twice, and an answer finds the run that asked. */
bool step_human_outside(const struct definition_step *def);

#endif
