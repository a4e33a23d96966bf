/* graph.h - where the steps of a definition lead */
#ifndef RUN_GRAPH_H
#define RUN_GRAPH_H

#include <stdbool.h>

struct definition;
struct definition_step;

typedef void (*graph_cb)(void *arg, const struct definition_step *target);

/*
 * Every step that may follow this one, be in it (a branch, a body), or be where its
 * failure or the loop guard leads; some more than once. Ids that are no step are left
 * out.
 */
void graph_each(const struct definition *definition, const struct definition_step *step,
		graph_cb cb, void *arg);
/* Whether the path may end behind it, since it names nothing to go on at. */
bool graph_may_end(const struct definition_step *step);

/* Whether each step may be executed more than once in a run: in a cycle, or inside of a
 * loop. repeats has steps_count entries, false so far. */
void graph_repeats(const struct definition *definition, bool *repeats);

/*
 * Which group of steps that lead to one another each step is in: groups[index] is the
 * group's number, and 0 for a step that does not lead back to itself. groups has
 * steps_count entries. Returns how many groups there are.
 */
int graph_cycles(const struct definition *definition, int *groups);

#endif
