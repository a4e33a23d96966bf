/* prompt_map.h - the workflow as a model sees it, and where it stands in it */
#ifndef ENGINE_PROMPT_MAP_H
#define ENGINE_PROMPT_MAP_H

struct definition;
struct definition_step;
struct scope;
struct str;

/* Append name, goal, the steps around this one with how often each was executed, and the
 * position. Bounded, however large the definition is. */
void prompt_map(struct str *out, const struct definition *definition,
		const struct scope *scope, const struct definition_step *step);

#endif
