/* scope.h - what a path sees and writes: a state and a history */
#ifndef ENGINE_SCOPE_H
#define ENGINE_SCOPE_H

#include "base/arena.h"
#include "base/list.h"
#include "run/history.h"
#include "run/state.h"

#include <stdbool.h>
#include <stddef.h>

struct definition;

/*
 * The run's own, or a branch's: that one is laid over the scope of the path that it left
 * (DESIGN 7), which is neither written nor freed while it is there. Loops have none of
 * their own: what an iteration writes is in the scope of the path that has the loop.
 */
struct scope {
	struct scope *parent; /* NULL: the run's own */
	struct list node;     /* of a branch: in exec->scopes */
	struct state state;
	struct history history;
	struct arena arena; /* of the history */
};

/* The run's own, its state empty. */
struct scope *scope_new(const struct definition *definition, size_t state_max);
struct scope *scope_new_over(struct scope *parent, const struct definition *definition);
void scope_free(struct scope *scope); /* NULL is fine */

/*
 * Join the scopes of branches into the one that they left, in that order, whatever the
 * order was that they ended in. ERR_LIMIT, and nothing is joined, when the state would
 * exceed its bound with them.
 */
int scope_join(struct scope *scope, struct scope *const *branches, size_t n,
	       struct err *err);

size_t scope_bytes(const struct scope *scope);

#endif
