/* scope.h - what a path sees and writes: a state and a history over one definition */
#ifndef ENGINE_SCOPE_H
#define ENGINE_SCOPE_H

#include "base/arena.h"
#include "base/list.h"
#include "run/history.h"
#include "run/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;

/*
 * That of a definition's own path (the run's, or an inner run's), or a branch's: that
 * one is laid over the scope of the path that it left (DESIGN 7), which is neither
 * written nor freed while it is there. Loops have none of their own: what an iteration
 * writes is in the scope of the path that has the loop. A path goes over the definition
 * of its scope.
 */
struct scope {
	struct scope *parent;          /* NULL: of a definition's own path */
	struct list node;              /* but the run's own: in exec->scopes */
	struct definition *definition; /* a reference of its own */
	int64_t turns; /* steps announced on a definition's own path; a branch's has none */
	struct state state;
	struct history history;
	struct arena arena; /* of the history */
};

/* Of a definition's own path, its state empty. */
struct scope *scope_new(struct definition *definition, size_t state_max);
struct scope *scope_new_over(struct scope *parent);
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
