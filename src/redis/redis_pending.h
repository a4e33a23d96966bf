/* redis_pending.h - commands that wait for their answer, oldest first */
#ifndef REDIS_REDIS_PENDING_H
#define REDIS_REDIS_PENDING_H

#include "redis/redis_link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_pending_entry {
	redis_answer_cb cb; /* NULL: nobody cares */
	void *arg;
	int64_t deadline_mono_ms;
	uint64_t begins_at; /* number of its first byte on this connection */
};

/* A ring that grows up to max entries. Embed it; redis_pending_init. */
struct redis_pending {
	struct redis_pending_entry *ring;
	size_t room; /* power of two, or 0 */
	size_t head;
	size_t count; /* for readers */
	size_t max;
};

void redis_pending_init(struct redis_pending *pending, size_t max);
void redis_pending_deinit(struct redis_pending *pending);
/* false: full, nothing was added. */
bool redis_pending_push(struct redis_pending *pending,
			const struct redis_pending_entry *entry);
/* The oldest, borrowed until the next change; NULL when empty. */
const struct redis_pending_entry *redis_pending_head(const struct redis_pending *pending);
/* Remove the oldest; false when empty. */
bool redis_pending_shift(struct redis_pending *pending, struct redis_pending_entry *ret);
/* Move everything to an empty one. */
void redis_pending_move(struct redis_pending *to, struct redis_pending *from);

#endif
