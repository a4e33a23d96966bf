/* why.h - the one reason why a run does not go on */
#ifndef API_WHY_H
#define API_WHY_H

#include "queue/queue_why.h"
#include "store/store_why.h"

#include <stdbool.h>

#define WHY_TEXT_MAX 700

struct why_reason {
	const char *code;        /* an interface; static */
	char text[WHY_TEXT_MAX]; /* a sentence */
};

/* place NULL: Redis was not asked, or did not answer. Pure. */
void why_decide(const struct store_why *run, const struct queue_why *place,
		struct why_reason *ret);
/* Does Redis have to be asked to decide it? */
bool why_needs_place(const struct store_why *run);

#endif
