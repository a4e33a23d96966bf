/* step_switch.h - steps of type switch: a value decides where the path goes on */
#ifndef ENGINE_STEPS_STEP_SWITCH_H
#define ENGINE_STEPS_STEP_SWITCH_H

struct definition_step;
struct runframe;

struct runframe *step_switch_new(struct runframe *parent,
				 const struct definition_step *def);

#endif
