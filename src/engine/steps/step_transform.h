/* step_transform.h - steps of type transform */
#ifndef ENGINE_STEPS_STEP_TRANSFORM_H
#define ENGINE_STEPS_STEP_TRANSFORM_H

#include <stdbool.h>

struct definition_step;
struct runframe;

struct runframe *step_transform_new(struct runframe *parent,
				    const struct definition_step *def);

/* Whether code may reach outside: where the operator wants no sandbox around it.
 * Else what it does is seen by nobody, so a run need not be taken over before. */
bool step_transform_outside(const struct definition_step *def);
/* Once, before there are runs. false is the default. */
void step_transform_set_outside(bool outside);

#endif
