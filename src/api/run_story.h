/* run_story.h - steps and workers of a run, as its journal tells them */
#ifndef API_RUN_STORY_H
#define API_RUN_STORY_H

#include <stdbool.h>

struct arena;
struct jsonw;
struct store_told;

/* Write the members "steps" and "workers" into the open object, from n of those that
 * store_detail_story() is about. */
void run_story_print(struct jsonw *w, struct arena *arena, const struct store_told *told,
		     int n, bool run_ended);

#endif
