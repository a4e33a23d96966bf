/* step_parallel.h - steps of type parallel: branches at the same time */
#ifndef ENGINE_STEPS_STEP_PARALLEL_H
#define ENGINE_STEPS_STEP_PARALLEL_H

struct definition_step;
struct event_stamp;
struct runframe;
struct str;

struct runframe *step_parallel_new(struct runframe *parent,
				   const struct definition_step *def);
/* parallel_start */
void step_parallel_announce(struct str *out, const struct event_stamp *stamp,
			    const struct definition_step *def);

#endif
