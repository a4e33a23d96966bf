/* step_if.h - steps of type if_else: a condition decides where the path goes on */
#ifndef ENGINE_STEPS_STEP_IF_H
#define ENGINE_STEPS_STEP_IF_H

struct definition_step;
struct runframe;

struct runframe *step_if_new(struct runframe *parent, const struct definition_step *def);

#endif
