/*
 * walk_path.c - which path a walk is, and what others ask of it
 *
 * Paths inside a step are numbered: branch 0 of p1 is "p1#0", iteration 2 of l1 inside
 * it "p1#0/l1#2"; inner run 0 of agent a1 is "a1#0". An event of a path says which
 * (walk_place()), so that its reader, a fold among them, need not know the rows that it
 * came in.
 */
#include "engine/walk.h"

#include "base/ids.h"
#include "base/mem.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk_in.h"
#include "run/definition.h"

#include <assert.h>
#include <string.h>

struct runframe *walk_new(struct runframe *parent, struct engine_row *row,
			  struct fold_node *resume)
{
	struct walk *walk = walk_alloc(parent, parent->exec->scope, row, resume);

	course_root(&walk->course, walk->scope->definition);
	return &walk->frame;
}

/* What it is in is told by its events as well. */
static void add_place(struct walk *walk)
{
	row_print_place(&walk->place_text, str_text(&walk->path), walk->branch_index);
	str_add(&walk->place_text, str_text(&walk->nested), walk->nested.len);
	str_add(&walk->place_text, str_text(&walk->worker), walk->worker.len);
	if (!walk->row)
		walk->row = row_new(ROW_START, str_text(&walk->path), "", 0);
	row_set_place(walk->row, str_text(&walk->place_text));
}

static void inherit(struct walk *walk, const struct walk *outer, size_t index)
{
	walk_step_path(&outer->frame, &walk->path);
	str_printf(&walk->path, "#%zu", index);
	walk->branch_index = outer->branch_index;
	walk->orchestrations = outer->orchestrations;
	walk->loops = outer->loops;
	str_add(&walk->nested_run_id, str_text(&outer->nested_run_id),
		outer->nested_run_id.len);
	str_add(&walk->nested, str_text(&outer->nested), outer->nested.len);
	str_add(&walk->worker, str_text(&outer->worker), outer->worker.len);
}

struct runframe *walk_new_inside(struct step *step, size_t index, struct scope *scope,
				 struct engine_row *row, struct fold_node *resume)
{
	const struct definition *definition = scope->definition;
	struct walk *walk = walk_alloc(&step->frame, scope, row, resume);
	bool is = course_inside(&walk->course, step->def, index);

	assert(is);
	inherit(walk, walk_of(step->frame.parent), index);
	if (step->def->type == STEP_PARALLEL)
		walk->branch_index = (int)index;
	walk->visits = mem_new_n(int, definition->steps_count);
	if (resume && resume->visits)
		memcpy(walk->visits, resume->visits,
		       definition->steps_count * sizeof(*walk->visits));
	add_place(walk);
	return &walk->frame;
}

static void print_run_id(struct walk *walk, const struct walk *outer)
{
	str_reset(&walk->nested_run_id, 0);
	if (outer->nested_run_id.len)
		str_add(&walk->nested_run_id, str_text(&outer->nested_run_id),
			outer->nested_run_id.len);
	else
		str_add_text(&walk->nested_run_id, walk->frame.exec->run_id);
	str_printf(&walk->nested_run_id, "__%s_d%d", outer->step->id,
		   walk->orchestrations);
}

struct runframe *walk_new_inner(struct step *step, const struct inner *inner,
				struct scope *scope, struct fold_node *resume)
{
	const struct walk *outer = walk_of(step->frame.parent);
	struct walk *walk = walk_alloc(&step->frame, scope, NULL, resume);

	course_root(&walk->course, scope->definition);
	inherit(walk, outer, inner->index);
	if (inner->kind == INNER_ORCHESTRATION) {
		walk->orchestrations++;
		print_run_id(walk, outer);
		str_reset(&walk->nested, 0);
		inner_print_fields(&walk->nested, inner, str_text(&walk->nested_run_id),
				   walk->orchestrations);
	} else {
		walk->loops++;
		str_reset(&walk->worker, 0);
		inner_print_fields(&walk->worker, inner, NULL, 0);
	}
	add_place(walk);
	return &walk->frame;
}

int walk_inner_depth(const struct runframe *frame, enum inner_kind kind)
{
	const struct walk *walk = walk_in(frame);

	return kind == INNER_ORCHESTRATION ? walk->orchestrations : walk->loops;
}

struct fold_node *walk_resumed(const struct runframe *frame)
{
	return walk_in(frame)->resume;
}

struct fold_node *walk_resume(const struct runframe *frame, size_t index)
{
	const struct walk *walk = walk_in(frame);

	return walk->resume ? fold_node_child(walk->resume, index) : NULL;
}

struct fold_node *walk_resume_newest(const struct runframe *frame)
{
	const struct walk *walk = walk_in(frame);

	if (!walk->resume || list_empty(&walk->resume->children))
		return NULL;
	return list_entry(walk->resume->children.prev, struct fold_node, node);
}

bool walk_resume_asked(const struct runframe *frame)
{
	const struct walk *walk = walk_in(frame);

	return walk->resume && walk->resume->at == FOLD_ANNOUNCED && walk->resume->asked;
}

void walk_step_path(const struct runframe *frame, struct str *out)
{
	const struct walk *walk = walk_in(frame);

	if (walk->path.len) {
		str_add(out, str_text(&walk->path), walk->path.len);
		str_add_char(out, '/');
	}
	ids_encode(out, walk->step->id);
}

static void add_key_path(const struct walk *walk, struct str *out)
{
	const struct runframe *step = walk->frame.parent;
	const struct walk *outer;

	if (!walk->path.len)
		return;
	outer = walk_in(step->parent);
	add_key_path(outer, out);
	ids_encode(out, outer->step->id);
	if (outer->row->execution > 1)
		str_printf(out, "@%d", outer->row->execution);
	if (outer->attempt > 1) /* what is inside begins anew with each */
		str_printf(out, "+%d", outer->attempt);
	str_add_text(out, strrchr(str_text(&walk->path), '#'));
	str_add_char(out, '/');
}

void walk_key_path(const struct runframe *frame, struct str *out)
{
	const struct walk *walk = walk_in(frame);

	add_key_path(walk, out);
	ids_encode(out, walk->step->id);
}

int walk_depth(const struct runframe *frame)
{
	int depth = 1;

	for (; walk_in(frame)->course.of; depth++)
		frame = frame->parent->parent; /* walk, step, walk... */
	return depth;
}

const struct definition_step *walk_step(const struct runframe *frame)
{
	return walk_in(frame)->step;
}

bool walk_has_acted(const struct runframe *frame)
{
	return walk_in(frame)->acted;
}

struct runframe *walk_ender(struct runframe *frame)
{
	struct runframe *child = walk_of(frame)->child;

	if (!frame->stops || !child || !child->ops->abandon)
		return frame;
	/* all other paths of that step are gone */
	return walk_ender(list_entry(child->children.next, struct runframe, node));
}

struct engine_row *walk_row(struct runframe *frame)
{
	assert(walk_of(frame)->row);
	return walk_of(frame)->row;
}

struct scope *walk_scope(const struct runframe *frame)
{
	return walk_in(frame)->scope;
}

const char *walk_place(const struct runframe *frame)
{
	const struct walk *walk = walk_in(frame);

	return walk->place_text.len ? str_text(&walk->place_text) : NULL;
}

struct engine_row *walk_take_row(struct runframe *frame)
{
	struct engine_row *row = walk_row(frame);

	walk_of(frame)->row = NULL;
	return row;
}

void walk_hand_out(struct runframe *frame)
{
	struct walk *walk = walk_of(frame);
	struct engine_row *row = walk->row;

	walk->row = NULL;
	if (row && row_is_empty(row))
		row_free(row);
	else if (row)
		exec_commit(frame->exec, row, NULL);
}
