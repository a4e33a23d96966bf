/* fold_node.h - where one path of a folded run stands, and the paths inside its step */
#ifndef ENGINE_FOLD_NODE_H
#define ENGINE_FOLD_NODE_H

#include "base/list.h"
#include "engine/course.h"
#include "engine/scope.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>

struct definition;
struct definition_step;
struct err;

enum fold_at {
	FOLD_FRESH,     /* nothing is in: from the entry step on */
	FOLD_ANNOUNCED, /* `step` was announced and has no row: it is executed (again) */
	FOLD_BEHIND,    /* `step` is behind: on at next_id, the loop guard asked */
	FOLD_AGAIN,     /* `step` is announced and executed again: a new attempt */
	FOLD_FAILED,    /* `step` failed for good and nothing follows: the path fails */
};

/* Texts are the definition's, or in the arena of the node's scope. */
struct fold_node {
	struct fold_node *parent; /* NULL: the root's path */
	struct list node;         /* in parent->children, by index */
	struct list children;     /* paths inside `step`, while that is under way */
	size_t index;             /* of the branch or iteration, from 0 */
	struct course course;
	enum fold_at at;
	const struct definition_step *step;
	bool asked;            /* FOLD_ANNOUNCED: people were, by `step` */
	int attempt;           /* FOLD_ANNOUNCED: of `step`, from 1; 0: the first */
	int place;             /* of step in the course's list; -1 */
	const char *next_id;   /* FOLD_BEHIND; NULL: the path ends */
	enum fail_class class; /* FOLD_FAILED */
	const char *error;     /* FOLD_FAILED */
	bool lent;             /* the scope is somebody else's */
	int *visits;           /* of each step, on this path; NULL: a definition's own */
	struct scope *scope;   /* owned; NULL: that of the parent, or it was taken */
};

/* The run's. Takes the scope. */
struct fold_node *fold_node_new(struct scope *scope);
/* A path inside the step of `parent`, which has announced it, or failed there; NULL when
 * it has no such path. Of a loop an earlier iteration is over with it. */
struct fold_node *fold_node_open(struct fold_node *parent, size_t index);
/* The same for an inner run. Takes the scope, over whose definition it goes; NULL, and
 * the scope is gone, when the step is none that has any. */
struct fold_node *fold_node_open_inner(struct fold_node *parent, size_t index,
				       struct scope *scope);
/* A picture of what a run's frames are at, to be printed: scopes are borrowed. An inner
 * run's scope has no parent. */
struct fold_node *fold_node_lent(struct scope *scope);
struct fold_node *fold_node_lend(struct fold_node *parent, size_t index,
				 struct scope *scope);
/* A path that nobody has begun again stays as it was found. */
void fold_node_lend_copy(struct fold_node *parent, const struct fold_node *found);
/* With its children; NULL is fine. */
void fold_node_free(struct fold_node *node);
void fold_node_close_children(struct fold_node *node);

/*
 * The node of a path like "p1#0/l2#3" ("" is the root's). Of a step's path, "p1#0/s4",
 * the node of "p1#0" with whole = false. NULL when nothing like it is open.
 */
struct fold_node *fold_node_find(struct fold_node *root, const char *path, bool whole);
/* The same, and the last part is opened by the callback if it is not yet; NULL when that
 * says so. */
typedef struct fold_node *(*fold_node_open_cb)(void *data, struct fold_node *parent,
					       size_t index);
struct fold_node *fold_node_reach(struct fold_node *root, const char *path,
				  fold_node_open_cb open, void *data);

/* What the path sees and writes: its own scope or that of the nearest that has one. */
struct scope *fold_node_scope(const struct fold_node *node);
/* It is over and did not fail. */
bool fold_node_completed(const struct fold_node *node);
/* Join what completed branches of its step wrote. Harmless for others than a parallel
 * step. ERR_LIMIT as scope_join(). */
int fold_node_join(struct fold_node *node, struct err *err);
/*
 * A new attempt of a run that failed: what failed is done again, and only that, with all
 * turns before it. Of a step with paths inside those that completed stay as they are.
 */
void fold_node_reopen(struct fold_node *node);
struct fold_node *fold_node_child(const struct fold_node *node, size_t index);

#endif
