/* definition_cache.h - pinned definitions, parsed once per worker */
#ifndef HOST_DEFINITION_CACHE_H
#define HOST_DEFINITION_CACHE_H

#include "base/err.h"
#include "base/list.h"
#include "store/store_definitions.h"

#include <stdint.h>

struct definition;
struct definition_cache;
struct pg_pool;

/* Versions kept; a version never changes, so nothing expires. */
#define DEFINITION_CACHE_MAX 512

/* One who waits for a definition. Embed it zeroed; borrowed until ready is called. */
struct definition_wait {
	struct list node; /* ours */
	/*
	 * definition is borrowed for the call (take a reference), or NULL: ERR_NOT_FOUND
	 * no such version, ERR_INPUT it does not parse or validate, else Postgres could
	 * not be asked (ERR_CONN, ERR_TIMEOUT, ERR_FULL: try again).
	 */
	void (*ready)(struct definition_wait *wait, struct definition *definition,
		      const struct err *err);
};

/* In a worker child; pool is borrowed. */
struct definition_cache *definition_cache_new(struct pg_pool *pool);
/* Those who wait are not called. */
void definition_cache_free(struct definition_cache *cache);

/*
 * STORE_ORCHESTRATION; STORE_AGENT: what a chat with that agent executes
 * (run/chat_definition.h).
 *
 * The definition if it is here, borrowed until the next call; NULL: ask.
 */
struct definition *definition_cache_get(struct definition_cache *cache,
					enum store_definition_kind kind, const char *id,
					int64_t version);
/*
 * Ask for it; ready comes from the loop, never inside. One query for all who wait.
 * ERR_FULL or ERR_CLOSED when the pool takes no more: wait is the caller's, ready is not
 * called.
 */
int definition_cache_ask(struct definition_cache *cache, enum store_definition_kind kind,
			 const char *id, int64_t version, struct definition_wait *wait);

#endif
