/*
 * bench_start.c - how soon an idle fleet starts what was enqueued
 *
 * This process does what an API child does last when it accepts a run: the row is in, and
 * the enqueue script goes out. Both clocks are one (CLOCK_MONOTONIC of this host), and
 * the worker's side is read off its scoreboard, so nothing spins and nothing is asked
 * while a run is on its way. The pause before each run is random, so that no timer of
 * anybody's runs in step with it.
 */
#include "cli/bench_start.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/rng.h"
#include "base/str.h"
#include "cli/bench_daemon.h"
#include "cli/bench_house.h"
#include "cli/bench_link.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_wait.h"
#include "queue/queue_enqueue.h"
#include "queue/queue_names.h"
#include "run/payload.h"
#include "store/store_runs.h"

#include <string.h>
#include <time.h>

#define MESSAGE      "hello"
#define PAUSE_MIN_MS 15
#define PAUSE_MAX_MS 25
#define WARM_UP      10 /* runs that are not counted: caches of the fleet are empty */
#define STARTED_MS   5000
#define INSERT_MS    10000

struct starter {
	struct bench_house *house;
	struct bench_daemon *daemon;
	struct bench_link *link;
	const struct bench_start_plan *plan;
	struct queue *queue;
	struct pg_pool *pool;
	struct str payload;
	struct str tenant; /* key form */
	struct rng rng;
	bool done;
	int rc;
	struct err err;
};

static int insert(struct starter *starter, const char *run_id, struct err *err)
{
	const struct conf *conf = starter->house->conf;
	const struct store_run_new row = {
		.run_id = run_id,
		.orchestration_id = starter->plan->orchestration_id,
		.tenant_id = conf->limits.default_tenant,
		.queue = conf->queue.names.items[0],
		.lane = QUEUE_LANE_ANY,
		.input = MESSAGE,
		.definition_version = starter->plan->version,
	};
	struct pg_batch *batch = pg_batch_new();

	(void)store_runs_insert(batch, &row, 1);
	return pg_wait(starter->link->loop, starter->pool, batch, INSERT_MS, NULL, NULL,
		       err);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct starter *starter = arg;

	(void)enqueue_at_ms;
	starter->done = true;
	starter->rc = rc;
	if (rc < 0)
		starter->err = *err;
	else if (added != 1)
		starter->rc = err_set(&starter->err, ERR_CONFLICT,
				      "the run was in the queue already");
}

static int enqueue(struct starter *starter, const char *run_id, struct err *err)
{
	struct queue_enqueue_entry entry = {
		.job = {
			.kind = QUEUE_JOB_RUN,
			.wake = 1,
			.attempt = 1,
			.run = { run_id, strlen(run_id) },
			.tenant = { str_text(&starter->tenant), starter->tenant.len },
			.lane = { QUEUE_LANE_ANY, strlen(QUEUE_LANE_ANY) },
			.payload = { str_text(&starter->payload), starter->payload.len },
		},
	};
	int rc;

	starter->done = false;
	rc = queue_enqueue(starter->queue, &entry, 1, on_enqueued, starter, err);
	if (rc < 0)
		return rc;
	bench_link_wait(starter->link, &starter->done);
	return starter->rc < 0 ? err_set(err, starter->rc, "%s", starter->err.text) : 0;
}

/* Until the daemon's newest start is younger than before. */
static int await_start(struct starter *starter, int64_t before_us, int64_t *ret_us,
		       struct err *err)
{
	int64_t until_mono_ms = clock_mono_ms() + STARTED_MS;
	struct timespec look = { 0, 500000 };

	while ((*ret_us = bench_daemon_last_start_us(starter->daemon)) == before_us) {
		if (clock_mono_ms() > until_mono_ms)
			return err_set(err, ERR_TIMEOUT,
				       "a run was not started within %d s",
				       STARTED_MS / 1000);
		(void)nanosleep(&look, NULL);
	}
	return 0;
}

static int start_one(struct starter *starter, int64_t *latency_us, struct err *err)
{
	int64_t before_us, sent_us, started_us, pause_ms;
	char run_id[IDS_MAX];
	int rc = insert(starter, ids_run(clock_wall_ms(), run_id), err);

	pause_ms = PAUSE_MIN_MS +
		   (int64_t)rng_below(&starter->rng, PAUSE_MAX_MS - PAUSE_MIN_MS + 1);
	if (rc == 0)
		rc = bench_house_sleep(starter->house, pause_ms, err);
	if (rc < 0)
		return rc;
	before_us = bench_daemon_last_start_us(starter->daemon);
	sent_us = clock_mono_us();
	rc = enqueue(starter, run_id, err);
	if (rc == 0)
		rc = await_start(starter, before_us, &started_us, err);
	if (rc == 0)
		*latency_us = started_us - sent_us;
	return rc;
}

static int prepare(struct starter *starter, struct err *err)
{
	const struct conf *conf = starter->house->conf;
	const struct pg_options options = { .url = conf->postgres.url,
					    .application_name = "synapsed-bench",
					    .connections = 1 };
	const struct payload payload = {
		.definition_id = starter->plan->orchestration_id,
		.definition_version = starter->plan->version,
		.whole = true,
		.message = MESSAGE,
	};
	int rc;

	payload_pack(&payload, &starter->payload);
	queue_names_tenant(&starter->tenant, conf->limits.default_tenant);
	rng_seed(&starter->rng, rng_u64());
	rc = queue_new(starter->link->link, starter->link->scripts,
		       conf->queue.names.items[0], NULL, &starter->queue, err);
	if (rc == 0)
		rc = pg_pool_new(starter->link->loop, &options, &starter->pool, err);
	return rc;
}

int bench_start_measure(struct bench_house *house, struct bench_daemon *daemon,
			struct bench_link *link, const struct bench_start_plan *plan,
			struct bench_samples *ret, struct err *err)
{
	struct starter starter = {
		.house = house, .daemon = daemon, .link = link, .plan = plan
	};
	int64_t i, latency_us = 0;
	int rc = prepare(&starter, err);

	for (i = -WARM_UP; i < plan->count && rc == 0; i++) {
		rc = start_one(&starter, &latency_us, err);
		if (rc == 0 && i >= 0)
			bench_samples_add(ret, latency_us);
	}
	pg_pool_free(starter.pool);
	queue_free(starter.queue);
	str_deinit(&starter.payload);
	str_deinit(&starter.tenant);
	return rc;
}
