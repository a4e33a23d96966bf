/* step_extract.h - steps of type extract_json: the JSON in a text becomes a value */
#ifndef ENGINE_STEPS_STEP_EXTRACT_H
#define ENGINE_STEPS_STEP_EXTRACT_H

struct definition_step;
struct runframe;

struct runframe *step_extract_new(struct runframe *parent,
				  const struct definition_step *def);

#endif
