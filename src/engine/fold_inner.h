/* fold_inner.h - the paths of a fold that is under way, opened as they are met */
#ifndef ENGINE_FOLD_INNER_H
#define ENGINE_FOLD_INNER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct fold;
struct fold_node;
struct fold_seed;

struct fold_inner {
	struct fold *fold;
	const struct fold_seed *seed;
	bool fresh; /* an inner run that is opened begins: its state is seeded */
	int rc;     /* of the newest that could not be opened; 0: it has no such path */
	struct err err;
};

/* For fold_node_reach(); data is a struct fold_inner. */
struct fold_node *fold_inner_open(void *data, struct fold_node *parent, size_t index);

#endif
