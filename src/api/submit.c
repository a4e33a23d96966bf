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
 *   - a run that lost its idempotency key to another gives its place back and gets that
 *     run's answer, or 409 when the bodies differ;
 *   - a commit that nobody answered is looked up by run id on a new connection
 * (pg_group); if that has no answer either: 503 outcome_unknown. The reservation runs out
 * by itself and the reconciler pushes a row that did get in;
 *   - an entry that Redis did not take is pushed again until it did: the job id makes the
 *     second push a no-op. A child that must leave before leaves it to the reconciler.
 */
#include "api/submit.h"

#include "api/catalog.h"
#include "api/errors.h"
#include "api/runs_port.h"
#include "api/tenant_book.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/scoreboard.h"
#include "pg/pg_group.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_admit.h"
#include "queue/queue_enqueue.h"
#include "queue/queue_names.h"
#include "queue/queue_release.h"
#include "redis/redis_link.h"
#include "run/payload.h"
#include "store/store_runs.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define INSERT_DEADLINE_MS 5000
#define INSERT_TRY_MS      4000
#define RETRY_SEC          0.25
#define RUN_ID_MAX         64
#define WAKE_FIRST         1

/* A queue that submissions went to. Lives as long as the process. */
struct home {
	struct list node; /* of submit->homes */
	struct submit *submit;
	struct queue *queue;
	struct list admits;   /* submissions of this turn */
	struct list enqueues; /* committed, not in the queue yet */
	struct list releases; /* places to give back */
};

struct submission {
	struct pg_unit unit; /* first: see of_unit() */
	struct list node;    /* of one list of its home */
	struct submit *submit;
	struct home *home;
	struct port_run *run; /* NULL once answered: its texts are gone then */
	struct memo_wait wait;
	int64_t version;
	int64_t queued_max;
	int64_t running_max;
	int priority;
	char run_id[RUN_ID_MAX];
	char job_id[RUN_ID_MAX];
	struct str tenant;  /* key form */
	struct str payload; /* packed when committed */
};

struct submit {
	struct submit_parts parts;
	struct pg_group *inserts;
	struct map by_name; /* queue name -> struct home */
	struct list homes;  /* the same; a walk may meet new ones */
	ev_prepare flush;
	ev_timer retry; /* Redis refused entries: not before it has run */
	bool dirty;     /* a home's list is not empty */
	size_t open;    /* submissions that exist */
	void (*idle)(void *arg);
	void *idle_arg;
};

/* An admit or enqueue under way. */
struct flight {
	struct home *home;
	size_t count;
	struct submission *subs[QUEUE_ADMIT_MAX];
};

_Static_assert(QUEUE_ENQUEUE_MAX <= QUEUE_ADMIT_MAX, "one struct flight fits both");

static void step_tenant(struct submission *sub);

static struct submission *of_unit(struct pg_unit *unit)
{
	return mem_container(unit, struct submission, unit);
}

static void tally(struct submit *submit, enum score_counter counter)
{
	if (submit->parts.score)
		score_add(submit->parts.score, counter, 1);
}

static void submission_free(struct submission *sub)
{
	struct submit *submit = sub->submit;

	list_remove(&sub->node);
	str_deinit(&sub->tenant);
	str_deinit(&sub->payload);
	mem_free(sub);
	submit->open--;
}

/* Answer; sub->run is the caller's again. */
static void answer(struct submission *sub, enum errors_code error)
{
	struct port_run *run = sub->run;

	sub->run = NULL;
	run->error = error;
	run->done(run);
}

static void refuse(struct submission *sub, enum errors_code error, const char *detail)
{
	sub->run->detail = detail;
	answer(sub, error);
	submission_free(sub);
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
		refuse(sub, ERRORS_POSTGRES, NULL);
		return;
	}
	sub->home = home_get(sub->submit, entry->queue, &err);
	if (!sub->home) {
		log_error("tenant.bad_queue", LOG_S("tenant", sub->run->tenant_id),
			  LOG_S("error", (const char *)err.text));
		refuse(sub, ERRORS_INTERNAL, NULL);
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
			refuse(sub, ERRORS_DEFINITION, entry->detail);
			return;
		}
		sub->version = entry->version;
		step_tenant(sub);
		break;
	case MEMO_NONE:
		refuse(sub, ERRORS_NO_ORCHESTRATION, NULL);
		break;
	case MEMO_FAILED:
	case MEMO_WAIT:
		refuse(sub, ERRORS_POSTGRES, NULL);
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
	(void)snprintf(sub->job_id, sizeof(sub->job_id), "%.60s:%d", run_id, WAKE_FIRST);
	queue_names_tenant(&sub->tenant, run->tenant_id);
	sub->wait.ready = on_definition;
	sub->wait.arg = sub;
	state = catalog_get(submit->parts.catalog, run->orchestration_id, clock_mono_ms(),
			    &sub->wait, &entry);
	if (state != MEMO_WAIT)
		definition_known(sub, state, entry);
}

/* -- admit -- */

static struct queue_text text_of(const char *text)
{
	struct queue_text ret = { text, strlen(text) };

	return ret;
}

static struct queue_text text_of_str(const struct str *text)
{
	struct queue_text ret = { str_text(text), text->len };

	return ret;
}

static struct flight *flight_new(struct home *home, struct list *subs, size_t max)
{
	struct flight *flight = mem_new(struct flight);
	struct list *node;

	flight->home = home;
	while (flight->count < max && (node = list_shift(subs)) != NULL)
		flight->subs[flight->count++] = list_entry(node, struct submission, node);
	return flight;
}

/* What a caller is told when Redis did not do its part. */
static enum errors_code redis_error(int rc, const struct err *err, const char *act)
{
	if (rc == ERR_FULL)
		return ERRORS_BUSY;
	if (rc == ERR_PROTO || rc == ERR_INPUT) {
		log_error("queue.act_failed", LOG_S("act", act),
			  LOG_S("error", err->text));
		return ERRORS_INTERNAL;
	}
	log_warn("queue.act_failed", LOG_S("act", act), LOG_S("error", err->text));
	return ERRORS_REDIS;
}

static void refuse_over(struct submission *sub, const struct queue_admit_result *result)
{
	struct submit *submit = sub->submit;

	tally(submit, SCORE_RUNS_REFUSED);
	switch (result->admission) {
	case QUEUE_OVER_RATE:
		sub->run->rate_limit = submit->parts.conf->limits.rate_per_tenant;
		sub->run->retry_after_sec = (result->retry_after_ms + 999) / 1000;
		if (sub->run->retry_after_sec < 1)
			sub->run->retry_after_sec = 1;
		refuse(sub, ERRORS_RATE, NULL);
		break;
	case QUEUE_OVER_QUEUED:
		refuse(sub, ERRORS_TENANT_FULL, NULL);
		break;
	case QUEUE_OVER_DEPTH:
		refuse(sub, ERRORS_DEPTH, NULL);
		break;
	case QUEUE_ADMITTED:
		break;
	}
}

static void on_admitted(void *arg, int rc, const struct queue_admit_result *results,
			size_t n, int64_t now_ms, const struct err *err)
{
	struct flight *flight = arg;
	struct submit *submit = flight->home->submit;
	enum errors_code error = rc < 0 ? redis_error(rc, err, "admit") : ERRORS_NONE;
	size_t i;

	(void)now_ms;
	assert(rc < 0 || n == flight->count);
	FAULT("accept.admitted");
	for (i = 0; i < flight->count; i++) {
		struct submission *sub = flight->subs[i];

		if (error != ERRORS_NONE)
			refuse(sub, error, NULL);
		else if (results[i].admission != QUEUE_ADMITTED)
			refuse_over(sub, &results[i]);
		else
			pg_group_add(submit->inserts, &sub->unit);
	}
	mem_free(flight);
}

static void send_admits(struct home *home)
{
	const struct conf *conf = home->submit->parts.conf;
	struct queue_admit_entry entries[QUEUE_ADMIT_MAX];
	struct flight *flight = flight_new(home, &home->admits, QUEUE_ADMIT_MAX);
	struct err err;
	size_t i;
	int rc;

	memset(entries, 0, sizeof(entries[0]) * flight->count);
	for (i = 0; i < flight->count; i++) {
		struct submission *sub = flight->subs[i];

		entries[i].id = text_of(sub->job_id);
		entries[i].tenant = text_of_str(&sub->tenant);
		entries[i].rate_per_min = conf->limits.rate_per_tenant * 60;
		entries[i].burst = conf->limits.rate_per_tenant;
		entries[i].queued_max = sub->queued_max;
	}
	rc = queue_admit(home->queue, entries, flight->count, conf->queue.depth_max,
			 on_admitted, flight, &err);
	if (rc == 0)
		return;
	for (i = 0; i < flight->count; i++)
		refuse(flight->subs[i], redis_error(rc, &err, "admit"), NULL);
	mem_free(flight);
}

/* -- insert -- */

static struct store_run_new *rows_of(const struct submit *submit,
				     struct pg_unit *const *units, size_t n)
{
	struct store_run_new *rows = mem_new_n(struct store_run_new, n);
	size_t i;

	for (i = 0; i < n; i++) {
		struct submission *sub = of_unit(units[i]);
		const struct port_run *run = sub->run;

		rows[i].run_id = sub->run_id;
		rows[i].orchestration_id = run->orchestration_id;
		rows[i].tenant_id = run->tenant_id;
		rows[i].session_id = run->session_id;
		rows[i].queue = queue_name(sub->home->queue);
		rows[i].lane = QUEUE_LANE_ANY;
		rows[i].input = run->message;
		rows[i].inputs = run->inputs;
		rows[i].webhook_url = run->webhook_url;
		rows[i].webhook_secret = run->webhook_secret;
		rows[i].idempotency_key = run->idempotency_key;
		rows[i].body_sha256 = run->idempotency_key ? run->body_sha256 : NULL;
		rows[i].definition_version = sub->version;
		rows[i].priority = run->priority;
		rows[i].run_timeout_ms = submit->parts.conf->engine.run_timeout_ms;
	}
	return rows;
}

static void release_later(struct submission *sub)
{
	list_push(&sub->home->releases, &sub->node);
	sub->submit->dirty = true;
}

static void accept_run(struct submission *sub)
{
	const struct port_run *run = sub->run;
	struct payload payload = {
		.definition_id = run->orchestration_id,
		.definition_version = sub->version,
		.whole = true,
		.message = run->message,
		.inputs = run->inputs,
		.session_id = run->session_id,
	};

	payload_pack(&payload, &sub->payload);
	tally(sub->submit, SCORE_RUNS_ACCEPTED);
	sub->run->run_id = sub->run_id;
	list_push(&sub->home->enqueues, &sub->node);
	sub->submit->dirty = true;
	answer(sub, ERRORS_NONE);
}

/* What Postgres said about one row. */
static void settle(struct submission *sub, const struct store_run_accept *accept)
{
	if (accept->in) {
		accept_run(sub);
		return;
	}
	release_later(sub);
	if (accept->same_body) {
		sub->run->run_id = accept->winner_run_id;
		sub->run->replayed = true;
		answer(sub, ERRORS_NONE);
	} else {
		answer(sub, ERRORS_MISMATCH);
	}
}

static void on_build(void *ctx, struct pg_batch *batch, struct pg_unit *const *units,
		     size_t n)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	int statement = store_runs_insert(batch, rows, n);

	assert(statement == 0); /* on_committed() reads it there */
	(void)statement;
	mem_free(rows);
}

static void on_committed(void *ctx, struct pg_unit *const *units, size_t n,
			 const struct pg_reply *reply)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	struct store_run_accept *accepts = mem_new_n(struct store_run_accept, n);
	size_t i;

	FAULT("accept.committed");
	store_runs_insert_read(reply, 0, rows, n, accepts);
	for (i = 0; i < n; i++)
		settle(of_unit(units[i]), &accepts[i]);
	mem_free(accepts);
	mem_free(rows);
}

static void on_build_check(void *ctx, struct pg_batch *batch,
			   struct pg_unit *const *units, size_t n)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	int statement = store_runs_insert_check(batch, rows, n);

	assert(statement == 0);
	(void)statement;
	mem_free(rows);
}

static void on_checked(void *ctx, struct pg_unit *const *units, size_t n,
		       const struct pg_reply *reply, bool *in)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	struct store_run_accept *accepts = mem_new_n(struct store_run_accept, n);
	size_t i;

	store_runs_insert_check_read(reply, 0, rows, n, accepts);
	for (i = 0; i < n; i++) {
		in[i] = accepts[i].in || accepts[i].winner_run_id;
		if (in[i])
			settle(of_unit(units[i]), &accepts[i]);
	}
	mem_free(accepts);
	mem_free(rows);
}

static enum errors_code insert_error(const struct pg_outcome *outcome)
{
	if (outcome->fate == PG_UNKNOWN)
		return ERRORS_UNKNOWN;
	switch (outcome->cls) {
	case PG_CLASS_VALUE:
	case PG_CLASS_CONSTRAINT:
	case PG_CLASS_ACCESS:
	case PG_CLASS_BUG:
		return ERRORS_INTERNAL;
	case PG_CLASS_NONE:
	case PG_CLASS_TRANSIENT:
	case PG_CLASS_UNAVAILABLE:
	case PG_CLASS_CONNECTION:
		break;
	}
	return ERRORS_POSTGRES;
}

static void on_rejected(void *ctx, struct pg_unit *unit, const struct pg_outcome *outcome)
{
	struct submission *sub = of_unit(unit);
	enum errors_code error = insert_error(outcome);

	(void)ctx;
	log_warn("run.insert_failed", LOG_S("run_id", (const char *)sub->run_id),
		 LOG_S("fate", pg_fate_name(outcome->fate)),
		 LOG_S("sqlstate", (const char *)outcome->sqlstate),
		 LOG_S("error", (const char *)outcome->err.text));
	if (outcome->fate == PG_UNKNOWN) {
		/* it may be in: its reservation runs out by itself, the row is found */
		refuse(sub, error, NULL);
		return;
	}
	release_later(sub);
	answer(sub, error);
}

static int by_run_id(const struct pg_unit *a, const struct pg_unit *b)
{
	const struct submission *x = (const struct submission *)(const void *)a;
	const struct submission *y = (const struct submission *)(const void *)b;

	return strcmp(x->run_id, y->run_id); /* unit is the first member */
}

/* -- enqueue and release -- */

static void free_all(struct flight *flight)
{
	size_t i;

	for (i = 0; i < flight->count; i++)
		submission_free(flight->subs[i]);
	mem_free(flight);
}

/* Redis did not take these: once more, a little later. */
static void enqueue_again(struct flight *flight)
{
	struct submit *submit = flight->home->submit;
	size_t i;

	for (i = 0; i < flight->count; i++)
		list_push(&flight->home->enqueues, &flight->subs[i]->node);
	mem_free(flight);
	if (!ev_is_active(&submit->retry)) {
		ev_timer_set(&submit->retry, RETRY_SEC, 0.0);
		ev_timer_start(submit->parts.loop, &submit->retry);
	}
}

static void send_enqueue(struct flight *flight);

/* One entry of these is none that the queue takes: each goes alone, so that the others do
 * not stay behind with it. */
static void enqueue_one_by_one(struct flight *flight)
{
	size_t i;

	for (i = 0; i < flight->count; i++) {
		struct flight *one = mem_new(struct flight);

		one->home = flight->home;
		one->subs[one->count++] = flight->subs[i];
		send_enqueue(one);
	}
	mem_free(flight);
}

static void enqueue_failed(struct flight *flight, int rc, const struct err *err)
{
	if (rc == ERR_INPUT && flight->count > 1) {
		enqueue_one_by_one(flight);
		return;
	}
	if (rc == ERR_INPUT || rc == ERR_PROTO) {
		log_error("queue.act_failed", LOG_S("act", "enqueue"),
			  LOG_N("runs", flight->count),
			  LOG_S("first_run_id", (const char *)flight->subs[0]->run_id),
			  LOG_S("error", err->text));
		free_all(flight); /* the rows are there: the reconciler's */
		return;
	}
	log_warn("queue.act_failed", LOG_S("act", "enqueue"),
		 LOG_N("runs", flight->count), LOG_S("error", err->text));
	enqueue_again(flight);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct flight *flight = arg;

	(void)enqueue_at_ms;
	(void)added; /* fewer than sent: a push before was done after all */
	FAULT("accept.enqueued");
	if (rc < 0)
		enqueue_failed(flight, rc, err);
	else
		free_all(flight);
}

static void send_enqueue(struct flight *flight)
{
	struct queue_enqueue_entry entries[QUEUE_ENQUEUE_MAX];
	struct err err;
	size_t i;
	int rc;

	FAULT("accept.answered");
	memset(entries, 0, sizeof(entries[0]) * flight->count);
	for (i = 0; i < flight->count; i++) {
		struct submission *sub = flight->subs[i];
		struct queue_job *job = &entries[i].job;

		job->kind = QUEUE_JOB_RUN;
		job->priority = sub->priority;
		job->wake = WAKE_FIRST;
		job->attempt = 1;
		job->run = text_of(sub->run_id);
		job->tenant = text_of_str(&sub->tenant);
		job->lane = text_of(QUEUE_LANE_ANY);
		job->payload = text_of_str(&sub->payload);
		entries[i].running_max = sub->running_max;
	}
	rc = queue_enqueue(flight->home->queue, entries, flight->count, on_enqueued,
			   flight, &err);
	if (rc < 0)
		enqueue_failed(flight, rc, &err);
}

static void send_releases(struct home *home)
{
	struct queue_release_entry entries[QUEUE_BATCH_MAX];
	struct flight *flight = flight_new(home, &home->releases, QUEUE_BATCH_MAX);
	struct err err;
	size_t i;

	for (i = 0; i < flight->count; i++) {
		entries[i].id = text_of(flight->subs[i]->job_id);
		entries[i].tenant = text_of_str(&flight->subs[i]->tenant);
	}
	/* a place that is not given back runs out by itself */
	(void)queue_release(home->queue, entries, flight->count, NULL, NULL, &err);
	free_all(flight);
}

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
				send_admits(home);
			while (!list_empty(&home->releases))
				send_releases(home);
			while (!list_empty(&home->enqueues) &&
			       !ev_is_active(&submit->retry))
				send_enqueue(flight_new(home, &home->enqueues,
							QUEUE_ENQUEUE_MAX));
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
	static const struct pg_group_ops ops = {
		.build = on_build,
		.committed = on_committed,
		.rejected = on_rejected,
		.build_check = on_build_check,
		.checked = on_checked,
		.order = by_run_id,
	};
	struct pg_group_options options = {
		.commit_rows = (size_t)parts->conf->postgres.commit_rows,
		.batch_deadline_ms = INSERT_TRY_MS,
		.unit_deadline_ms = INSERT_DEADLINE_MS,
	};
	struct submit *submit = mem_new(struct submit);

	submit->parts = *parts;
	map_init(&submit->by_name);
	list_init(&submit->homes);
	submit->inserts = pg_group_new(parts->loop, parts->pool, &options, &ops, submit);
	ev_prepare_init(&submit->flush, on_turn_over);
	/* behind the server's, so that answers leave before entries are pushed; before
	 * the link's, which writes what we send here */
	ev_set_priority(&submit->flush, 1);
	submit->flush.data = submit;
	ev_prepare_start(parts->loop, &submit->flush);
	ev_timer_init(&submit->retry, on_retry, RETRY_SEC, 0.0);
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
		refuse(list_entry(home->admits.next, struct submission, node),
		       ERRORS_DRAINING, NULL);
	while (!list_empty(&home->releases))
		submission_free(list_entry(home->releases.next, struct submission, node));
	while (!list_empty(&home->enqueues)) {
		submission_free(list_entry(home->enqueues.next, struct submission, node));
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

bool submit_idle(const struct submit *submit)
{
	return submit->open == 0;
}

void submit_when_idle(struct submit *submit, void (*idle)(void *arg), void *arg)
{
	submit->idle = idle;
	submit->idle_arg = arg;
}
