/*
 * fold_inner.c - the paths of a fold that is under way, opened as they are met
 *
 * Branches and iterations follow from the step that they are inside of. What an inner run
 * goes over was recorded in the progress of its step before it began (engine/inner.h).
 * An orchestration's definition may not be here: the fold ends, and says which one it
 * wants.
 */
#include "engine/fold_inner.h"

#include "base/arena.h"
#include "base/str.h"
#include "engine/fold.h"
#include "engine/fold_node.h"
#include "engine/inner.h"
#include "engine/progress.h"
#include "engine/scope.h"
#include "run/definition.h"

#include <inttypes.h>
#include <string.h>

/* A reference, the caller's. */
static int definition_for(struct fold_inner *at, const struct inner *inner,
			  struct definition **ret)
{
	const struct fold_seed *seed = at->seed;
	struct definition *definition = NULL;

	if (inner->kind != INNER_ORCHESTRATION)
		return inner_definition(inner, ret, &at->err);
	if (seed->inner)
		definition = seed->inner(seed->inner_data, inner->id, inner->version);
	if (!definition) {
		at->fold->wanted.id = arena_dup(&at->fold->arena, inner->id);
		at->fold->wanted.version = inner->version;
		return err_set(&at->err, ERR_NOT_FOUND,
			       "orchestration %s version %" PRId64 " is not here",
			       inner->id, inner->version);
	}
	*ret = definition_ref(definition);
	return 0;
}

static struct fold_node *open_as(struct fold_inner *at, struct fold_node *parent,
				 const struct inner *inner)
{
	struct definition *definition;
	struct scope *scope;

	at->rc = definition_for(at, inner, &definition);
	if (at->rc < 0)
		return NULL;
	scope = scope_new(definition, at->seed->state_max);
	if (at->fresh)
		at->rc = state_seed(&scope->state, definition, inner->text,
				    strlen(inner->text), NULL, 0, &at->err);
	definition_unref(definition);
	if (at->rc < 0) {
		scope_free(scope);
		return NULL;
	}
	return fold_node_open_inner(parent, inner->index, scope);
}

struct fold_node *fold_inner_open(void *data, struct fold_node *parent, size_t index)
{
	struct inner_found found = { .doc = NULL };
	struct fold_inner *at = data;
	struct fold_node *node = NULL;
	struct str key = STR_INIT;

	at->rc = 0;
	if (!parent->step || parent->step->type != STEP_AGENT)
		return fold_node_open(parent, index);
	progress_key(&key, parent->step);
	if (inner_find(state_get(&fold_node_scope(parent)->state, str_text(&key)), index,
		       &found))
		node = open_as(at, parent, &found.inner);
	inner_found_deinit(&found);
	str_deinit(&key);
	return node;
}
