/* validate_route.h - what steps that decide say about it: checked */
#ifndef RUN_VALIDATE_ROUTE_H
#define RUN_VALIDATE_ROUTE_H

struct definition;
struct definition_step;
struct problems;

/* Expressions that compile, targets that are steps. */
void validate_route(const struct definition *definition,
		    const struct definition_step *step, struct problems *problems);

#endif
