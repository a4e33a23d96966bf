/* course.h - along which steps a path goes */
#ifndef ENGINE_COURSE_H
#define ENGINE_COURSE_H

#include <stdbool.h>
#include <stddef.h>

struct definition;
struct definition_step;

/*
 * All is borrowed from the definition. With a list exactly its steps, in its order; else
 * along the graph from the entry on.
 */
struct course {
	const struct definition_step
		*of; /* the parallel or loop; NULL: a definition's own path */
	const char *entry_step_id; /* NULL: no step at all */
	const char *const *list;   /* NULL: along the graph */
	size_t count;
	const char *stop_step_id; /* along the graph: it ends in front of it */
};

/* A definition's own: the run's, or an inner run's. */
void course_root(struct course *course, const struct definition *definition);
/* Branch `index` of a parallel step, an iteration of a loop (each has the same). false
 * when the step has no such path. */
bool course_inside(struct course *course, const struct definition_step *of, size_t index);

/*
 * Where in the list the step is, when the path comes from place `at` (-1: it begins): the
 * next place if that has it, else the first. -1: not in the list, or there is none.
 */
int course_place(const struct course *course, int at, const char *id);
/* The step behind this one, unless it decides otherwise; NULL: the path ends. */
const char *course_behind(const struct course *course, int at,
			  const struct definition_step *step);
/* Whether the path ends instead of going on at that step. */
bool course_ends(const struct course *course, const char *id);

#endif
