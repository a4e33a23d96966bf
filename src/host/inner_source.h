/* inner_source.h - what runs inside agent steps: orchestrations, who works for whom */
#ifndef HOST_INNER_SOURCE_H
#define HOST_INNER_SOURCE_H

#include "base/err.h"
#include "base/loop.h"
#include "host/definition_cache.h"

#include <stdint.h>

struct agent_list;
struct definition;
struct definition_find;
struct inner_source;
struct pg_pool;

/* In a worker child; both are borrowed. */
struct inner_source *inner_source_new(struct ev_loop *loop, struct pg_pool *pool);
/* Nobody waits any more. NULL is fine. */
void inner_source_free(struct inner_source *source);

/* Serve them (engine/host.h). While Postgres cannot be asked they wait: the step's time
 * limit, or a cancel, ends that. */
void inner_source_find(struct inner_source *source, struct definition_find *find);
void inner_source_list(struct inner_source *source, struct agent_list *list);

/* One who asks for a version. Embed it zeroed. */
struct inner_ask {
	struct inner_source
		*source; /* the caller's, as the next two, which live as long */
	const char *id;
	int64_t version;
	/* definition is borrowed for the call, or NULL: there is none that can be
	 * executed, and err says why. */
	void (*done)(struct inner_ask *ask, struct definition *definition,
		     const struct err *err);
	struct definition_wait wait; /* ours, as the next one */
	ev_timer again;
};

/* Again while Postgres cannot be asked. done may come from inside. */
void inner_ask_start(struct inner_ask *ask);
/* Fine when it was never started. */
void inner_ask_stop(struct inner_ask *ask);

#endif
