/*
 * begin_inner.c - definitions that a run's journal needs beside its own
 *
 * What runs inside agent steps goes over definitions of its own, and which ones is in the
 * journal. So a fold goes as far as it can, says which one it wants, and is done again
 * when that is here: as often as there are different ones in the journal.
 */
#include "host/begin_inner.h"

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "engine/fold.h"
#include "host/held.h"
#include "host/host_scale_in.h"
#include "host/inner_source.h"
#include "run/definition.h"

#include <string.h>

/* Different ones of one journal. */
#define NEEDED_MAX 1000

struct needed {
	struct list node;
	char *id; /* owned */
	int64_t version;
	struct definition *definition; /* a reference */
};

struct begin_inner {
	struct held *held;
	struct list needed; /* those that are here */
	size_t count;
	struct inner_ask ask;
	char *id;       /* owned: that is asked for */
	struct err err; /* why that cannot be had; code 0: not known yet */
	void (*again)(struct held *held);
};

struct definition *begin_inner_get(void *data, const char *id, int64_t version)
{
	const struct begin_inner *inner = ((struct held *)data)->inner;

	if (!inner)
		return NULL;
	list_for_each(node, &inner->needed) {
		const struct needed *needed = list_entry(node, struct needed, node);

		if (needed->version == version && strcmp(needed->id, id) == 0)
			return needed->definition;
	}
	return NULL;
}

static void on_definition(struct inner_ask *ask, struct definition *definition,
			  const struct err *err)
{
	struct begin_inner *inner = list_entry(ask, struct begin_inner, ask);
	struct needed *needed;

	if (definition) {
		needed = mem_new(struct needed);
		needed->id = inner->id;
		needed->version = ask->version;
		needed->definition = definition_ref(definition);
		list_push(&inner->needed, &needed->node);
		inner->count++;
		inner->id = NULL;
	} else {
		inner->err = *err;
	}
	inner->again(inner->held);
}

static struct begin_inner *inner_of(struct held *held)
{
	if (!held->inner) {
		held->inner = mem_new(struct begin_inner);
		held->inner->held = held;
		list_init(&held->inner->needed);
	}
	return held->inner;
}

bool begin_inner_ask(struct held *held, const struct fold_wanted *wanted,
		     void (*again)(struct held *held), struct err *err)
{
	struct begin_inner *inner = inner_of(held);

	if (inner->count == NEEDED_MAX && !inner->err.code)
		(void)err_set(&inner->err, ERR_LIMIT,
			      "its journal needs more than %d definitions", NEEDED_MAX);
	if (inner->err.code) {
		*err = inner->err;
		return false;
	}
	mem_free(inner->id);
	inner->id = mem_dup(wanted->id);
	inner->again = again;
	inner->ask = (struct inner_ask){
		.source = held->host->inner,
		.id = inner->id,
		.version = wanted->version,
		.done = on_definition,
	};
	inner_ask_start(&inner->ask);
	return true;
}

void begin_inner_free(struct begin_inner *inner)
{
	struct list *node;

	if (!inner)
		return;
	inner_ask_stop(&inner->ask);
	while ((node = list_shift(&inner->needed))) {
		struct needed *needed = list_entry(node, struct needed, node);

		definition_unref(needed->definition);
		mem_free(needed->id);
		mem_free(needed);
	}
	mem_free(inner->id);
	mem_free(inner);
}
