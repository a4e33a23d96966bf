/*
 * submit.c - accepting runs (DESIGN §4.1)
 *
 * A submission walks through these stages; nothing on the way is done for it alone:
 *
 *   definition  is it there, can it be executed, which version (catalog.c, no read)
 *   tenant      its home queue and limits (tenant_book.c, no read)
 *   admit       all of a loop turn share one admit.lua per queue: rate, queued, depth;
 *               a place is reserved for 30 s, or the submission is refused
 *   insert      admitted ones join the next grouped commit: the row, wake 1, version
 *               pinned, and the idempotency key; at most 5 s, shorter than a reservation
 *   answer      202, when the commit is in, never before
 *   enqueue     all that were answered in a turn share one enqueue.lua per queue, sent
 *               after the answers (the server's end of turn runs before ours)
 *
 * The stages of the middle are submit_queue.c's (admit, enqueue) and submit_insert.c's.
 *
 *   - a run that lost its idempotency key to another gives its place back and gets that
 *     run's answer, or 409 when the bodies differ;
 *   - a commit that nobody answered is looked up by run id on a new connection
 *     (pg_group); if that has no answer either: 503 outcome_unknown. The reservation
 *     runs out by itself and the reconciler pushes a row that did get in;
 *   - an entry that Redis did not take is pushed again until it did: the job id makes the
 *     second push a no-op. A child that must leave before leaves it to the reconciler.
 */
#include "api/submit.h"

#include "api/catalog.h"
#include "api/runs_port.h"
#include "api/submit_in.h"
#include "api/tenant_book.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_group.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_names.h"
#include "redis/redis_link.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define INSERT_DEADLINE_MS 5000
#define INSERT_TRY_MS      4000

static void step_tenant(struct submission *sub);

void submit_tally(struct submit *submit, enum score_counter counter)
{
	if (submit->parts.score)
		score_add(submit->parts.score, counter, 1);
}

void submit_drop(struct submission *sub)
{
	struct submit *submit = sub->submit;

	list_remove(&sub->node);
	str_deinit(&sub->tenant);
	str_deinit(&sub->payload);
	mem_free(sub);
	submit->open--;
}

void submit_answer(struct submission *sub, enum errors_code error)
{
	struct port_run *run = sub->run;

	sub->run = NULL;
	run->error = error;
	run->done(run);
}

void submit_refuse(struct submission *sub, enum errors_code error, const char *detail)
{
	sub->run->detail = detail;
	submit_answer(sub, error);
	submit_drop(sub);
}

/* -- definition and tenant -- */

static struct home *home_get(struct submit *submit, const char *name, struct err *err)
{
	struct home *home = map_get(&submit->by_name, name, strlen(name));
	int rc;

	if (home)
		return home;
	home = mem_new(struct home);
	rc = queue_new(submit->parts.link, submit->parts.scripts, name, NULL,
		       &home->queue, err);
	if (rc < 0) {
		mem_free(home);
		return NULL;
	}
	home->submit = submit;
	list_init(&home->admits);
	list_init(&home->enqueues);
	list_init(&home->releases);
	name = queue_name(home->queue);
	(void)map_put(&submit->by_name, name, strlen(name), home);
	list_push(&submit->homes, &home->node);
	return home;
}

static void tenant_known(struct submission *sub, enum memo_state state,
			 const struct tenant_entry *entry)
{
	struct err err;

	if (state != MEMO_HIT) {
		submit_refuse(sub, ERRORS_POSTGRES, NULL);
		return;
	}
	sub->home = home_get(sub->submit, entry->queue, &err);
	if (!sub->home) {
		log_error("tenant.bad_queue", LOG_S("tenant", sub->run->tenant_id),
			  LOG_S("error", (const char *)err.text));
		submit_refuse(sub, ERRORS_INTERNAL, NULL);
		return;
	}
	sub->queued_max = entry->queued_max;
	sub->running_max = entry->running_max;
	list_push(&sub->home->admits, &sub->node);
	sub->submit->dirty = true;
}

static void on_tenant(void *arg, enum memo_state state, void *value)
{
	tenant_known(arg, state, value);
}

static void step_tenant(struct submission *sub)
{
	struct submit *submit = sub->submit;
	const struct tenant_entry *entry = NULL;
	enum memo_state state;

	sub->wait.ready = on_tenant;
	sub->wait.arg = sub;
	state = tenant_book_get(submit->parts.tenants, sub->run->tenant_id,
				clock_mono_ms(), &sub->wait, &entry);
	if (state != MEMO_WAIT)
		tenant_known(sub, state, entry);
}

static void definition_known(struct submission *sub, enum memo_state state,
			     const struct catalog_entry *entry)
{
	switch (state) {
	case MEMO_HIT:
		if (!entry->valid) {
			submit_refuse(sub, ERRORS_DEFINITION, entry->detail);
			return;
		}
		sub->version = entry->version;
		step_tenant(sub);
		break;
	case MEMO_NONE:
		submit_refuse(sub, ERRORS_NO_ORCHESTRATION, NULL);
		break;
	case MEMO_FAILED:
	case MEMO_WAIT:
		submit_refuse(sub, ERRORS_POSTGRES, NULL);
		break;
	}
}

static void on_definition(void *arg, enum memo_state state, void *value)
{
	definition_known(arg, state, value);
}

void submit_run(struct submit *submit, struct port_run *run)
{
	const struct catalog_entry *entry = NULL;
	char run_id[IDS_MAX];
	struct submission *sub;
	enum memo_state state;

	run->detail = NULL;
	run->run_id = NULL;
	run->replayed = false;
	run->error = ERRORS_NONE;
	if (!redis_link_is_up(submit->parts.link))
		run->error = ERRORS_REDIS;
	else if (pg_pool_links_up(submit->parts.pool) == 0)
		run->error = ERRORS_POSTGRES;
	if (run->error != ERRORS_NONE) {
		run->done(run);
		return;
	}
	sub = mem_new(struct submission);
	sub->submit = submit;
	sub->run = run;
	sub->priority = run->priority;
	submit->open++;
	(void)ids_run(clock_wall_ms(), run_id);
	(void)snprintf(sub->run_id, sizeof(sub->run_id), "%.60s", run_id);
	(void)snprintf(sub->job_id, sizeof(sub->job_id), "%.60s:%d", run_id,
		       SUBMIT_WAKE_FIRST);
	queue_names_tenant(&sub->tenant, run->tenant_id);
	sub->wait.ready = on_definition;
	sub->wait.arg = sub;
	state = catalog_get(submit->parts.catalog, run->orchestration_id, clock_mono_ms(),
			    &sub->wait, &entry);
	if (state != MEMO_WAIT)
		definition_known(sub, state, entry);
}

/* -- the end of a turn -- */

static void check_idle(struct submit *submit)
{
	void (*idle)(void *arg) = submit->idle;

	if (!idle || submit->open > 0)
		return;
	submit->idle = NULL;
	idle(submit->idle_arg);
}

static void on_turn_over(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct submit *submit = w->data;

	(void)loop;
	(void)revents;
	if (submit->dirty) {
		submit->dirty = false;
		list_for_each(node, &submit->homes) {
			struct home *home = list_entry(node, struct home, node);

			while (!list_empty(&home->admits))
				submit_send_admits(home);
			while (!list_empty(&home->releases))
				submit_send_releases(home);
			while (!list_empty(&home->enqueues) &&
			       !ev_is_active(&submit->retry))
				submit_send_enqueue(home);
		}
	}
	check_idle(submit);
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct submit *submit = w->data;

	(void)loop;
	(void)revents;
	submit->dirty = true;
}

/* -- life -- */

struct submit *submit_new(const struct submit_parts *parts)
{
	struct pg_group_options options = {
		.commit_rows = (size_t)parts->conf->postgres.commit_rows,
		.batch_deadline_ms = INSERT_TRY_MS,
		.unit_deadline_ms = INSERT_DEADLINE_MS,
		.flights = pg_pool_links(parts->pool),
	};
	struct submit *submit = mem_new(struct submit);

	submit->parts = *parts;
	map_init(&submit->by_name);
	list_init(&submit->homes);
	submit->inserts = pg_group_new(parts->loop, parts->pool, &options,
				       submit_insert_ops(), submit);
	ev_prepare_init(&submit->flush, on_turn_over);
	/* behind the server's, so that answers leave before entries are pushed; before
	 * the link's, which writes what we send here */
	ev_set_priority(&submit->flush, 1);
	submit->flush.data = submit;
	ev_prepare_start(parts->loop, &submit->flush);
	ev_timer_init(&submit->retry, on_retry, 0.0, 0.0);
	submit->retry.data = submit;
	return submit;
}

void submit_stop(struct submit *submit)
{
	pg_group_free(submit->inserts); /* each of its units comes to on_rejected() */
	submit->inserts = NULL;
	ev_prepare_stop(submit->parts.loop, &submit->flush);
}

static size_t home_free(struct home *home)
{
	size_t lost = 0;

	while (!list_empty(&home->admits))
		submit_refuse(list_entry(home->admits.next, struct submission, node),
			      ERRORS_DRAINING, NULL);
	while (!list_empty(&home->releases))
		submit_drop(list_entry(home->releases.next, struct submission, node));
	while (!list_empty(&home->enqueues)) {
		submit_drop(list_entry(home->enqueues.next, struct submission, node));
		lost++;
	}
	queue_free(home->queue);
	mem_free(home);
	return lost;
}

void submit_free(struct submit *submit)
{
	struct list *node;
	size_t lost = 0;

	if (!submit)
		return;
	assert(!submit->inserts);
	ev_timer_stop(submit->parts.loop, &submit->retry);
	map_deinit(&submit->by_name);
	while ((node = list_shift(&submit->homes)) != NULL)
		lost += home_free(list_entry(node, struct home, node));
	if (lost > 0)
		log_warn("run.not_enqueued", LOG_N("runs", lost));
	mem_free(submit);
}

void submit_when_idle(struct submit *submit, void (*idle)(void *arg), void *arg)
{
	submit->idle = idle;
	submit->idle_arg = arg;
}
