/* frame.h - a node of the graph in execution: a small state machine */
#ifndef ENGINE_FRAME_H
#define ENGINE_FRAME_H

#include "base/list.h"
#include "engine/op.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>

struct exec;
struct frame;

/* All are called from the pump only, never from inside one another but as said. */
struct frame_ops {
	/* Once, by whoever made the frame. It may end at once. */
	void (*start)(struct frame *frame);
	/* A child called frame_done() or frame_fail(). The frame frees it. NULL for
	 * leaves. */
	void (*child_done)(struct frame *frame, struct frame *child);
	/* Stop; ends by frame_fail() now or later. NULL: it may simply be freed. */
	void (*cancel)(struct frame *frame);
	/* Detach its ops and free what it holds. Its children are gone by then. */
	void (*free)(struct frame *frame);
};

/* Embedded as the first field of a frame's own struct, which frame_alloc() made. */
struct frame {
	const struct frame_ops *ops;
	struct exec *exec;
	struct frame *parent; /* NULL: the root */
	struct list node;     /* in parent->children */
	struct list children;
	struct op ended;       /* carries the news of its end to the parent */
	size_t size;           /* bytes of the whole struct */
	enum fail_class class; /* when it ended: FAIL_NONE or why not */
	char *error;           /* owned; NULL unless it failed */
	bool stops;            /* an end step: the run is over after it */
};

/* A zeroed struct of size bytes whose first field is a frame, linked to its parent. */
void *frame_alloc(const struct frame_ops *ops, struct exec *exec, struct frame *parent,
		  size_t size);
/* With its children; its ops are abandoned. NULL is fine. */
void frame_free(struct frame *frame);

/* The end, once: the parent's child_done() follows from the pump. */
void frame_done(struct frame *frame);
void frame_fail(struct frame *frame, enum fail_class class, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool frame_has_ended(const struct frame *frame);

#endif
