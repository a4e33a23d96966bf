/*
 * stores.c - a child's ties to its stores
 *
 * What every kind of child does alike: the options that say where the servers are, the
 * scripts that a link must know, the log events and counters of a store that comes or
 * goes. What a kind makes of it comes through its options' callbacks.
 */
#include "child/stores.h"

#include "base/log.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "queue/queue.h"

#include <stdio.h>

/* Until both have been there once, the master is told what we wait for. */
static void say_waited(const struct stores *stores)
{
	int64_t waited = 0;

	if (!stores->both_said && !stores_redis_up(stores))
		waited |= 1;
	if (!stores->both_said && !stores_pg_up(stores))
		waited |= 2;
	score_set(stores->options.env->score, SCORE_STORES_WAITED, waited);
}

static void say_both(struct stores *stores)
{
	say_waited(stores);
	if (stores->both_said || !stores_redis_up(stores) || !stores_pg_up(stores))
		return;
	stores->both_said = true;
	say_waited(stores);
	if (stores->options.both)
		stores->options.both(stores->options.arg);
}

static void on_redis(void *arg, struct redis_link *link, enum redis_event event,
		     const struct err *why)
{
	struct stores *stores = arg;
	const struct stores_options *options = &stores->options;
	const struct redis_server *server;

	switch (event) {
	case REDIS_EVENT_UP:
		server = redis_link_server(link);
		log_info("redis.up", LOG_S("server", server->run_id),
			 LOG_N("version", server->version),
			 LOG_S("policy", server->policy));
		score_add(options->env->score, SCORE_REDIS_CONNECTS, 1);
		if (options->redis)
			options->redis(options->arg, true);
		say_both(stores);
		return;
	case REDIS_EVENT_DOWN:
		log_warn("redis.down", LOG_S("error", why->text));
		score_add(options->env->score, SCORE_REDIS_ERRORS, 1);
		if (options->redis)
			options->redis(options->arg, false);
		return;
	case REDIS_EVENT_RETRY:
		log_warn("redis.unreachable", LOG_S("error", why->text));
		return;
	}
}

static void on_pg(void *arg, bool up)
{
	struct stores *stores = arg;
	const struct stores_options *options = &stores->options;

	if (up) {
		log_info("postgres.up", LOG_N("links", pg_pool_links_up(stores->pool)));
		score_add(options->env->score, SCORE_PG_CONNECTS, 1);
	} else {
		log_warn("postgres.down",
			 LOG_S("error", pg_pool_last_error(stores->pool)->text));
		score_add(options->env->score, SCORE_PG_ERRORS, 1);
	}
	if (options->pg)
		options->pg(options->arg, up);
	if (up)
		say_both(stores);
}

static int open_redis(struct stores *stores, struct err *err)
{
	const struct conf *conf = stores->options.env->conf;
	int rc;

	(void)snprintf(stores->name, sizeof(stores->name), "synapsed-%s",
		       stores->options.kind);
	stores->link_conf = (struct redis_link_conf){
		.url = conf->redis.url,
		.name = stores->name,
		.connect_timeout_ms = conf->redis.connect_timeout_ms,
		.command_timeout_ms = conf->redis.command_timeout_ms,
		.queue_max = (size_t)conf->redis.queue_max,
		.on_event = on_redis,
		.arg = stores,
	};
	rc = redis_link_new(stores->options.loop, &stores->link_conf, &stores->link, err);
	if (rc < 0)
		return err_wrap(err, "redis.url");
	stores->scripts = queue_scripts_new();
	redis_link_scripts(stores->link, stores->scripts);
	return 0;
}

static int open_pg(struct stores *stores, struct err *err)
{
	const struct conf *conf = stores->options.env->conf;
	char name[64];
	const struct pg_options options = {
		.url = conf->postgres.url,
		.application_name = name,
		.pgbouncer = conf->postgres.pgbouncer,
		.connections = stores->options.connections,
		.queue_max = stores->options.pg_queue_max,
		.connect_timeout_ms = conf->postgres.connect_timeout_ms,
		.deadline_ms = conf->postgres.statement_timeout_ms,
	};
	int rc;

	(void)snprintf(name, sizeof(name), "synapsed %s", stores->options.kind);
	rc = pg_pool_new(stores->options.loop, &options, &stores->pool, err);
	if (rc < 0)
		return err_wrap(err, "postgres.url");
	stores->watch.changed = on_pg;
	stores->watch.arg = stores;
	pg_pool_watch(stores->pool, &stores->watch);
	return 0;
}

int stores_open(struct stores *stores, const struct stores_options *options,
		struct err *err)
{
	int rc;

	*stores = (struct stores){ .options = *options };
	rc = open_redis(stores, err);
	if (rc == 0)
		rc = open_pg(stores, err);
	if (rc == 0)
		say_waited(stores);
	return rc;
}

void stores_close(struct stores *stores)
{
	if (stores->pool)
		pg_pool_unwatch(&stores->watch);
	redis_link_free(stores->link);
	pg_pool_free(stores->pool);
	queue_scripts_free(stores->scripts);
	stores->link = NULL;
	stores->pool = NULL;
	stores->scripts = NULL;
}

bool stores_redis_up(const struct stores *stores)
{
	return redis_link_is_up(stores->link);
}

bool stores_pg_up(const struct stores *stores)
{
	return pg_pool_links_up(stores->pool) > 0;
}
