/* definition_route.h - what steps that decide say about it: checked */
#ifndef RUN_DEFINITION_ROUTE_H
#define RUN_DEFINITION_ROUTE_H

struct definition;
struct definition_step;
struct problems;

/* Expressions that compile, targets that are steps. For definition_validate(). */
void definition_route_check(const struct definition *definition,
			    const struct definition_step *step,
			    struct problems *problems);

#endif
