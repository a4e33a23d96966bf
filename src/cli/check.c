/*
 * check.c - can the daemon reach what its configuration names? (synapsed -t)
 *
 * The daemon's own links do the work, so that what is said here is what the daemon will
 * meet: server versions, roles, TLS, passwords. Both are tried at the same time.
 */
#include "cli/check.h"

#include "base/loop.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_url.h"
#include "pg/pg_pool.h"
#include "redis/redis_link.h"

#include <string.h>

#define LOOK_S 0.05

struct check {
	struct ev_loop *loop;
	struct redis_link *link;
	struct pg_pool *pool;
	bool redis_up, redis_over;
	bool pg_up;
	struct err redis_err;
};

static void maybe_over(struct check *check)
{
	if (check->redis_over && check->pg_up)
		ev_break(check->loop, EVBREAK_ALL);
}

static void on_redis(void *arg, struct redis_link *link, enum redis_event event,
		     const struct err *why)
{
	struct check *check = arg;

	(void)link;
	check->redis_over = true;
	if (event == REDIS_EVENT_UP)
		check->redis_up = true;
	else
		check->redis_err = *why;
	maybe_over(check);
}

static void on_pg(void *arg, bool up)
{
	struct check *check = arg;

	check->pg_up = up;
	maybe_over(check);
}

/* The pool tells of connections only; why there is none it says when asked. */
static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct check *check = w->data;

	(void)revents;
	if (check->redis_over && (check->pg_up || pg_pool_last_error(check->pool)->code))
		ev_break(loop, EVBREAK_ALL);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void say(struct str *out, const char *option, const char *url, const char *what,
		const char *why)
{
	str_printf(out, "%s (", option);
	conf_url_redact(url, out);
	str_printf(out, "): %s%s%s\n", what, why[0] ? ": " : "", why);
}

static void say_redis(const struct check *check, const char *url, struct str *out)
{
	const struct redis_server *server;
	struct str what = STR_INIT;

	if (!check->redis_up) {
		say(out, "redis.url", url, "cannot be used",
		    check->redis_err.text[0] ? check->redis_err.text
					     : "no answer within redis.connect_timeout");
		return;
	}
	server = redis_link_server(check->link);
	str_printf(&what, "good, Redis %d.%d.%d", server->version / 10000,
		   server->version / 100 % 100, server->version % 100);
	if (strcmp(server->policy, "noeviction") != 0)
		str_printf(
			&what,
			", but maxmemory-policy is %s: Redis may drop jobs; set noeviction",
			server->policy);
	say(out, "redis.url", url, str_text(&what), "");
	str_deinit(&what);
}

static bool run(struct check *check, const struct conf *conf, struct str *out)
{
	const struct redis_link_conf link_conf = {
		.url = conf->redis.url,
		.connect_timeout_ms = conf->redis.connect_timeout_ms,
		.on_event = on_redis,
		.arg = check,
	};
	const struct pg_options pg_options = {
		.url = conf->postgres.url,
		.pgbouncer = conf->postgres.pgbouncer,
		.connections = 1,
		.connect_timeout_ms = conf->postgres.connect_timeout_ms,
	};
	struct pg_watch watch = { .changed = on_pg, .arg = check };
	const struct err *pg_err;
	int64_t wait_ms = conf->redis.connect_timeout_ms;
	ev_timer deadline, look;
	struct err err;
	bool good;

	if (conf->postgres.connect_timeout_ms > wait_ms)
		wait_ms = conf->postgres.connect_timeout_ms;
	if (redis_link_new(check->loop, &link_conf, &check->link, &err) < 0) {
		say(out, "redis.url", conf->redis.url, "cannot be used", err.text);
		return false;
	}
	if (pg_pool_new(check->loop, &pg_options, &check->pool, &err) < 0) {
		say(out, "postgres.url", conf->postgres.url, "cannot be used", err.text);
		redis_link_free(check->link);
		return false;
	}
	pg_pool_watch(check->pool, &watch);
	ev_timer_init(&deadline, on_deadline, (double)wait_ms / 1e3, 0.);
	ev_timer_start(check->loop, &deadline);
	ev_timer_init(&look, on_look, LOOK_S, LOOK_S);
	look.data = check;
	ev_timer_start(check->loop, &look);
	ev_run(check->loop, 0);
	ev_timer_stop(check->loop, &deadline);
	ev_timer_stop(check->loop, &look);

	say_redis(check, conf->redis.url, out);
	pg_err = pg_pool_last_error(check->pool);
	say(out, "postgres.url", conf->postgres.url,
	    check->pg_up ? "good" : "cannot be used",
	    check->pg_up      ? ""
	    : pg_err->text[0] ? pg_err->text
			      : "no answer within postgres.connect_timeout");
	good = check->redis_up && check->pg_up;
	pg_pool_unwatch(&watch);
	pg_pool_free(check->pool);
	redis_link_free(check->link);
	return good;
}

bool check_connections(const struct conf *conf, struct str *out)
{
	struct check check = { .loop = ev_loop_new(EVFLAG_AUTO) };
	bool good;

	if (!check.loop) {
		str_add_text(out, "no event loop: too many open files?\n");
		return false;
	}
	good = run(&check, conf, out);
	ev_loop_destroy(check.loop);
	return good;
}
