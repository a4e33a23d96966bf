/* attached.h - who has not yet told a recovery what he works on */
#ifndef CLERK_ATTACHED_H
#define CLERK_ATTACHED_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_pool;
struct queue;

/* waits: workers that beat and have not attached. rc 0, or what went wrong. */
typedef void (*attached_cb)(void *arg, int rc, int64_t waits, const struct err *err);

/* One question at a time. Embed it zeroed, with the first part filled in. */
struct attached {
	struct pg_pool *pool;
	struct queue *queue;
	attached_cb cb;
	void *arg;

	int64_t recovery; /* ours from here on */
	int statement;
	size_t unanswered; /* pieces of the question */
	int64_t waits;
	bool failed; /* one of those pieces */
};

/*
 * Ask of all workers whose rows are younger than ttl_ms. cb comes once, from the loop;
 * ERR_FULL when Postgres' queue takes no more, and it does not come.
 */
int attached_ask(struct attached *attached, int64_t recovery, int64_t ttl_ms,
		 struct err *err);

#endif
