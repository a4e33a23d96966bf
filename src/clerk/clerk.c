/*
 * clerk.c - the child that sees to what Redis has lost: wiring
 *
 * Every host with a keeper has one; one of the fleet's leads (lead.c) and takes care of
 * every queue, its own configuration's and those that tenants are at home in; the others
 * wait.
 *
 *   clerk.c      wiring; which queues there are
 *   late.c       questions that nobody answered in time
 *   lead.c       who leads
 *   ward.c       one queue: lineage, recovery, counters
 *   due.c        runs whose moment has come get their entry
 *   reconcile.c  rows without an entry get one
 *   schedules.c  what is to be started again and again
 *   squeeze.c    streams of ended runs live shorter while Redis holds too much
 */
#include "clerk/clerk.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "child/stores.h"
#include "clerk/late.h"
#include "clerk/lead.h"
#include "clerk/schedules.h"
#include "clerk/squeeze.h"
#include "clerk/ward.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "store/store_lineages.h"

#include <string.h>

#define LEASE     "clerk"
#define QUEUES_S  10.
#define WARDS_MAX 1024

struct clerk {
	struct child_env *env;
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct stores stores;
	struct lead *lead;
	struct squeeze *squeeze;
	struct late *late;
	struct schedules *schedules;
	struct ward_means means;
	struct ward *wards[WARDS_MAX];
	size_t ward_count;
	ev_timer queues; /* who leads asks Postgres which queues there are */
	bool asking;
	int statement;
};

static void add_ward(struct clerk *clerk, const char *queue)
{
	struct ward *ward;
	struct err err;
	size_t i;

	for (i = 0; i < clerk->ward_count; i++)
		if (strcmp(ward_name(clerk->wards[i]), queue) == 0)
			return;
	if (clerk->ward_count == WARDS_MAX) {
		log_error("clerk.too_many_queues", LOG_N("queues", WARDS_MAX),
			  LOG_S("queue", queue));
		return;
	}
	if (ward_new(&clerk->means, queue, &ward, &err) < 0) {
		log_error("clerk.queue_refused", LOG_S("queue", queue),
			  LOG_S("error", err.text));
		return;
	}
	clerk->wards[clerk->ward_count++] = ward;
	ward_lead(ward, lead_is_ours(clerk->lead));
}

static void on_queues(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct clerk *clerk = arg;
	int n, i;

	clerk->asking = false;
	if (!reply) {
		if (outcome->err.code != ERR_CLOSED)
			log_warn("clerk.queues_unknown",
				 LOG_S("error", outcome->err.text));
		return;
	}
	n = store_lineages_queues_count(reply, clerk->statement);
	for (i = 0; i < n; i++)
		add_ward(clerk, store_lineages_queues_read(reply, clerk->statement, i));
}

static void on_queues_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct clerk *clerk = w->data;
	struct pg_batch *batch;

	(void)loop;
	(void)revents;
	if (clerk->asking || !lead_is_ours(clerk->lead) || !stores_pg_up(&clerk->stores))
		return;
	batch = pg_batch_new();
	clerk->statement = store_lineages_queues(batch);
	clerk->asking =
		pg_pool_submit(clerk->stores.pool, batch, 0, on_queues, clerk) == 0;
}

static void on_lead(void *arg, bool leads)
{
	struct clerk *clerk = arg;
	size_t i;

	score_set(clerk->env->score, SCORE_LEADS, leads);
	for (i = 0; i < clerk->ward_count; i++)
		ward_lead(clerk->wards[i], leads);
	if (leads) {
		ev_timer_set(&clerk->queues, 0., QUEUES_S);
		ev_timer_start(clerk->loop, &clerk->queues);
		squeeze_start(clerk->squeeze);
		late_start(clerk->late);
		schedules_start(clerk->schedules);
	} else {
		squeeze_stop(clerk->squeeze);
		late_stop(clerk->late);
		schedules_stop(clerk->schedules);
		ev_timer_stop(clerk->loop, &clerk->queues);
	}
}

static const char *queue_number(void *arg, size_t i)
{
	const struct clerk *clerk = arg;

	return i < clerk->ward_count ? ward_name(clerk->wards[i]) : NULL;
}

static void stores_changed(struct clerk *clerk)
{
	size_t i;

	for (i = 0; i < clerk->ward_count; i++)
		ward_stores_changed(clerk->wards[i]);
}

static void on_redis(void *arg, bool up)
{
	struct clerk *clerk = arg;

	stores_changed(clerk);
	if (up)
		late_link_up(clerk->late);
}

static void on_pg(void *arg, bool up)
{
	struct clerk *clerk = arg;

	if (up)
		lead_ask(clerk->lead);
	stores_changed(clerk);
}

static void on_both(void *arg)
{
	struct clerk *clerk = arg;

	lifeline_ready(&clerk->lifeline);
}

static void on_given(void *arg)
{
	struct clerk *clerk = arg;

	ev_break(clerk->loop, EVBREAK_ALL);
}

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct clerk *clerk = arg;

	(void)deadline_mono_ms; /* the master keeps it */
	log_info("clerk.drain", LOG_S("reason", reason));
	lead_give(clerk->lead, on_given, clerk);
}

static const struct lifeline_ops lifeline_ops = { .on_drain = on_drain };

static int clerk_init(struct clerk *clerk, struct err *err)
{
	const struct conf *conf = clerk->env->conf;
	const struct stores_options options = {
		.loop = clerk->loop,
		.env = clerk->env,
		.kind = "clerk",
		.connections = 1,
		.redis = on_redis,
		.pg = on_pg,
		.both = on_both,
		.arg = clerk,
	};
	size_t i;
	int rc;

	rc = stores_open(&clerk->stores, &options, err);
	if (rc < 0)
		return rc;
	clerk->means = (struct ward_means){
		.loop = clerk->loop,
		.env = clerk->env,
		.stores = &clerk->stores,
	};
	clerk->schedules = schedules_new(&clerk->means);
	clerk->squeeze = squeeze_new(&(struct squeeze_options){
		.loop = clerk->loop,
		.link = clerk->stores.link,
		.ttl_ms = conf->events.ttl_ms,
		.max_bytes = conf->events.memory_bytes,
		.queue = queue_number,
		.arg = clerk,
	});
	clerk->late = late_new(&(struct late_options){
		.loop = clerk->loop,
		.stores = &clerk->stores,
		.events_ttl_ms = conf->events.ttl_ms,
		.event_max = (size_t)conf->engine.event_max_bytes,
	});
	clerk->lead = lead_new(&(struct lead_options){
		.loop = clerk->loop,
		.pool = clerk->stores.pool,
		.name = LEASE,
		.holder = clerk->env->incarnation,
		.changed = on_lead,
		.arg = clerk,
	});
	ev_timer_init(&clerk->queues, on_queues_time, 0., QUEUES_S);
	clerk->queues.data = clerk;
	for (i = 0; i < conf->queue.names.count; i++)
		add_ward(clerk, conf->queue.names.items[i]);
	return 0;
}

static void clerk_deinit(struct clerk *clerk)
{
	size_t i;

	/* what is pending is answered: whom that is for is still there */
	stores_close(&clerk->stores);
	for (i = 0; i < clerk->ward_count; i++)
		ward_free(clerk->wards[i]);
	lead_free(clerk->lead);
	squeeze_free(clerk->squeeze);
	late_free(clerk->late);
	schedules_free(clerk->schedules);
	ev_timer_stop(clerk->loop, &clerk->queues);
	lifeline_deinit(&clerk->lifeline);
	ev_loop_destroy(clerk->loop);
}

int clerk_enter(struct child_env *env)
{
	struct clerk *clerk = mem_new(struct clerk);
	int code = EXIT_CODE_CHILD_SETUP;
	struct err err;

	clerk->env = env;
	clerk->loop = ev_loop_new(EVFLAG_AUTO);
	if (!clerk->loop) {
		mem_free(clerk);
		return code;
	}
	if (clerk_init(clerk, &err) < 0) {
		log_error("clerk.cannot_start", LOG_S("error", err.text));
		code = EXIT_CODE_CHILD_CONFIG;
	} else {
		lifeline_init(&clerk->lifeline, clerk->loop, env, &lifeline_ops, clerk);
		ev_run(clerk->loop, 0);
		code = lifeline_exit_code(&clerk->lifeline);
	}
	clerk_deinit(clerk);
	mem_free(clerk);
	return code;
}
