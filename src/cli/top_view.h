/* top_view.h - two samples made into the lines of a screen */
#ifndef CLI_TOP_VIEW_H
#define CLI_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct str;
struct top_sample;

enum top_sort {
	TOP_SORT_SEAT, /* as the scoreboard has them */
	TOP_SORT_ACTIVE,
	TOP_SORT_ENDED,
	TOP_SORT_STEPS,
	TOP_SORT_CPU,
	TOP_SORT_MEMORY,
	TOP_SORT_PULSE,
	TOP_NSORTS,
};

struct top_sort_row {
	char key;         /* that chooses it */
	const char *name; /* the word of --sort */
};
/* TOP_NSORTS rows, indexed by enum top_sort. */
extern const struct top_sort_row top_view_sorts[];

struct top_view {
	int width;     /* columns; lines are shorter than that */
	int height;    /* lines at most; 0: as many as there are */
	size_t skip;   /* children above the first that is shown */
	bool color;    /* ECMA-48 colours */
	bool emphasis; /* the head in reverse, other lines bold */
	bool keys;     /* a last line about the keys */
	enum top_sort sort;
	const char *run_dir; /* to say where nobody runs */
};

/*
 * Append the lines, each ended by a newline. before is an earlier sample, or NULL: then
 * rates are dashes. Depends on nothing else. Returns the greatest useful skip.
 */
size_t top_view_render(const struct top_view *view, const struct top_sample *before,
		       const struct top_sample *now, struct str *out);

#endif
