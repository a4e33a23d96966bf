/*
 * frame.c - a node of the graph in execution
 *
 * Frames live on the heap and not in the run's arena, so that a cycle of a million steps
 * holds one at a time. The end of a frame is an op like any other: it reaches the parent
 * through the pump, which keeps chains of steps that end at once from growing the stack.
 */
#include "engine/frame.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/exec.h"

#include <assert.h>
#include <stdarg.h>

static void on_ended(struct op *op)
{
	struct frame *frame = mem_container(op, struct frame, ended);

	frame->parent->ops->child_done(frame->parent, frame);
}

void *frame_alloc(const struct frame_ops *ops, struct exec *exec, struct frame *parent,
		  size_t size)
{
	struct frame *frame = mem_alloc(size);

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

void frame_free(struct frame *frame)
{
	if (!frame)
		return;
	while (!list_empty(&frame->children))
		frame_free(list_entry(frame->children.next, struct frame, node));
	op_detach(&frame->ended);
	list_remove(&frame->node);
	frame->ops->free(frame);
	frame->exec->frame_bytes -= frame->size;
	mem_free(frame->error);
	mem_free(frame);
}

void frame_done(struct frame *frame)
{
	assert(frame->parent);
	op_launch(&frame->ended);
	op_done(&frame->ended);
}

void frame_fail(struct frame *frame, enum fail_class class, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;

	assert(class != FAIL_NONE);
	va_start(args, format);
	str_vprintf(&text, format, args);
	va_end(args);
	frame->class = class;
	frame->error = str_take(&text);
	frame_done(frame);
}

bool frame_has_ended(const struct frame *frame)
{
	return frame->ended.state != OP_IDLE;
}
