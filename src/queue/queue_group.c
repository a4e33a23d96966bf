/*
 * queue_group.c - entries of a call in groups that a script handles as one
 *
 * One pass per group over what is left. A batch has one tenant, or few, nearly always;
 * the worst case of 256 groups is 32,640 comparisons of short texts, well under a
 * millisecond.
 */
#include "queue/queue_group.h"

#include <assert.h>
#include <string.h>

#define ENTRIES_MAX 256

void queue_group(const void *entries, size_t n, queue_group_same same, uint16_t *order,
		 uint16_t *group_end)
{
	bool placed[ENTRIES_MAX] = { false };
	size_t at = 0;

	assert(n <= ENTRIES_MAX);
	for (size_t first = 0; first < n; first++) {
		size_t begin = at;

		if (placed[first])
			continue;
		for (size_t i = first; i < n; i++) {
			if (placed[i] || (i > first && !same(entries, first, i)))
				continue;
			placed[i] = true;
			order[at++] = (uint16_t)i;
		}
		for (size_t i = begin; i < at; i++)
			group_end[i] = (uint16_t)at;
	}
}
