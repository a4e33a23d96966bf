/* runframe.h - a node of the graph in execution: a small state machine */
#ifndef ENGINE_RUNFRAME_H
#define ENGINE_RUNFRAME_H

#include "base/list.h"
#include "engine/op.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>

struct exec;
struct fold_node;
struct runframe;

/* All are called from the pump only, never from inside one another but as said. */
struct runframe_ops {
	/* Once, by whoever made the frame. It may end at once. */
	void (*start)(struct runframe *frame);
	/* A child called runframe_done() or runframe_fail(). The frame frees it. NULL for
	 * leaves. */
	void (*child_done)(struct runframe *frame, struct runframe *child);
	/* Stop; ends by runframe_fail() now or later. NULL: it may simply be freed. */
	void (*cancel)(struct runframe *frame);
	/*
	 * Of a frame that has paths inside. abandon: it is given up, and its frame freed
	 * behind the call; what its paths have done is handed out. goes_on: the path that
	 * it is on does not end with that. parked: all of them stand between two steps
	 * (or will not start), since the engine drains, or wait for people. A leaf has
	 * these if it is something to it.
	 */
	void (*abandon)(struct runframe *frame, bool goes_on);
	bool (*parked)(const struct runframe *frame);
	/*
	 * Of a path too: settled: all that it and those inside did was handed out. stand:
	 * write into the node where they are at (engine/snapshot.h); settled is true.
	 */
	bool (*settled)(const struct runframe *frame);
	void (*stand)(const struct runframe *frame, struct fold_node *node);
	/* Detach its ops and free what it holds. Its children are gone by then. */
	void (*free)(struct runframe *frame);
};

/* Embedded as the first field of a frame's own struct, which runframe_alloc() made. */
struct runframe {
	const struct runframe_ops *ops;
	struct exec *exec;
	struct runframe *parent; /* NULL: the root */
	struct list node;        /* in parent->children */
	struct list children;
	struct op ended;       /* carries the news of its end to the parent */
	size_t size;           /* bytes of the whole struct */
	enum fail_class class; /* when it ended: FAIL_NONE or why not */
	char *error;           /* owned; NULL unless it failed */
	const char *code; /* static: what failed, for programs; NULL: its class says it */
	bool over;        /* it ended */
	bool stops;       /* an end step: the run is over after it */
};

/* A zeroed struct of size bytes whose first field is a frame, linked to its parent. */
void *runframe_alloc(const struct runframe_ops *ops, struct exec *exec,
		     struct runframe *parent, size_t size);
/* With its children; its ops are abandoned. NULL is fine. */
void runframe_free(struct runframe *frame);

/* The end, once: the parent's child_done() follows from the pump. */
void runframe_done(struct runframe *frame);
void runframe_fail(struct runframe *frame, enum fail_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool runframe_has_ended(const struct runframe *frame);

#endif
