/*
 * fold_node.c - where one path of a folded run stands
 *
 * The paths of a run are a tree: the root's path, and inside each step that has paths of
 * its own (branches, iterations, inner runs) those that it has begun. Only what is open
 * is there: rows of a parallel or loop come after all rows of its paths, so with them its
 * children are over for good, and a later execution begins new ones under the same names.
 */
#include "engine/fold_node.h"

#include "base/err.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/definition.h"

#include <string.h>

static struct fold_node *make(void)
{
	struct fold_node *node = mem_new(struct fold_node);

	list_init(&node->children);
	node->place = -1;
	return node;
}

struct fold_node *fold_node_new(struct scope *scope)
{
	struct fold_node *node = make();

	course_root(&node->course, scope->definition);
	node->scope = scope;
	return node;
}

static struct fold_node *node_at(struct list *node)
{
	return list_entry(node, struct fold_node, node);
}

struct fold_node *fold_node_child(const struct fold_node *node, size_t index)
{
	list_for_each(at, &node->children)
		if (list_entry(at, struct fold_node, node)->index == index)
			return node_at(at);
	return NULL;
}

/* In order of index, whatever the order is in which they come. */
static void insert(struct fold_node *parent, struct fold_node *node)
{
	struct list *at = parent->children.prev;

	while (at != &parent->children && node_at(at)->index > node->index)
		at = at->prev;
	list_add_after(at, &node->node);
}

/* What is inside a step that failed comes with a snapshot. */
static bool has_inside(const struct fold_node *node)
{
	return node->step && (node->at == FOLD_ANNOUNCED || node->at == FOLD_FAILED);
}

static int *make_visits(const struct fold_node *node)
{
	return mem_new_n(int, fold_node_scope(node)->definition->steps_count);
}

static struct fold_node *add(struct fold_node *parent, size_t index, struct scope *scope)
{
	struct fold_node *node = make();

	node->parent = parent;
	node->index = index;
	node->scope = scope;
	insert(parent, node);
	return node;
}

struct fold_node *fold_node_open(struct fold_node *parent, size_t index)
{
	struct scope *scope = NULL;
	struct course course;
	struct fold_node *node;

	if (!has_inside(parent) || !course_inside(&course, parent->step, index))
		return NULL;
	if (parent->step->type == STEP_LOOP)
		fold_node_close_children(parent);
	if (parent->step->type == STEP_PARALLEL)
		scope = scope_new_over(fold_node_scope(parent));
	node = add(parent, index, scope);
	node->course = course;
	node->visits = make_visits(node);
	return node;
}

struct fold_node *fold_node_open_inner(struct fold_node *parent, size_t index,
				       struct scope *scope)
{
	struct fold_node *node;

	if (!has_inside(parent) || parent->step->type != STEP_AGENT) {
		scope_free(scope);
		return NULL;
	}
	node = add(parent, index, scope);
	course_root(&node->course, scope->definition);
	return node;
}

struct fold_node *fold_node_lent(struct scope *scope)
{
	struct fold_node *node = fold_node_new(scope);

	node->lent = true;
	return node;
}

struct fold_node *fold_node_lend(struct fold_node *parent, size_t index,
				 struct scope *scope)
{
	struct fold_node *node = add(parent, index, scope);

	node->lent = true;
	if (scope && !scope->parent)
		course_root(&node->course, scope->definition);
	else
		node->visits = make_visits(node);
	return node;
}

void fold_node_lend_copy(struct fold_node *parent, const struct fold_node *found)
{
	struct fold_node *node = fold_node_lend(parent, found->index, found->scope);

	node->course = found->course;
	node->at = found->at;
	node->step = found->step;
	node->place = found->place;
	node->asked = found->asked;
	node->attempt = found->attempt;
	node->next_id = found->next_id;
	node->class = found->class;
	node->error = found->error;
	if (node->visits)
		memcpy(node->visits, found->visits,
		       fold_node_scope(node)->definition->steps_count *
			       sizeof(*node->visits));
	list_for_each(at, &found->children)
		fold_node_lend_copy(node, node_at(at));
}

void fold_node_free(struct fold_node *node)
{
	if (!node)
		return;
	fold_node_close_children(node);
	list_remove(&node->node);
	if (!node->lent)
		scope_free(node->scope);
	mem_free(node->visits);
	mem_free(node);
}

void fold_node_close_children(struct fold_node *node)
{
	while (!list_empty(&node->children))
		fold_node_free(node_at(node->children.next));
}

/* "p1#0" of "p1#0/s4": whether it is inside the step of this node, and its index. */
static bool is_inside(const struct fold_node *node, const char *part, size_t len,
		      size_t *index)
{
	struct str id = STR_INIT;
	size_t n = 0, i;
	bool same;

	if (!has_inside(node))
		return false;
	ids_encode(&id, node->step->id);
	same = len > id.len + 1 && memcmp(part, str_text(&id), id.len) == 0 &&
	       part[id.len] == '#';
	for (i = id.len + 1; same && i < len; i++) {
		same = part[i] >= '0' && part[i] <= '9' && n < DEFINITION_LOOPS_MAX;
		n = n * 10 + (size_t)(part[i] - '0');
	}
	str_deinit(&id);
	*index = n;
	return same;
}

struct fold_node *fold_node_reach(struct fold_node *root, const char *path,
				  fold_node_open_cb open, void *data)
{
	struct fold_node *node = root, *child;
	size_t len, index;

	while (*path) {
		len = strcspn(path, "/");
		if (!is_inside(node, path, len, &index))
			return NULL;
		child = fold_node_child(node, index);
		if (!child && !path[len] && open)
			child = open(data, node, index);
		if (!child)
			return NULL;
		node = child;
		path += len + (path[len] == '/');
	}
	return node;
}

struct fold_node *fold_node_find(struct fold_node *root, const char *path, bool whole)
{
	struct str around = STR_INIT;
	struct fold_node *node;
	const char *slash;

	if (whole)
		return fold_node_reach(root, path, NULL, NULL);
	slash = strrchr(path, '/');
	if (slash)
		str_add(&around, path, (size_t)(slash - path));
	node = fold_node_reach(root, str_text(&around), NULL, NULL);
	str_deinit(&around);
	return node;
}

struct scope *fold_node_scope(const struct fold_node *node)
{
	while (!node->scope)
		node = node->parent;
	return node->scope;
}

bool fold_node_completed(const struct fold_node *node)
{
	if (node->at == FOLD_FRESH)
		return !node->course.entry_step_id;
	return node->at == FOLD_BEHIND && course_ends(&node->course, node->next_id);
}

int fold_node_join(struct fold_node *node, struct err *err)
{
	struct scope **scopes;
	size_t n = 0;
	int rc;

	if (!node->step || node->step->type != STEP_PARALLEL)
		return 0;
	scopes = mem_new_n(struct scope *, node->step->branches_count + 1);
	list_for_each(at, &node->children)
		if (fold_node_completed(list_entry(at, struct fold_node, node)))
			scopes[n++] = node_at(at)->scope;
	rc = scope_join(fold_node_scope(node), scopes, n, err);
	mem_free(scopes);
	return rc;
}

void fold_node_reopen(struct fold_node *node)
{
	/* what was said is gone with the run's end (engine/progress.h), so what is inside
	 * of an agent begins anew, too, perhaps over another version */
	if (node->step && node->step->type == STEP_AGENT)
		fold_node_close_children(node);
	if (node->at == FOLD_FAILED && !list_empty(&node->children))
		node->at = FOLD_ANNOUNCED;
	else if (node->at == FOLD_FAILED)
		node->at = node->step ? FOLD_AGAIN : FOLD_FRESH;
	node->attempt = 0;
	if (node->scope)
		node->scope->turns = 0;
	list_for_each(at, &node->children)
		fold_node_reopen(node_at(at));
}
