/*
 * scale_test.c - can these servers be used? POST /api/scale/test-redis, test-postgres
 *
 * A link of its own does what the daemon's links do, so that what is said here is what
 * the daemon would meet. The URL is read from the body and is in no answer and no log.
 * The configured one, as the settings show it, means itself with its password.
 * libpq resolves a host name while the loop waits, as it does for the daemon's own pool.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_url.h"
#include "pg/pg_pool.h"
#include "redis/redis_link.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_scale.h"

#include <string.h>

#define DEADLINE_MS      6000
#define CONNECT_MS       5000
#define LOOK_S           0.05
#define URL_MAX          2048
#define PG_VERSION_LEAST 140000

struct probe {
	struct api_call *call;
	struct redis_link *link;
	struct pg_pool *pool;
	struct pg_watch watch;
	struct err err; /* why the last try failed */
	ev_timer look;
	ev_timer over; /* frees it: a callback of a link may not always */
	ev_timer deadline;
	int statement;
	bool answered;
};

/* What a sentence of a library is about, for who branches on it. */
static const char *reason_of(const char *text)
{
	static const struct {
		const char *part, *reason;
	} known[] = {
		/* what follows these two is a name, whatever words that has */
		{ "look up ", "name" },
		{ "translate host name", "name" },
		{ "refused", "refused" },
		{ "password", "password" },
		{ "WRONGPASS", "password" },
		{ "NOAUTH", "password" },
		{ "authentication", "password" },
		{ "no pg_hba.conf entry", "not_allowed" },
		{ "does not exist", "no_database" },
		{ "SSL", "tls" },
		{ "TLS", "tls" },
		{ "certificate", "tls" },
		{ "older than", "version" },
		{ "version", "version" },
		{ "replica", "replica" },
		{ "recovery", "replica" },
		{ "protocol of Redis", "protocol" },
		{ "closed the connection", "protocol" },
		{ "resolve", "name" },
		{ "timed out", "timeout" },
		{ "no answer", "timeout" },
		{ "timeout", "timeout" },
		{ "No such file", "refused" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(text, known[i].part))
			return known[i].reason;
	return "other";
}

static void on_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct probe *probe = w->data;

	(void)loop;
	(void)revents;
	redis_link_free(probe->link);
	if (probe->pool) {
		pg_pool_unwatch(&probe->watch);
		pg_pool_free(probe->pool);
	}
	mem_free(probe);
}

static void answer(struct probe *probe, bool good, const char *reason,
		   const char *message)
{
	struct ev_loop *loop = probe->call->loop;
	struct str body = STR_INIT;
	struct jsonw w;

	if (probe->answered)
		return;
	probe->answered = true;
	ev_timer_stop(loop, &probe->deadline);
	ev_timer_stop(loop, &probe->look);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", good ? "ok" : "error");
	jsonw_pair_text(&w, "message", message);
	jsonw_pair_text(&w, "reason", reason);
	jsonw_object_end(&w);
	response_json(probe->call->req, 200, &body);
	ev_timer_start(loop, &probe->over);
}

static void fail(struct probe *probe, const char *text)
{
	answer(probe, false, reason_of(text), text);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct probe *probe = w->data;

	(void)loop;
	(void)revents;
	fail(probe, probe->err.text[0] ? probe->err.text : "no answer within 6 s");
}

/* -- Redis -- */

static void on_redis(void *arg, struct redis_link *link, enum redis_event event,
		     const struct err *why)
{
	struct probe *probe = arg;
	const struct redis_server *server;
	struct str text = STR_INIT;

	if (event != REDIS_EVENT_UP) {
		fail(probe, why->text);
		return;
	}
	server = redis_link_server(link);
	str_printf(&text, "Redis %d.%d.%d", server->version / 10000,
		   server->version / 100 % 100, server->version % 100);
	if (strcmp(server->policy, "noeviction") != 0) {
		str_printf(&text,
			   ", but maxmemory-policy is %s: Redis may drop jobs; set "
			   "noeviction",
			   server->policy);
		answer(probe, true, "eviction_policy", str_text(&text));
	} else {
		answer(probe, true, NULL, str_text(&text));
	}
	str_deinit(&text);
}

/* -- Postgres -- */

static void on_version(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct probe *probe = arg;
	const char *words;

	if (probe->answered) /* it is being freed */
		return;
	if (outcome->fate != PG_COMMITTED) {
		fail(probe, outcome->err.text);
		return;
	}
	words = pg_reply_text(reply, probe->statement, 0, 2);
	if (pg_reply_int(reply, probe->statement, 0, 0) < PG_VERSION_LEAST)
		answer(probe, false, "version", "the server is older than Postgres 14");
	else if (pg_reply_bool(reply, probe->statement, 0, 1))
		answer(probe, false, "replica", "the server is a replica");
	else
		answer(probe, true, NULL, words);
}

static void on_pg(void *arg, bool up)
{
	struct probe *probe = arg;
	struct pg_batch *batch;

	if (!up || probe->answered)
		return;
	ev_timer_stop(probe->call->loop, &probe->look);
	batch = pg_batch_new();
	probe->statement = store_scale_probe(batch);
	if (pg_pool_submit(probe->pool, batch, CONNECT_MS, on_version, probe) < 0)
		fail(probe, "the connection was lost");
}

/* The pool tells of connections only; why there is none it says when asked. */
static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct probe *probe = w->data;
	const struct err *err = pg_pool_last_error(probe->pool);

	(void)loop;
	(void)revents;
	if (err->code)
		fail(probe, err->text);
}

/* -- the requests -- */

/* Is it the configured URL as it is shown, which is without its password? NULL is not. */
static bool is_shown(const char *url, const char *configured)
{
	struct str shown = STR_INIT;
	bool same;

	conf_url_redact(configured, &shown);
	same = url && *configured && strcmp(url, str_text(&shown)) == 0;
	str_deinit(&shown);
	return same;
}

/* The URL of the body; NULL: there is none, and the request is answered. */
static char *read_url(struct api_call *call, const char *key, const char *configured)
{
	struct body_faults faults = { .count = 0 };
	struct body_at at = { NULL, "body", 0 };
	struct json *doc = NULL;
	size_t len;
	const char *text = request_body(call->req, &len);
	const char *url = NULL;

	if (body_parse(&faults, text, len, 0, &doc))
		url = body_text(&faults, &at, doc, key, URL_MAX,
				request_arena(call->req));
	jsonr_free(doc);
	if (faults.count)
		body_faults_send(call->req, &faults);
	else if (!url || !*url)
		errors_send(call->req, ERRORS_NO_URL, NULL);
	body_faults_deinit(&faults);
	if (request_answered(call->req))
		return NULL;
	return arena_dup(request_arena(call->req),
			 is_shown(url, configured) ? configured : url);
}

static struct probe *probe_new(struct api_call *call)
{
	struct probe *probe = mem_new(struct probe);

	probe->call = call;
	ev_timer_init(&probe->deadline, on_deadline, DEADLINE_MS / 1e3, 0.);
	ev_timer_init(&probe->look, on_look, LOOK_S, LOOK_S);
	ev_timer_init(&probe->over, on_over, 0., 0.);
	probe->deadline.data = probe->look.data = probe->over.data = probe;
	ev_timer_start(call->loop, &probe->deadline);
	return probe;
}

void scale_test_redis(struct api_call *call)
{
	char *url = read_url(call, "redis_url", call->conf->redis.url);
	struct probe *probe;
	struct redis_link_conf conf = {
		.url = url,
		.name = "synapsed-test",
		.connect_timeout_ms = CONNECT_MS,
		.on_event = on_redis,
	};
	struct err err;

	if (!url)
		return;
	probe = probe_new(call);
	conf.arg = probe;
	if (redis_link_new(call->loop, &conf, &probe->link, &err) < 0)
		answer(probe, false, "url", err.text);
}

void scale_test_postgres(struct api_call *call)
{
	char *url = read_url(call, "postgres_url", call->conf->postgres.url);
	struct probe *probe;
	const struct pg_options options = {
		.url = url,
		.application_name = "synapsed test",
		.connections = 1,
		.connect_timeout_ms = CONNECT_MS,
	};
	struct err err;

	if (!url)
		return;
	probe = probe_new(call);
	if (pg_pool_new(call->loop, &options, &probe->pool, &err) < 0) {
		answer(probe, false, "url", err.text);
		return;
	}
	probe->watch.changed = on_pg;
	probe->watch.arg = probe;
	pg_pool_watch(probe->pool, &probe->watch);
	ev_timer_start(call->loop, &probe->look);
}
