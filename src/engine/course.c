/*
 * course.c - along which steps a path goes
 *
 *	a definition's along the graph from the entry step until nothing follows
 *	own
 *	one-step       along the graph from that step on, until the parallel step's own
 *	branch         successor, the parallel step itself, or nothing follows
 *	longer branch, exactly the steps of the list, in its order. A step that decides
 *	loop body      may jump within the list; a target outside of it ends the path
 *
 * The engine goes by this and the fold follows it, so both come to the same places.
 */
#include "engine/course.h"

#include "run/definition.h"

#include <string.h>

void course_root(struct course *course, const struct definition *definition)
{
	*course = (struct course){ .entry_step_id = definition->entry_step_id };
}

bool course_inside(struct course *course, const struct definition_step *of, size_t index)
{
	const struct step_list *list = &of->body;

	if (of->type == STEP_PARALLEL && index < of->branches_count)
		list = &of->branches[index];
	else if (of->type != STEP_LOOP)
		return false;
	*course = (struct course){ .of = of };
	if (list->count)
		course->entry_step_id = list->ids[0];
	if (of->type == STEP_PARALLEL && list->count <= 1) {
		course->stop_step_id = of->next_step_id;
		return true;
	}
	course->list = list->ids;
	course->count = list->count;
	return true;
}

int course_place(const struct course *course, int at, const char *id)
{
	int next = at + 1;
	size_t i;

	if (next < (int)course->count && strcmp(course->list[next], id) == 0)
		return next;
	for (i = 0; i < course->count; i++)
		if (strcmp(course->list[i], id) == 0)
			return (int)i;
	return -1;
}

const char *course_behind(const struct course *course, int at,
			  const struct definition_step *step)
{
	if (!course->list)
		return step->next_step_id;
	return at + 1 < (int)course->count ? course->list[at + 1] : NULL;
}

bool course_ends(const struct course *course, const char *id)
{
	if (!id)
		return true;
	if (course->list)
		return course_place(course, -1, id) < 0;
	return course->of &&
	       (strcmp(id, course->of->id) == 0 ||
		(course->stop_step_id && strcmp(id, course->stop_step_id) == 0));
}
