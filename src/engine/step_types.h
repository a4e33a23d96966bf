/* step_types.h - the table of step types: what the engine can execute */
#ifndef ENGINE_STEP_TYPES_H
#define ENGINE_STEP_TYPES_H

#include "run/definition.h"

#include <stdbool.h>

struct exec;
struct runframe;

struct step_type_row {
	enum step_type type;
	/* A frame for one execution of the step, not started; never NULL. */
	struct runframe *(*frame_new)(struct runframe *parent,
				      const struct definition_step *step);
	/* Whether this step sends anything outside of this process (DESIGN 4.3): if so,
	 * the run is taken over and its rows are durable before it starts. */
	bool (*outside)(const struct definition_step *step);
};

/* NULL for a type that this build does not execute. */
const struct step_type_row *step_types_row(enum step_type type);
/* For definition_validate(). */
const struct definition_rules *step_types_rules(void);

#endif
