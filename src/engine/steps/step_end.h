/* step_end.h - steps of type end: the run is complete */
#ifndef ENGINE_STEPS_STEP_END_H
#define ENGINE_STEPS_STEP_END_H

struct definition_step;
struct runframe;

struct runframe *step_end_new(struct runframe *parent, const struct definition_step *def);

#endif
