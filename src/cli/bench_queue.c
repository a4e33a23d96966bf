/*
 * bench_queue.c - how fast entries go through the queue
 *
 * What a worker does with the queue and nothing else: a call finishes what the one before
 * brought and claims as many again. One tenant, one lane, the payload of a run of one
 * step. Each round fills the queue first and ends when a claim brings nothing; every
 * entry must have come exactly once, or there is no figure.
 */
#include "cli/bench_queue.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/bench_house.h"
#include "cli/bench_info.h"
#include "cli/bench_link.h"
#include "cli/bench_samples.h"
#include "queue/queue_admit.h"
#include "queue/queue_claim.h"
#include "queue/queue_enqueue.h"
#include "queue/queue_lineage.h"
#include "run/payload.h"

#include <stdio.h>
#include <string.h>

#define FILL_BATCH   200
#define ALIVE_TTL_MS 60000

static const struct queue_text tenant = { "default", 7 };
static const int64_t batches[BENCH_QUEUE_BATCHES] = { 50, 200 };

struct bench_queue {
	struct bench_house *house;
	struct bench_link link;
	struct queue *queue;
	struct str payload;
	int64_t added;
	struct queue_ended ended[QUEUE_BATCH_MAX]; /* texts in claimed */
	size_t ended_count;
	struct arena claimed; /* of the call before */
	int64_t finished;
	/* the answer that is waited for */
	bool done;
	int rc;
	struct err err;
};

/* Turn the loop until the act that was sent with rc has its answer. */
static int wait(struct bench_queue *bench, int rc, struct err *err)
{
	if (rc < 0)
		return rc;
	bench_link_wait(&bench->link, &bench->done);
	bench->done = false;
	return bench->rc < 0 ? err_set(err, bench->rc, "%s", bench->err.text) : 0;
}

static void answered(struct bench_queue *bench, int rc, const struct err *err)
{
	bench->done = true;
	bench->rc = rc;
	if (rc < 0)
		bench->err = *err;
}

/* ---- filling ---- */

static void on_admitted(void *arg, int rc, const struct queue_admit_result *results,
			size_t n, int64_t now_ms, const struct err *err)
{
	struct bench_queue *bench = arg;
	struct err refused;
	size_t i;

	(void)now_ms;
	for (i = 0; rc == 0 && i < n; i++)
		if (results[i].admission != QUEUE_ADMITTED)
			rc = err_set(&refused, ERR_REFUSED, "a job was not admitted");
	answered(bench, rc, rc == ERR_REFUSED && results ? &refused : err);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct bench_queue *bench = arg;

	(void)enqueue_at_ms;
	bench->added += added;
	answered(bench, rc, err);
}

static int fill_some(struct bench_queue *bench, size_t n, struct err *err)
{
	struct queue_admit_entry admit[FILL_BATCH];
	struct queue_enqueue_entry enqueue[FILL_BATCH];
	struct arena arena;
	char id[IDS_MAX];
	size_t i;
	int rc;

	arena_init(&arena);
	memset(admit, 0, sizeof(admit));
	memset(enqueue, 0, sizeof(enqueue));
	for (i = 0; i < n; i++) {
		const char *run = arena_dup(&arena, ids_run(clock_wall_ms(), id));
		const char *job = arena_printf(&arena, "%s:1", run);

		admit[i].id = (struct queue_text){ job, strlen(job) };
		admit[i].tenant = tenant;
		enqueue[i].job = (struct queue_job){
			.kind = QUEUE_JOB_RUN,
			.wake = 1,
			.attempt = 1,
			.run = { run, strlen(run) },
			.tenant = tenant,
			.lane = { QUEUE_LANE_ANY, strlen(QUEUE_LANE_ANY) },
			.payload = { str_text(&bench->payload), bench->payload.len },
		};
	}
	rc = wait(bench, queue_admit(bench->queue, admit, n, 0, on_admitted, bench, err),
		  err);
	if (rc == 0)
		rc = wait(
			bench,
			queue_enqueue(bench->queue, enqueue, n, on_enqueued, bench, err),
			err);
	arena_deinit(&arena);
	return rc;
}

static int fill(struct bench_queue *bench, int64_t jobs, struct err *err)
{
	int64_t left;
	int rc = 0;

	bench->added = 0;
	for (left = jobs; left > 0 && rc == 0; left -= FILL_BATCH) {
		if (bench_house_stopped(bench->house))
			return err_set(err, ERR_CLOSED, "stopped");
		rc = fill_some(bench, left < FILL_BATCH ? (size_t)left : FILL_BATCH, err);
	}
	if (rc == 0 && bench->added != jobs)
		rc = err_set(err, ERR_CONFLICT, "%lld of %lld jobs were added",
			     (long long)bench->added, (long long)jobs);
	return rc;
}

/* ---- claim and finish ---- */

static void on_claimed(void *arg, int rc, const struct queue_claimed *claimed,
		       const struct err *err)
{
	struct bench_queue *bench = arg;
	struct err strange;
	struct str id = STR_INIT;
	size_t i;

	if (rc == 0 && (claimed->refused || claimed->paused || claimed->nbad)) {
		rc = err_set(&strange, ERR_CONFLICT, "a claim was refused");
		err = &strange;
	}
	if (rc < 0) {
		answered(bench, rc, err);
		return;
	}
	bench->finished += claimed->finished;
	arena_deinit(&bench->claimed);
	bench->ended_count = claimed->njobs;
	for (i = 0; i < claimed->njobs; i++) {
		const struct queue_job *job = &claimed->jobs[i];

		str_reset(&id, 1024);
		queue_job_id(job, &id);
		bench->ended[i].id.data = arena_dup_n(&bench->claimed, id.data, id.len);
		bench->ended[i].id.len = id.len;
		bench->ended[i].tenant.data =
			arena_dup_n(&bench->claimed, job->tenant.data, job->tenant.len);
		bench->ended[i].tenant.len = job->tenant.len;
	}
	str_deinit(&id);
	answered(bench, 0, NULL);
}

static int drain(struct bench_queue *bench, int64_t batch, struct bench_samples *calls_us,
		 struct err *err)
{
	const struct queue_text lane = { QUEUE_LANE_ANY, strlen(QUEUE_LANE_ANY) };
	int64_t sent_mono_us;
	int rc;

	bench->finished = 0;
	bench->ended_count = 0;
	do {
		struct queue_claim_ask ask = {
			.want = (size_t)batch,
			.lanes = &lane,
			.nlanes = 1,
			.ended = bench->ended,
			.nended = bench->ended_count,
			.alive_ttl_ms = ALIVE_TTL_MS,
		};

		if (bench_house_stopped(bench->house))
			return err_set(err, ERR_CLOSED, "stopped");
		sent_mono_us = clock_mono_us();
		rc = wait(bench, queue_claim(bench->queue, &ask, on_claimed, bench, err),
			  err);
		bench_samples_add(calls_us, clock_mono_us() - sent_mono_us);
	} while (rc == 0 && bench->ended_count);
	return rc;
}

/* ---- one round ---- */

static int redis_cpu_us(struct bench_queue *bench, int64_t *ret, struct err *err)
{
	struct str text = STR_INIT;
	int rc = bench_link_info(&bench->link, "cpu", &text, err);

	if (rc == 0)
		*ret = bench_info_cpu_us(str_text(&text));
	str_deinit(&text);
	if (rc == 0 && *ret < 0)
		rc = err_set(err, ERR_PROTO, "INFO cpu is not understood");
	return rc;
}

static int measure_round(struct bench_queue *bench, int64_t jobs, int64_t batch,
			 struct bench_queue_round *ret, struct err *err)
{
	struct bench_samples calls_us = { .count = 0 };
	int64_t mono_us[3] = { 0 }, redis_us[3] = { 0 }, own_us = 0;
	double n = (double)jobs;
	int rc = redis_cpu_us(bench, &redis_us[0], err);

	mono_us[0] = clock_mono_us();
	if (rc == 0)
		rc = fill(bench, jobs, err);
	mono_us[1] = clock_mono_us();
	if (rc == 0)
		rc = redis_cpu_us(bench, &redis_us[1], err);
	own_us = clock_cpu_us();
	if (rc == 0) {
		int64_t begin_mono_us = clock_mono_us();

		rc = drain(bench, batch, &calls_us, err);
		mono_us[2] = clock_mono_us() - begin_mono_us;
	}
	own_us = clock_cpu_us() - own_us;
	if (rc == 0)
		rc = redis_cpu_us(bench, &redis_us[2], err);
	if (rc == 0 && bench->finished != jobs)
		rc = err_set(err, ERR_CONFLICT, "%lld jobs went in and %lld came out",
			     (long long)jobs, (long long)bench->finished);
	if (rc == 0)
		*ret = (struct bench_queue_round){
			.jobs = jobs,
			.batch = batch,
			.enqueue_jobs_per_s = n * 1e6 / (double)(mono_us[1] - mono_us[0]),
			.jobs_per_s = n * 1e6 / (double)mono_us[2],
			.enqueue_redis_cpu_us = (double)(redis_us[1] - redis_us[0]) / n,
			.redis_cpu_us = (double)(redis_us[2] - redis_us[1]) / n,
			.own_cpu_us = (double)own_us / n,
			.call_p50_us = (double)bench_samples_at(&calls_us, 50.),
			.call_p99_us = (double)bench_samples_at(&calls_us, 99.),
		};
	bench_samples_deinit(&calls_us);
	return rc;
}

static void on_lineage(void *arg, int rc, struct queue_text lineage, bool changed,
		       const struct err *err)
{
	(void)lineage;
	(void)changed;
	answered(arg, rc, err);
}

static int prepare(struct bench_queue *bench, struct err *err)
{
	struct payload payload = { .definition_id = "bench",
				   .definition_version = 1,
				   .whole = true,
				   .message = "hello" };
	char incarnation[IDS_MAX];
	int rc = bench_link_open(&bench->link, bench->house->servers.redis_url, err);

	payload_pack(&payload, &bench->payload);
	if (rc == 0)
		rc = queue_new(bench->link.link, bench->link.scripts, "bench",
			       ids_incarnation("bench-0", incarnation), &bench->queue,
			       err);
	if (rc == 0)
		rc = wait(bench, queue_lineage_open(bench->queue, on_lineage, bench, err),
			  err);
	return rc;
}

int bench_queue_measure(struct bench_house *house, int64_t jobs, int64_t batch,
			struct bench_queue_result *ret, struct err *err)
{
	struct bench_queue *bench = mem_new(struct bench_queue);
	size_t i;
	int rc;

	bench->house = house;
	arena_init(&bench->claimed);
	rc = prepare(bench, err);
	if (rc == 0)
		rc = bench_baseline_measure(house, &bench->link, &ret->baseline, err);
	ret->count = batch ? 1 : BENCH_QUEUE_BATCHES;
	for (i = 0; i < ret->count && rc == 0; i++) {
		rc = measure_round(bench, jobs, batch ? batch : batches[i],
				   &ret->rounds[i], err);
		if (rc == 0)
			bench_house_say("%lld jobs, %lld a call: %.0f jobs/s",
					(long long)jobs, (long long)ret->rounds[i].batch,
					ret->rounds[i].jobs_per_s);
	}
	queue_free(bench->queue);
	bench_link_close(&bench->link);
	arena_deinit(&bench->claimed);
	str_deinit(&bench->payload);
	mem_free(bench);
	return rc;
}
