/* agent_cache.h - agents, parsed once per worker */
#ifndef HOST_AGENT_CACHE_H
#define HOST_AGENT_CACHE_H

struct agent_cache;
struct agent_find;
struct ev_loop;
struct pg_pool;

/* Versions kept; one never changes, so it does not expire. */
#define AGENT_CACHE_MAX 512
/* How long the version that was current is taken for that. */
#define AGENT_CURRENT_MS 2000

/* In a worker child; both are borrowed. */
struct agent_cache *agent_cache_new(struct ev_loop *loop, struct pg_pool *pool);
/* Nobody waits any more. NULL is fine. */
void agent_cache_free(struct agent_cache *cache);

/* Serve it (engine/host.h). */
void agent_cache_find(struct agent_cache *cache, struct agent_find *find);

#endif
