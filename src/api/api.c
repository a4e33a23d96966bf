/*
 * api.c - the api kind of child: wiring only
 *
 *   request  server/ -> front.c (route, key) -> a handler -> runs_port
 *   run      port_scale.c -> submit.c -> queue/, pg/
 *   events   stream.c -> runs_port -> events/tail.c, which has the connection from then
 * on
 *
 *   alone    standalone.c, which stands in front: runs executed and kept here
 *
 * The server takes connections when both stores have been there once, which is when the
 * master hears "ready": until then they wait in the backlog, for 2 s at most if nobody
 * else serves. After that Redis or Postgres being away is a 503 with a code. In
 * standalone mode it waits for stores that are named as long, since they know keys and
 * runs, and then does without. A drain stops accepting, ends streams, finishes what is in
 * flight, waits until every accepted run has its entry in the queue, and leaves; the
 * master's deadline bounds it.
 */
#include "api/api.h"

#include "api/front.h"
#include "api/key_ends.h"
#include "api/key_files.h"
#include "api/key_store.h"
#include "api/port_scale.h"
#include "api/standalone.h"
#include "api/store_watch.h"
#include "base/err.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "child/face.h"
#include "child/stores.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "run/model.h"
#include "server/server.h"

#include <string.h>

#define IDLE_MS          60000
#define READ_MS          30000
#define WRITE_MS         60000
#define BODIES_MAX_BYTES ((size_t)256 * 1024 * 1024)
#define COUNT_SEC        1.0
/* Who comes first, or alone, answers for itself if the stores are away for longer. */
#define WITHOUT_SEC 10.0 /* ready although a store is away: it says so in each answer */
#define OPEN_SEC    2.0
/*
 * Unless it is said. A submission that comes while the disk takes its time joins the next
 * flush of Postgres if a link is free, and else the one behind it; at 1,000 a second two
 * links are busy as soon as a commit takes 2 ms.
 */
#define PG_LINKS 4

struct api {
	struct child_env *env;
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct face face;
	struct stores stores;
	struct redis_link_conf tails_redis;
	struct port_scale *port;  /* NULL: the stores are not named */
	struct standalone *alone; /* NULL: this host executes and keeps no runs itself */
	bool ready;               /* the master was told */
	bool finish;              /* draining: runs go on to their ends */
	bool served;              /* draining: every request was answered */
	bool emptied;             /* and no run is executed here any more */
	struct key_store *keys;   /* NULL: those of files alone */
	struct key_files *files;  /* without a folder of runs; NULL: alone has them */
	struct key_ends *ends;    /* NULL: it is not ours to look for them */
	struct stores_options stores_options;
	struct front front;
	struct server *server;
	struct store_watch *watch; /* NULL: no stores are named */
	bool opened;               /* before it was ready */
	ev_timer count;
	ev_timer open; /* connections wait in the backlog until then, or until "ready" */
};

static void take_work(struct api *api)
{
	if (api->ready)
		return;
	api->ready = true;
	ev_timer_stop(api->loop, &api->open);
	server_open(api->server);
	lifeline_ready(&api->lifeline);
}

static void on_open_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct api *api = w->data;

	(void)revents;
	if (conf_is_standalone(api->env->conf) || api->opened) {
		take_work(api); /* its runs need no store, or there is none yet */
		return;
	}
	api->opened = true;
	server_open(api->server);
	ev_timer_set(w, WITHOUT_SEC, 0.);
	ev_timer_start(loop, w);
}

static void on_both(void *arg)
{
	struct api *api = arg;

	take_work(api);
}

static void on_redis(void *arg, bool up)
{
	struct api *api = arg;

	if (up && api->port)
		port_scale_link_up(api->port);
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

static void leave_if_done(struct api *api)
{
	if (!api->served || !api->emptied)
		return;
	log_info("api.drained", LOG_N("answers", server_counters(api->server)->answers));
	if (api->port)
		port_scale_when_idle(api->port, on_idle, api);
	else
		on_idle(api);
}

static void on_emptied(void *arg)
{
	struct api *api = arg;

	api->emptied = true;
	leave_if_done(api);
}

static void drain_runs(struct api *api, bool finish);

/* No request comes any more: those that came by open connections may have begun runs. */
static void on_served(void *arg)
{
	struct api *api = arg;

	api->served = true;
	if (api->finish)
		drain_runs(api, true);
	leave_if_done(api);
}

/*
 * Whom a new generation replaces finishes its own runs: nobody else has to do anything,
 * and who waits for one is answered. In a stop they are left at their next step, for the
 * next start.
 */
static void drain_runs(struct api *api, bool finish)
{
	if (api->alone)
		standalone_drain(api->alone, finish, on_emptied, api);
	else
		on_emptied(api);
}

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct api *api = arg;

	(void)deadline_mono_ms; /* the master keeps it */
	log_info("api.drain", LOG_S("reason", reason),
		 LOG_N("connections", server_connections(api->server)),
		 LOG_N("pending", server_pending(api->server)));
	api->finish = strcmp(reason, "reload") == 0;
	store_watch_free(api->watch); /* its word stays with those that follow */
	api->watch = NULL;
	server_drain(api->server, on_served, api);
	if (!api->finish)
		drain_runs(api, false);
	else if (api->alone)
		standalone_linger(api->alone);
}

static void on_hurry(void *arg, int64_t deadline_mono_ms)
{
	struct api *api = arg;

	(void)deadline_mono_ms;
	api->finish = false;
	if (!api->emptied)
		drain_runs(api, false);
}

static void on_lost(void *arg)
{
	struct api *api = arg;

	if (!lifeline_draining(&api->lifeline))
		on_drain(api, "spawn_lost", 0);
}

/* -- life -- */

static int open_server(struct api *api, struct err *err)
{
	const struct conf *conf = api->env->conf;
	size_t body_max = (size_t)conf->api.body_max_bytes;
	size_t bulk_max = (size_t)conf->api.bulk_body_max_bytes;
	size_t largest = bulk_max > body_max ? bulk_max : body_max;
	struct server_options options = {
		.listen_fd = api->env->api_listen_fd,
		.connections = conf->api.connections,
		.client_connections = conf->api.client_connections,
		.idle_ms = IDLE_MS,
		.read_ms = READ_MS,
		.write_ms = WRITE_MS,
		/* the largest that there may be fits beside the others */
		.body_max_bytes = largest,
		.bodies_max_bytes = BODIES_MAX_BYTES + largest,
		.stream_max_bytes = (size_t)conf->events.client_buffer_bytes,
		.hold = true,
	};

	api->front.loop = api->loop;
	api->front.port =
		api->alone ? standalone_port(api->alone) : port_scale_port(api->port);
	api->front.auth = api->keys ? key_store_auth(api->keys)
				    : key_files_auth(standalone_keys(api->alone));
	api->front.own_keys = api->alone ? standalone_keys(api->alone) : api->files;
	api->front.cors_origins = &conf->api.cors_origins;
	api->front.conf = conf;
	api->front.inputs = api->env->inputs;
	api->front.internal_token = conf->api.internal_token;
	api->front.default_tenant = conf->limits.default_tenant;
	api->front.body_max_bytes = body_max;
	api->front.bulk_body_max_bytes = bulk_max;
	return server_new(api->loop, &options, &front_ops, &api->front, &api->server,
			  err);
}

/* Scale mode's side, where both stores are named. */
static int open_scale(struct api *api, struct err *err)
{
	struct port_scale_parts parts = {
		.loop = api->loop,
		.conf = api->env->conf,
		.score = api->env->score,
	};
	int rc = stores_open(&api->stores, &api->stores_options, err);

	if (rc < 0)
		return rc;
	api->tails_redis = api->stores.link_conf;
	api->tails_redis.name = "synapsed-api-tails";
	parts.link = api->stores.link;
	parts.redis = &api->tails_redis;
	parts.scripts = api->stores.scripts;
	parts.pool = api->stores.pool;
	return port_scale_new(&parts, &api->port, err);
}

static int open_all(struct api *api, struct err *err)
{
	int rc = 0;

	model_set_default(api->env->conf->llm.model);
	api->stores_options = (struct stores_options){
		.loop = api->loop,
		.env = api->env,
		.kind = "api",
		.connections = api->env->conf->postgres.connections
				       ? (int)api->env->conf->postgres.connections
				       : PG_LINKS,
		/* a connection asks for one thing at a time: it waits its turn, and no
		 * longer than its deadline, when thousands come together */
		.pg_queue_max = (size_t)api->env->conf->api.connections,
		.redis = on_redis,
		.both = on_both,
		.arg = api,
	};
	if (conf_has_stores(api->env->conf))
		rc = open_scale(api, err);
	if (rc == 0 && api->alone)
		rc = standalone_open(api->alone, api->loop,
				     api->port ? port_scale_port(api->port) : NULL,
				     on_lost, api, err);
	if (rc < 0)
		return rc;
	if (!api->alone)
		api->files = key_files_new(api->loop, api->env->conf->data_dir);
	if (api->port)
		api->keys = key_store_new(api->loop, api->stores.pool,
					  api->alone ? standalone_keys(api->alone)
						     : api->files);
	if (api->port)
		api->watch = store_watch_new(api->loop, api->env, &api->stores,
					     api->env->slot == 0);
	if (api->port && api->env->slot == 0)
		api->ends = key_ends_new(api->loop, api->stores.pool,
					 api->env->conf->data_dir);
	return open_server(api, err);
}

/*
 * Every request that waits is answered by the stores' end, so the server is freed last.
 */
static void close_all(struct api *api)
{
	ev_timer_stop(api->loop, &api->count);
	ev_timer_stop(api->loop, &api->open);
	if (api->port)
		port_scale_stop(api->port);
	store_watch_free(api->watch);
	stores_close(&api->stores);
	key_ends_free(api->ends);
	key_store_free(api->keys);
	key_files_free(api->files);
	standalone_free(api->alone);
	port_scale_free(api->port);
	server_free(api->server);
}

int api_enter(struct child_env *env)
{
	static const struct lifeline_ops ops = { .on_drain = on_drain,
						 .on_hurry = on_hurry };
	struct api *api = mem_new(struct api);
	int code = EXIT_CODE_CHILD_SETUP;
	struct err err;

	api->env = env;
	if (standalone_prepare(env, &api->alone, &err) < 0) {
		log_error("api.setup_failed", LOG_S("error", (const char *)err.text));
		mem_free(api);
		return code;
	}
	fdutil_raise_limit(); /* a client is a descriptor */
	api->loop = ev_loop_new(EVFLAG_AUTO);
	if (!api->loop) {
		log_error("api.setup_failed", LOG_S("error", "no event loop"));
		standalone_free(api->alone);
		mem_free(api);
		return code;
	}
	ev_timer_init(&api->count, on_count_time, COUNT_SEC, COUNT_SEC);
	ev_timer_init(&api->open, on_open_time, OPEN_SEC, 0.0);
	api->count.data = api->open.data = api;
	if (open_all(api, &err) < 0) {
		log_error("api.setup_failed", LOG_S("error", (const char *)err.text));
		if (err.code == ERR_INPUT)
			code = EXIT_CODE_CHILD_CONFIG;
	} else {
		lifeline_init(&api->lifeline, api->loop, env, &ops, api);
		face_start(&api->face, api->loop, env, SCORE_CONNECTIONS, "connection");
		ev_timer_start(api->loop, &api->count);
		if (!api->port)
			take_work(api);
		else if (!env->beside || conf_is_standalone(env->conf))
			ev_timer_start(api->loop, &api->open);
		ev_run(api->loop, 0);
		code = lifeline_exit_code(&api->lifeline);
		face_stop(&api->face);
		lifeline_deinit(&api->lifeline);
	}
	close_all(api);
	ev_loop_destroy(api->loop);
	mem_free(api);
	return code;
}
