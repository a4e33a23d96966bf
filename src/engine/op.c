/*
 * op.c - one asynchronous act of a run
 *
 * Completion marks the op and its run, nothing more: a host may complete a commit inside
 * its own commit function, a provider inside its call, and still no code of the run is
 * entered but by the pump. That keeps the stack flat and the suspect mark in one place.
 */
#include "engine/op.h"

#include "engine/exec.h"

#include <assert.h>
#include <string.h>

void op_init(struct op *op, struct exec *exec, void (*resume)(struct op *op))
{
	memset(op, 0, sizeof(*op));
	op->exec = exec;
	op->resume = resume;
}

void op_launch(struct op *op)
{
	assert(op->state == OP_IDLE);
	op->state = OP_FLYING;
	op->abandon = NULL;
	op->server = NULL;
}

void op_done(struct op *op)
{
	assert(op->state == OP_FLYING);
	op->state = OP_DONE;
	op->abandon = NULL;
	op->server = NULL;
	list_push(&op->exec->done, &op->node);
	exec_ready(op->exec);
}

void op_detach(struct op *op)
{
	if (op->state == OP_FLYING) {
		assert(op->abandon); /* else the server would complete freed memory */
		op->abandon(op);
	}
	list_remove(&op->node);
	op->state = OP_IDLE;
	op->abandon = NULL;
	op->server = NULL;
}
