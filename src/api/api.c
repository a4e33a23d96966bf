/*
 * api.c - the api kind of child: wiring only
 *
 *   request  server/ -> front.c (route, key) -> a handler -> runs_port
 *   run      port_scale.c -> submit.c -> queue/, pg/
 *   events   stream.c -> runs_port -> events/tail.c, which has the connection from then on
 *
 * The server accepts from the first moment and answers 503 with a code while Redis or
 * Postgres is away; the master hears "ready" when both have been there once. A drain
 * stops accepting, ends streams, finishes what is in flight, waits until every accepted run has its
 * entry in the queue, and leaves; the master's deadline bounds it.
 */
#include "api/api.h"

#include "api/front.h"
#include "api/key_store.h"
#include "api/port_scale.h"
#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "redis/redis_link.h"
#include "redis/redis_script.h"
#include "server/server.h"

#define IDLE_MS          60000
#define READ_MS          30000
#define WRITE_MS         60000
#define BODIES_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define COUNT_SEC        1.0

struct api {
	struct child_env *env;
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct pg_pool *pool;
	struct pg_watch pg_watch;
	struct redis_scripts *scripts;
	struct redis_link *link;
	struct redis_link_conf tails_redis;
	struct port_scale *port;
	struct key_store *keys;
	struct front front;
	struct server *server;
	ev_timer count;
	bool ready;
};

static void check_ready(struct api *api)
{
	if (api->ready || !redis_link_is_up(api->link) ||
	    pg_pool_links_up(api->pool) == 0)
		return;
	api->ready = true;
	lifeline_ready(&api->lifeline);
}

static void on_redis_event(void *arg, struct redis_link *link, enum redis_event event,
			   const struct err *why)
{
	struct api *api = arg;
	const struct redis_server *server;

	switch (event) {
	case REDIS_EVENT_UP:
		server = redis_link_server(link);
		log_info("redis.up", LOG_N("version", server->version),
			 LOG_S("policy", (const char *)server->policy));
		score_add(api->env->score, SCORE_REDIS_CONNECTS, 1);
		check_ready(api);
		break;
	case REDIS_EVENT_DOWN:
		log_warn("redis.down", LOG_S("error", why->text));
		score_add(api->env->score, SCORE_REDIS_ERRORS, 1);
		break;
	case REDIS_EVENT_RETRY:
		log_warn("redis.retry", LOG_S("error", why->text));
		break;
	}
}

static void on_pg_changed(void *arg, bool up)
{
	struct api *api = arg;

	if (up) {
		log_info("pg.up", LOG_N("links", pg_pool_links_up(api->pool)));
		score_add(api->env->score, SCORE_PG_CONNECTS, 1);
		check_ready(api);
	} else {
		log_warn("pg.down", LOG_S("error", pg_pool_last_error(api->pool)->text));
		score_add(api->env->score, SCORE_PG_ERRORS, 1);
	}
}

static void on_count_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct api *api = w->data;
	struct score_slot *score = api->env->score;
	const struct server_counters *counters = server_counters(api->server);

	(void)loop;
	(void)revents;
	score_set(score, SCORE_CONNECTIONS, (int64_t)server_connections(api->server));
	score_set(score, SCORE_REQUESTS, (int64_t)counters->answers);
	score_set(score, SCORE_REQUESTS_4XX, (int64_t)counters->answers_4xx);
	score_set(score, SCORE_REQUESTS_5XX, (int64_t)counters->answers_5xx);
}

/* -- drain -- */

static void on_idle(void *arg)
{
	struct api *api = arg;

	ev_break(api->loop, EVBREAK_ALL);
}

static void on_drained(void *arg)
{
	struct api *api = arg;

	log_info("api.drained", LOG_N("answers", server_counters(api->server)->answers));
	port_scale_when_idle(api->port, on_idle, api);
}

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct api *api = arg;

	(void)deadline_mono_ms; /* the master keeps it */
	log_info("api.drain", LOG_S("reason", reason),
		 LOG_N("connections", server_connections(api->server)),
		 LOG_N("pending", server_pending(api->server)));
	server_drain(api->server, on_drained, api);
}

/* -- life -- */

static int open_stores(struct api *api, struct err *err)
{
	const struct conf *conf = api->env->conf;
	struct pg_options pg = {
		.url = conf->postgres.url,
		.application_name = "synapsed api",
		.pgbouncer = conf->postgres.pgbouncer,
		.connections = (int)conf->postgres.connections,
		.connect_timeout_ms = conf->postgres.connect_timeout_ms,
		.deadline_ms = conf->postgres.statement_timeout_ms,
	};
	struct redis_link_conf redis = {
		.url = conf->redis.url,
		.name = "synapsed-api",
		.connect_timeout_ms = conf->redis.connect_timeout_ms,
		.command_timeout_ms = conf->redis.command_timeout_ms,
		.queue_max = (size_t)conf->redis.queue_max,
		.on_event = on_redis_event,
		.arg = api,
	};
	int rc;

	rc = pg_pool_new(api->loop, &pg, &api->pool, err);
	if (rc < 0)
		return err_wrap(err, "postgres.url");
	api->pg_watch.changed = on_pg_changed;
	api->pg_watch.arg = api;
	pg_pool_watch(api->pool, &api->pg_watch);
	rc = redis_link_new(api->loop, &redis, &api->link, err);
	if (rc < 0)
		return err_wrap(err, "redis.url");
	api->tails_redis = redis;
	api->tails_redis.name = "synapsed-api-tails";
	api->scripts = queue_scripts_new();
	redis_link_scripts(api->link, api->scripts);
	return 0;
}

static int open_server(struct api *api, struct err *err)
{
	const struct conf *conf = api->env->conf;
	struct server_options options = {
		.listen_fd = api->env->api_listen_fd,
		.connections = conf->api.connections,
		.idle_ms = IDLE_MS,
		.read_ms = READ_MS,
		.write_ms = WRITE_MS,
		.bodies_max_bytes = BODIES_MAX_BYTES,
		.stream_max_bytes = (size_t)conf->events.client_buffer_bytes,
	};

	api->front.loop = api->loop;
	api->front.port = port_scale_port(api->port);
	api->front.auth = key_store_auth(api->keys);
	api->front.default_tenant = conf->limits.default_tenant;
	api->front.body_max_bytes = (size_t)conf->api.body_max_bytes;
	api->front.bulk_body_max_bytes = (size_t)conf->api.bulk_body_max_bytes;
	return server_new(api->loop, &options, &front_ops, &api->front, &api->server,
			  err);
}

static int open_all(struct api *api, struct err *err)
{
	struct port_scale_parts parts = {
		.loop = api->loop,
		.conf = api->env->conf,
		.score = api->env->score,
	};
	int rc;

	rc = open_stores(api, err);
	if (rc < 0)
		return rc;
	parts.link = api->link;
	parts.redis = &api->tails_redis;
	parts.scripts = api->scripts;
	parts.pool = api->pool;
	rc = port_scale_new(&parts, &api->port, err);
	if (rc < 0)
		return rc;
	api->keys = key_store_new(api->loop, api->pool);
	return open_server(api, err);
}

/* Every request that waits is answered by the stores' end, so the server is freed last.
 */
static void close_all(struct api *api)
{
	ev_timer_stop(api->loop, &api->count);
	port_scale_stop(api->port);
	if (api->pool) {
		pg_pool_unwatch(&api->pg_watch);
		pg_pool_free(api->pool);
	}
	redis_link_free(api->link);
	port_scale_free(api->port);
	key_store_free(api->keys);
	server_free(api->server);
	if (api->scripts)
		queue_scripts_free(api->scripts);
}

int api_enter(struct child_env *env)
{
	static const struct lifeline_ops ops = { .on_drain = on_drain };
	struct api *api = mem_new(struct api);
	int code = EXIT_CODE_CHILD_SETUP;
	struct err err;

	api->env = env;
	api->loop = ev_loop_new(EVFLAG_AUTO);
	if (!api->loop) {
		log_error("api.setup_failed", LOG_S("error", "no event loop"));
		mem_free(api);
		return code;
	}
	ev_timer_init(&api->count, on_count_time, COUNT_SEC, COUNT_SEC);
	api->count.data = api;
	if (open_all(api, &err) < 0) {
		log_error("api.setup_failed", LOG_S("error", (const char *)err.text));
		if (err.code == ERR_INPUT)
			code = EXIT_CODE_CHILD_CONFIG;
	} else {
		lifeline_init(&api->lifeline, api->loop, env, &ops, api);
		ev_timer_start(api->loop, &api->count);
		ev_run(api->loop, 0);
		code = lifeline_exit_code(&api->lifeline);
		lifeline_deinit(&api->lifeline);
	}
	close_all(api);
	ev_loop_destroy(api->loop);
	mem_free(api);
	return code;
}
