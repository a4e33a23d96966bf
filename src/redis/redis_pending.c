/*
 * redis_pending.c - commands that wait for their answer, oldest first
 *
 * Redis answers in the order it was asked, so a ring is all it takes. It grows by
 * doubling and never shrinks: its bound is the link's queue_max.
 */
#include "redis/redis_pending.h"

#include "base/mem.h"

#include <string.h>

#define ROOM_FIRST 64

void redis_pending_init(struct redis_pending *pending, size_t max)
{
	memset(pending, 0, sizeof(*pending));
	pending->max = max;
}

void redis_pending_deinit(struct redis_pending *pending)
{
	mem_free(pending->ring);
	redis_pending_init(pending, pending->max);
}

static void grow(struct redis_pending *pending)
{
	size_t room = pending->room ? pending->room * 2 : ROOM_FIRST;
	struct redis_pending_entry *ring = mem_new_n(struct redis_pending_entry, room);

	for (size_t i = 0; i < pending->count; i++)
		ring[i] = pending->ring[(pending->head + i) & (pending->room - 1)];
	mem_free(pending->ring);
	pending->ring = ring;
	pending->room = room;
	pending->head = 0;
}

bool redis_pending_push(struct redis_pending *pending,
			const struct redis_pending_entry *entry)
{
	if (pending->count >= pending->max)
		return false;
	if (pending->count == pending->room)
		grow(pending);
	pending->ring[(pending->head + pending->count) & (pending->room - 1)] = *entry;
	pending->count++;
	return true;
}

const struct redis_pending_entry *redis_pending_head(const struct redis_pending *pending)
{
	return pending->count ? &pending->ring[pending->head] : NULL;
}

bool redis_pending_shift(struct redis_pending *pending, struct redis_pending_entry *ret)
{
	if (pending->count == 0)
		return false;
	*ret = pending->ring[pending->head];
	pending->head = (pending->head + 1) & (pending->room - 1);
	pending->count--;
	return true;
}

void redis_pending_move(struct redis_pending *to, struct redis_pending *from)
{
	mem_free(to->ring);
	*to = *from;
	redis_pending_init(from, from->max);
}
