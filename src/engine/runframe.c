/*
 * runframe.c - a node of the graph in execution
 *
 * Frames live on the heap and not in the run's arena, so that a cycle of a million steps
 * holds one at a time. The end of a frame is an op like any other: it reaches the parent
 * through the pump, which keeps chains of steps that end at once from growing the stack.
 */
#include "engine/runframe.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/exec.h"

#include <assert.h>
#include <stdarg.h>

static void on_ended(struct op *op)
{
	struct runframe *frame = mem_container(op, struct runframe, ended);

	frame->parent->ops->child_done(frame->parent, frame);
}

void *runframe_alloc(const struct runframe_ops *ops, struct exec *exec,
		     struct runframe *parent, size_t size)
{
	struct runframe *frame = mem_alloc(size);

	frame->ops = ops;
	frame->exec = exec;
	frame->parent = parent;
	frame->size = size;
	list_init(&frame->children);
	op_init(&frame->ended, exec, on_ended);
	if (parent)
		list_push(&parent->children, &frame->node);
	exec->frame_bytes += size;
	return frame;
}

void runframe_free(struct runframe *frame)
{
	if (!frame)
		return;
	while (!list_empty(&frame->children))
		runframe_free(list_entry(frame->children.next, struct runframe, node));
	op_detach(&frame->ended);
	list_remove(&frame->node);
	frame->ops->free(frame);
	frame->exec->frame_bytes -= frame->size;
	mem_free(frame->error);
	mem_free(frame);
}

void runframe_done(struct runframe *frame)
{
	assert(frame->parent);
	frame->over = true;
	op_launch(&frame->ended);
	op_done(&frame->ended);
}

void runframe_fail(struct runframe *frame, enum fail_class class, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;

	assert(class != FAIL_NONE);
	va_start(args, format);
	str_vprintf(&text, format, args);
	va_end(args);
	frame->class = class;
	frame->error = str_take(&text);
	runframe_done(frame);
}

bool runframe_has_ended(const struct runframe *frame)
{
	return frame->over;
}
