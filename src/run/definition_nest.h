/* definition_nest.h - what steps that have others inside say about them: checked */
#ifndef RUN_DEFINITION_NEST_H
#define RUN_DEFINITION_NEST_H

struct definition;
struct definition_step;
struct problems;

/* Branches and bodies name steps, and retries are theirs. For definition_validate(). */
void definition_nest_check(const struct definition *definition,
			   const struct definition_step *step, struct problems *problems);

#endif
