/* queue_group.h - entries of a call in groups that a script handles as one */
#ifndef QUEUE_QUEUE_GROUP_H
#define QUEUE_QUEUE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Do entries a and b (indexes) belong together? An equivalence. */
typedef bool (*queue_group_same)(const void *entries, size_t a, size_t b);

/*
 * Order 0..n-1 so that entries of one group stand together, groups in order of their
 * first entry, entries of a group in their own order. group_end[i] is the index in order
 * behind the group that order[i] belongs to. n <= 256.
 */
void queue_group(const void *entries, size_t n, queue_group_same same, uint16_t *order,
		 uint16_t *group_end);

#endif
