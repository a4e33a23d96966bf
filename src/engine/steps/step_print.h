/* step_print.h - steps of type print: a rendered text */
#ifndef ENGINE_STEPS_STEP_PRINT_H
#define ENGINE_STEPS_STEP_PRINT_H

struct definition_step;
struct runframe;

struct runframe *step_print_new(struct runframe *parent,
				const struct definition_step *def);

#endif
