/*
 * submit_queue.c - a turn's submissions in Redis: places reserved, entries, places back
 *
 * The stages admit and enqueue of submit.c, one script a queue and turn.
 */
#include "api/submit_in.h"

#include "api/runs_port.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "queue/queue.h"
#include "queue/queue_admit.h"
#include "queue/queue_enqueue.h"
#include "queue/queue_names.h"
#include "queue/queue_release.h"
#include "redis/redis_link.h"

#include <assert.h>
#include <string.h>

#define RETRY_SEC 0.25

/* An admit or enqueue under way. */
struct flight {
	struct home *home;
	size_t count;
	struct submission *subs[QUEUE_ADMIT_MAX];
};

_Static_assert(QUEUE_ENQUEUE_MAX <= QUEUE_ADMIT_MAX, "one struct flight fits both");

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

/* -- admit -- */

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

	submit_tally(submit, SCORE_RUNS_REFUSED);
	switch (result->admission) {
	case QUEUE_OVER_RATE:
		sub->run->rate_limit = submit->parts.conf->limits.rate_per_tenant;
		sub->run->retry_after_sec = (result->retry_after_ms + 999) / 1000;
		if (sub->run->retry_after_sec < 1)
			sub->run->retry_after_sec = 1;
		submit_refuse(sub, ERRORS_RATE, NULL);
		break;
	case QUEUE_OVER_QUEUED:
		submit_refuse(sub, ERRORS_TENANT_FULL, NULL);
		break;
	case QUEUE_OVER_DEPTH:
		submit_refuse(sub, ERRORS_DEPTH, NULL);
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
			submit_refuse(sub, error, NULL);
		else if (results[i].admission != QUEUE_ADMITTED)
			refuse_over(sub, &results[i]);
		else
			pg_group_add(submit->inserts, &sub->unit);
	}
	mem_free(flight);
}

void submit_send_admits(struct home *home)
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
		submit_refuse(flight->subs[i], redis_error(rc, &err, "admit"), NULL);
	mem_free(flight);
}

/* -- enqueue -- */

static void free_all(struct flight *flight)
{
	size_t i;

	for (i = 0; i < flight->count; i++)
		submit_drop(flight->subs[i]);
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

static void send(struct flight *flight);

/* One entry of these is none that the queue takes: each goes alone, so that the others do
 * not stay behind with it. */
static void enqueue_one_by_one(struct flight *flight)
{
	size_t i;

	for (i = 0; i < flight->count; i++) {
		struct flight *one = mem_new(struct flight);

		one->home = flight->home;
		one->subs[one->count++] = flight->subs[i];
		send(one);
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

static void send(struct flight *flight)
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
		job->wake = SUBMIT_WAKE_FIRST;
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

void submit_send_enqueue(struct home *home)
{
	send(flight_new(home, &home->enqueues, QUEUE_ENQUEUE_MAX));
}

/* -- release -- */

void submit_send_releases(struct home *home)
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
