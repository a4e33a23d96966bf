/* problem.h - a list of what is wrong with a document, for people */
#ifndef RUN_PROBLEM_H
#define RUN_PROBLEM_H

#include "base/arena.h"

#include <stddef.h>

#define PROBLEM_MAX 100 /* later ones are counted, not kept */

struct problem {
	const char *where; /* a JSON pointer: "/steps/2/next_step_id", "": the whole */
	const char *text;  /* one sentence without a full stop; names the step */
};

/*
 * Owns its texts. For readers: kept, count; warnings are of what is odd but good, and in
 * a list of their own.
 */
struct problems {
	struct arena arena;
	struct problem *kept; /* the first min(count, PROBLEM_MAX) */
	size_t count;
	struct problem *warned; /* the first min(warnings, PROBLEM_MAX) */
	size_t warnings;
};

void problem_init(struct problems *problems);
void problem_deinit(struct problems *problems);
/* where may be a format of its own: give it ready. Both are copied, cut at 500 bytes. */
void problem_add(struct problems *problems, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void problem_warn(struct problems *problems, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
