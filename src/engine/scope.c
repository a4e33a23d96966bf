/*
 * scope.c - what a path sees and writes
 *
 * A branch's writes go into overlays (run/state.h, run/history.h), so a fork copies
 * nothing and branches never meet. The join applies the overlays one after the other:
 * the last branch in order of index has the last word about a key.
 */
#include "engine/scope.h"

#include "base/err.h"
#include "base/mem.h"
#include "run/definition.h"

static struct scope *make(struct definition *definition)
{
	struct scope *scope = mem_new(struct scope);

	scope->definition = definition_ref(definition);
	arena_init(&scope->arena);
	return scope;
}

struct scope *scope_new(struct definition *definition, size_t state_max)
{
	struct scope *scope = make(definition);

	state_init(&scope->state, state_max);
	history_init(&scope->history, &scope->arena, definition);
	return scope;
}

struct scope *scope_new_over(struct scope *parent)
{
	struct definition *definition = parent->definition;
	struct scope *scope = make(definition);

	scope->parent = parent;
	state_init_over(&scope->state, &parent->state);
	history_init_over(&scope->history, &scope->arena, definition, &parent->history);
	return scope;
}

void scope_free(struct scope *scope)
{
	if (!scope)
		return;
	list_remove(&scope->node);
	state_deinit(&scope->state);
	arena_deinit(&scope->arena);
	definition_unref(scope->definition);
	mem_free(scope);
}

int scope_join(struct scope *scope, struct scope *const *branches, size_t n,
	       struct err *err)
{
	const struct state **states = mem_new_n(const struct state *, n + 1);
	bool fits;
	size_t i;

	for (i = 0; i < n; i++)
		states[i] = &branches[i]->state;
	fits = state_fits(&scope->state, states, n);
	mem_free(states);
	if (!fits)
		return err_set(err, ERR_LIMIT,
			       "the branches joined make a state of more than %zu bytes",
			       scope->state.max_bytes);
	for (i = 0; i < n; i++) {
		state_join(&scope->state, &branches[i]->state);
		history_join(&scope->history, &scope->arena, &branches[i]->history);
	}
	return 0;
}

size_t scope_bytes(const struct scope *scope)
{
	return sizeof(*scope) + scope->arena.used_bytes + scope->state.own_bytes;
}
