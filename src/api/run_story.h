/* run_story.h - steps and workers of a run, as its journal tells them */
#ifndef API_RUN_STORY_H
#define API_RUN_STORY_H

#include <stdbool.h>

struct arena;
struct jsonw;
struct pg_reply;

/* Write the members "steps" and "workers" into the open object, from the first n rows of
 * store_detail_story(). */
void run_story_print(struct jsonw *w, struct arena *arena, const struct pg_reply *reply,
		     int statement, int n, bool run_ended);

#endif
