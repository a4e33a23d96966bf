/* step_loop.h - steps of type loop: the same steps, again and again */
#ifndef ENGINE_STEPS_STEP_LOOP_H
#define ENGINE_STEPS_STEP_LOOP_H

struct definition_step;
struct event_stamp;
struct runframe;
struct str;

struct runframe *step_loop_new(struct runframe *parent,
			       const struct definition_step *def);
/* Nothing: the first iteration begins with a row of its own. */
void step_loop_announce(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *def);

#endif
