/* step_merge.h - steps of type merge: several values of the state become one */
#ifndef ENGINE_STEPS_STEP_MERGE_H
#define ENGINE_STEPS_STEP_MERGE_H

struct definition_step;
struct runframe;

struct runframe *step_merge_new(struct runframe *parent,
				const struct definition_step *def);

#endif
