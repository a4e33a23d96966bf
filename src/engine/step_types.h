/* step_types.h - the table of step types: what the engine can execute */
#ifndef ENGINE_STEP_TYPES_H
#define ENGINE_STEP_TYPES_H

#include "run/definition.h"

#include <stdbool.h>

struct event_stamp;
struct exec;
struct runframe;
struct str;

struct step_type_row {
	enum step_type type;
	/* A frame for one execution of the step, not started; never NULL. */
	struct runframe *(*frame_new)(struct runframe *parent,
				      const struct definition_step *step);
	/* Whether this step sends anything outside of this process (DESIGN 4.3): if so,
	 * the run is taken over and its rows are durable before it starts. */
	bool (*outside)(const struct definition_step *step);
	/*
	 * Of a type that has paths inside, else NULL: the event that rides in the row
	 * which announces the step, open, or nothing. Such a step has no time limit but
	 * the one it names, and no retry of its own: these belong to the steps inside.
	 */
	void (*announce)(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step);
};

/* NULL for a type that this build does not execute. */
const struct step_type_row *step_types_row(enum step_type type);
/* For definition_validate(). */
const struct definition_rules *step_types_rules(void);

#endif
