/* keep.h - short lists of what a step did, in the state: what later steps are told */
#ifndef ENGINE_KEEP_H
#define ENGINE_KEEP_H

#include <stddef.h>

struct definition_step;
struct json;
struct scope;
struct step;
struct str;

/*
 * One entry more, JSON text, in the list that the state has under prefix and the step's
 * id; beyond max entries the oldest go. Into the state and into the row under way, behind
 * the step's result: what the state has no room for is not kept, and a step_warning says
 * so.
 */
void keep_add(struct step *step, const char *prefix, const struct str *entry, size_t max);

/* The list, parsed (jsonr_free()); NULL: there is none. It is read as whatever it holds:
 * inputs or Python may have written there. */
struct json *keep_read(const struct scope *scope, const char *prefix,
		       const char *step_id);

#endif
