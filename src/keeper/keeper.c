/*
 * keeper.c - the child that keeps a host's word in Redis and Postgres: wiring
 *
 * It starts first and stops last. At its start it waits for Postgres and brings the
 * schema up to date (blocking, before its loop runs), then it connects, beats for the
 * workers, writes the registry and serves the health page. What dead workers held goes
 * back to the queues.
 *
 *   keeper.c    wiring
 *   tables.c    the schema, at the start
 *   live.c      who is alive, by the scoreboard
 *   beat.c      heartbeat keys
 *   registry.c  rows of table workers
 *   obituary.c  deaths on this host, by the master's word
 *   blame.c     whom a death is laid to
 *   oom_kills.c the kernel's word on want of memory
 *   charge.c    a run is charged with a death
 *   sweep.c     deaths of other hosts, by key and row
 *   putback.c   what a dead incarnation holds goes back
 *   waiting.c   how long entries wait, for the master
 *   health.c    GET /health
 */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "child/stores.h"
#include "conf/conf.h"
#include "events/publish.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "keeper/beat.h"
#include "keeper/charge.h"
#include "keeper/fleet.h"
#include "keeper/folder.h"
#include "keeper/health.h"
#include "keeper/obituary.h"
#include "keeper/putback.h"
#include "keeper/registry.h"
#include "keeper/stock_keys.h"
#include "keeper/sweep.h"
#include "keeper/tables.h"
#include "keeper/waiting.h"
#include "queue/queue.h"

#include <string.h>

struct keeper {
	struct child_env *env;
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct stores stores;
	struct queue **queues;
	size_t queue_count;
	struct registry *registry;
	struct beat *beat;
	struct health *health;
	struct putback_place place;
	struct publisher *publisher;
	struct charge_means charge;
	struct obituary *obituary;
	struct sweep *sweep;
	struct waiting *waiting;
	struct fleet *fleet;
	struct folder *folder;
	struct stock_keys *stock_keys;
};

static void on_redis(void *arg, bool up)
{
	struct keeper *keeper = arg;
	const struct redis_server *server;

	sweep_reset(keeper->sweep);
	if (!up)
		return;
	server = redis_link_server(keeper->stores.link);
	if (strcmp(server->policy, "noeviction") != 0)
		log_error("redis.evicts", LOG_S("maxmemory_policy", server->policy),
			  LOG_S("advice", "set maxmemory-policy noeviction: with another "
					  "policy Redis may drop jobs"));
	publisher_link_up(keeper->publisher);
}

static void on_pg(void *arg, bool up)
{
	struct keeper *keeper = arg;

	(void)up;
	sweep_reset(keeper->sweep);
}

static void on_both(void *arg)
{
	struct keeper *keeper = arg;

	health_open(keeper->health);
	lifeline_ready(&keeper->lifeline);
}

static bool redis_is_up(void *arg)
{
	struct keeper *keeper = arg;

	return stores_redis_up(&keeper->stores);
}

static bool pg_is_up(void *arg)
{
	struct keeper *keeper = arg;

	return stores_pg_up(&keeper->stores);
}

static void on_drained(void *arg)
{
	struct keeper *keeper = arg;

	ev_break(keeper->loop, EVBREAK_ALL);
}

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct keeper *keeper = arg;

	(void)reason;
	(void)deadline_mono_ms; /* a health request is answered at once */
	health_drain(keeper->health, on_drained, keeper);
}

static void on_obituary(void *arg, int index, int pid)
{
	struct keeper *keeper = arg;

	obituary_take(keeper->obituary, index, pid);
}

static const struct lifeline_ops lifeline_ops = {
	.on_drain = on_drain,
	.on_obituary = on_obituary,
};

static int open_stores(struct keeper *keeper, struct err *err)
{
	const struct conf *conf = keeper->env->conf;
	const struct stores_options options = {
		.loop = keeper->loop,
		.env = keeper->env,
		.kind = "keeper",
		.connections = 1,
		.redis = on_redis,
		.pg = on_pg,
		.both = on_both,
		.arg = keeper,
	};
	size_t i;
	int rc;

	rc = stores_open(&keeper->stores, &options, err);
	if (rc < 0)
		return rc;
	keeper->queues = mem_new_n(struct queue *, conf->queue.names.count);
	for (i = 0; i < conf->queue.names.count; i++) {
		rc = queue_new(keeper->stores.link, keeper->stores.scripts,
			       conf->queue.names.items[i], NULL, &keeper->queues[i], err);
		if (rc < 0)
			return rc;
		keeper->queue_count++;
	}
	return 0;
}

static void keeper_deinit(struct keeper *keeper)
{
	size_t i;

	health_free(keeper->health);
	beat_free(keeper->beat);
	/* answers what is pending: whom that is for is still there */
	stores_close(&keeper->stores);
	fleet_free(keeper->fleet);
	folder_free(keeper->folder);
	stock_keys_free(keeper->stock_keys);
	for (i = 0; i < keeper->queue_count; i++)
		queue_free(keeper->queues[i]);
	mem_free(keeper->queues);
	publisher_free(keeper->publisher);
	sweep_free(keeper->sweep);
	waiting_free(keeper->waiting);
	obituary_free(keeper->obituary);
	registry_free(keeper->registry);
	lifeline_deinit(&keeper->lifeline);
	ev_loop_destroy(keeper->loop);
}

int keeper_enter(struct child_env *env)
{
	struct keeper keeper = { .env = env };
	const struct health_stores stores = { redis_is_up, pg_is_up, &keeper };
	struct err err;
	int code;

	code = tables_bring(env);
	if (code >= 0)
		return code;
	keeper.loop = ev_loop_new(EVFLAG_AUTO);
	if (!keeper.loop)
		return EXIT_CODE_CHILD_SETUP;
	if (open_stores(&keeper, &err) < 0) {
		log_error("keeper.cannot_start", LOG_S("error", err.text));
		keeper_deinit(&keeper);
		return EXIT_CODE_CHILD_CONFIG;
	}
	keeper.registry = registry_new(keeper.loop, keeper.stores.pool, env);
	keeper.place = (struct putback_place){
		.loop = keeper.loop,
		.queues = keeper.queues,
		.queue_count = keeper.queue_count,
		.score = env->score,
	};
	keeper.publisher =
		publisher_new(keeper.loop, keeper.stores.link, env->conf->events.ttl_ms);
	keeper.charge = (struct charge_means){
		.loop = keeper.loop,
		.pool = keeper.stores.pool,
		.link = keeper.stores.link,
		.publisher = keeper.publisher,
		.max_crashes = env->conf->queue.max_crashes,
		.event_max = (size_t)env->conf->engine.event_max_bytes,
	};
	keeper.obituary = obituary_new(&(struct obituary_means){
		.env = env,
		.lifeline = &keeper.lifeline,
		.registry = keeper.registry,
		.place = &keeper.place,
		.charge = &keeper.charge,
	});
	keeper.sweep = sweep_new(&(struct sweep_means){
		.env = env,
		.lifeline = &keeper.lifeline,
		.link = keeper.stores.link,
		.pool = keeper.stores.pool,
		.registry = keeper.registry,
		.place = &keeper.place,
	});
	keeper.waiting = waiting_new(keeper.loop, env, keeper.queues, keeper.queue_count);
	keeper.fleet = fleet_new(keeper.loop, env, keeper.stores.pool);
	keeper.folder = folder_new(keeper.loop, env, keeper.stores.pool);
	keeper.stock_keys = stock_keys_new(keeper.loop, env, keeper.stores.pool);
	keeper.beat = beat_new(keeper.loop, env, keeper.queues, keeper.queue_count);
	if (health_new(keeper.loop, env, keeper.registry, &stores, &keeper.health, &err) <
	    0) {
		log_error("keeper.cannot_start", LOG_S("error", err.text));
		keeper_deinit(&keeper);
		return EXIT_CODE_CHILD_SETUP;
	}
	lifeline_init(&keeper.lifeline, keeper.loop, env, &lifeline_ops, &keeper);
	ev_run(keeper.loop, 0);
	code = lifeline_exit_code(&keeper.lifeline);
	keeper_deinit(&keeper);
	return code;
}
