/* validate_nest.h - what parallel steps and loops say about the steps inside: checked */
#ifndef RUN_VALIDATE_NEST_H
#define RUN_VALIDATE_NEST_H

struct definition;
struct definition_step;
struct problems;

/* Steps that are there; no retry of its own. */
void validate_nest(const struct definition *definition,
		   const struct definition_step *step, struct problems *problems);

#endif
