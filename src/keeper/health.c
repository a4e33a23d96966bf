/*
 * health.c - the page that probes and the stock front end read: GET /health
 *
 *	starting  no worker child has been ready yet
 *	ok        both stores answer and every worker child takes work
 *	degraded  the master says so, or a store is away, or a child is not well
 *	draining  the host is leaving: 503, so that a balancer looks elsewhere
 *
 * Everything is read at the moment of the request: the scoreboard, and the links of the
 * keeper itself, which go to the same stores as the workers'.
 */
#include "keeper/health.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "keeper/live.h"
#include "keeper/registry.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"

#include <string.h>

#define HEALTH_CONNECTIONS 64

struct health {
	const struct child_env *env;
	const struct registry *registry;
	struct health_stores stores;
	struct server *server;
};

struct tally {
	int workers;
	int ready;
	int64_t active;
	int64_t room;
};

static void write_workers(const struct health *health, struct jsonw *w,
			  struct tally *tally)
{
	const struct conf *conf = health->env->conf;
	struct live_worker worker;
	char sandbox[IDS_MAX];
	int at = 0;

	jsonw_key(w, "workers");
	jsonw_array(w);
	while (live_next(health->env->board, conf->queue.pulse_stale_ms, &at, &worker)) {
		tally->workers++;
		tally->active += worker.active_runs;
		tally->room += worker.max_runs;
		tally->ready += worker.beats && worker.state == SCORE_READY;
		jsonw_object(w);
		jsonw_pair_text(w, "worker_id", worker.row_name);
		jsonw_pair_int(w, "pid", worker.pid);
		jsonw_pair_text(w, "state",
				score_state_name((enum score_state)worker.state));
		jsonw_pair_int(w, "active_jobs", worker.active_runs);
		jsonw_pair_int(w, "max_jobs", worker.max_runs);
		jsonw_pair_int(w, "pulse_age_ms", worker.pulse_age_ms);
		jsonw_pair_int(w, "generation", worker.generation);
		jsonw_pair_text(w, "sandbox",
				score_text_get(&worker.slot->sandbox, sandbox));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static const char *judge(const struct health *health, const struct tally *tally,
			 bool stores)
{
	int master = atomic_load(&health->env->board->master_state);

	if (master == SCORE_MASTER_DRAINING || master == SCORE_MASTER_STOPPED)
		return "draining";
	if (master == SCORE_MASTER_STARTING && tally->ready == 0)
		return "starting";
	if (master == SCORE_MASTER_DEGRADED || !stores || tally->ready < tally->workers ||
	    tally->workers == 0)
		return "degraded";
	return "ok";
}

/*
 * Append the answer's JSON (CONTRACT 1.8, DECISIONS 13) and return its HTTP status: 200
 * while the status is ok or degraded, else 503.
 */
static int write_answer(const struct health *health, struct str *out)
{
	int64_t up_ms = clock_wall_ms() - health->env->board->started_at_ms;
	bool redis = health->stores.redis(health->stores.arg);
	bool pg = health->stores.pg(health->stores.arg);
	struct tally tally = { 0, 0, 0, 0 };
	const char *status;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	write_workers(health, &w, &tally);
	status = judge(health, &tally, redis && pg);
	jsonw_pair_text(&w, "status", status);
	jsonw_pair_text(&w, "worker_id", health->env->host_name);
	jsonw_pair_text(&w, "hostname", registry_hostname(health->registry));
	jsonw_pair_text(&w, "address", registry_address(health->registry));
	jsonw_pair_int(&w, "active_jobs", tally.active);
	jsonw_pair_int(&w, "max_jobs", tally.room);
	jsonw_pair_double(&w, "uptime", (double)up_ms / 1e3);
	jsonw_pair_int(&w, "uptime_seconds", up_ms / 1000);
	jsonw_pair_bool(&w, "pg_connected", pg);
	jsonw_pair_bool(&w, "redis_connected", redis);
	jsonw_key(&w, "mcp_disabled");
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	return strcmp(status, "ok") == 0 || strcmp(status, "degraded") == 0 ? 200 : 503;
}

static size_t on_head(struct request *req, void *arg)
{
	(void)req;
	(void)arg;
	return 0; /* nothing here takes a body */
}

static void on_request(struct request *req, void *arg)
{
	struct health *health = arg;
	enum request_method method = request_method(req);
	struct str body = STR_INIT;
	int status = 404;

	if (request_segment_count(req) != 1 ||
	    strcmp(request_segment(req, 0), "health") != 0) {
		str_add_text(&body, "{\"detail\":\"Not Found\",\"code\":\"not_found\"}");
	} else if (method != REQUEST_GET && method != REQUEST_HEAD) {
		response_header(req, "Allow", "GET, HEAD");
		str_add_text(&body, "{\"detail\":\"Method Not Allowed\","
				    "\"code\":\"method_not_allowed\"}");
		status = 405;
	} else {
		status = write_answer(health, &body);
	}
	response_json(req, status, &body);
	str_deinit(&body);
}

int health_new(struct ev_loop *loop, const struct child_env *env,
	       const struct registry *registry, const struct health_stores *stores,
	       struct health **ret, struct err *err)
{
	static const struct server_ops ops = { on_head, on_request };
	const struct server_options options = {
		.listen_fd = env->health_listen_fd,
		.connections = HEALTH_CONNECTIONS,
		.idle_ms = 15000,
		.read_ms = 5000,
		.write_ms = 5000,
		.bodies_max_bytes = 65536,
		.hold = env->beside,
	};
	struct health *health = mem_new(struct health);
	int rc;

	health->env = env;
	health->registry = registry;
	health->stores = *stores;
	rc = server_new(loop, &options, &ops, health, &health->server, err);
	if (rc < 0) {
		mem_free(health);
		return rc;
	}
	*ret = health;
	return 0;
}

void health_open(struct health *health)
{
	server_open(health->server);
}

void health_drain(struct health *health, void (*done)(void *arg), void *arg)
{
	server_drain(health->server, done, arg);
}

void health_free(struct health *health)
{
	if (!health)
		return;
	server_free(health->server);
	mem_free(health);
}
