/* op.h - one asynchronous act of a run: a commit, a model call, a timer */
#ifndef ENGINE_OP_H
#define ENGINE_OP_H

#include "base/list.h"

struct exec;

enum op_state {
	OP_IDLE,   /* nobody serves it */
	OP_FLYING, /* given to a server: the host, a timer, a provider */
	OP_DONE,   /* completed; the pump has not resumed its frame yet */
};

/*
 * Embedded in the frame that waits for it. A server (whoever was given the op) does
 * exactly one of two things: it calls op_done() once, at once or later, from anywhere on
 * the child's thread; or it is told by abandon() to forget the op. Between taking the op
 * and op_done() it may keep a pointer to it, and then must set abandon; server is its
 * own.
 */
struct op {
	struct list node;               /* the engine's */
	struct exec *exec;              /* the engine's; servers may read it */
	void (*resume)(struct op *op);  /* the engine's: called by the pump alone */
	enum op_state state;            /* the engine's */
	void (*abandon)(struct op *op); /* the server's: drop every pointer to op */
	void *server;                   /* the server's */
};

/* For servers. Never enters a run's code: it marks the op and puts its run on the ready
 * list. */
void op_done(struct op *op);

/* For frames. */
void op_init(struct op *op, struct exec *exec, void (*resume)(struct op *op));
/* Before the op is given away; it is idle. */
void op_launch(struct op *op);
/* Make it idle: a flying one is taken back from its server, a completed one is not
 * resumed. Fine when idle. Every frame does this to its ops before it is freed. */
void op_detach(struct op *op);

#endif
