/*
 * registry.c - this host's rows in the table of workers
 *
 * One statement every 4 s for all worker children, and at once when one came, went or
 * changed its state (DESIGN 3, DECISIONS 6). A write that fails is not repeated: the next
 * one says more. While one is under way no second starts.
 */
#include "keeper/registry.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "keeper/live.h"
#include "keeper/resident.h"
#include "pg/pg_pool.h"
#include "store/store_workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At most; half of a heartbeat's life, if that is less. */
#define REGISTRY_EVERY_MS 4000
#define REGISTRY_LOOK_S   0.25
#define REGISTRY_STALE_MS 90000 /* as the stock reaper: CONTRACT 3 */
#define REGISTRY_HOST_MAX 256

struct registry {
	struct ev_loop *loop;
	struct pg_pool *pool;
	const struct child_env *env;
	ev_timer timer;
	bool writing;
	int64_t written_mono_ms;
	uint64_t written_who; /* the workers of the last write and their states, hashed */
	int stale_statement;
	char hostname[REGISTRY_HOST_MAX];
	char address[REGISTRY_HOST_MAX + 32];
};

/* What came back for a batch that is under way when the registry goes: the pool's free
 * calls it before the registry is freed. */
static void on_written(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct registry *registry = arg;
	int rows, row;

	registry->writing = false;
	if (!reply) {
		if (outcome->err.code != ERR_CLOSED)
			log_warn("registry.not_written",
				 LOG_S("error", outcome->err.text));
		score_add(registry->env->score, SCORE_BEATS_LATE, 1);
		return;
	}
	rows = pg_reply_rows(reply, registry->stale_statement);
	for (row = 0; row < rows; row++)
		log_info("worker.stale",
			 LOG_S("worker", store_workers_stale_read(
						 reply, registry->stale_statement, row)));
}

static int by_row_name(const void *a, const void *b)
{
	const struct live_worker *x = a, *y = b;

	return strcmp(x->row_name, y->row_name);
}

/* Who beats now, in order of their rows; returns how many. */
static size_t look(const struct registry *registry, struct live_worker *workers,
		   uint64_t *ret_who)
{
	int64_t stale_ms = registry->env->conf->queue.pulse_stale_ms;
	uint64_t who = 0;
	size_t n = 0;
	int at = 0;

	while (live_next(registry->env->board, stale_ms, &at, &workers[n])) {
		if (!workers[n].beats || !workers[n].newest)
			continue;
		/* a sum, since the board's order means nothing */
		who += map_hash(workers[n].incarnation, strlen(workers[n].incarnation)) *
		       (uint64_t)(2 * workers[n].state + 1);
		n++;
	}
	qsort(workers, n, sizeof(*workers), by_row_name);
	*ret_who = who;
	return n;
}

static void write_rows(struct registry *registry, const struct live_worker *workers,
		       size_t n)
{
	struct store_worker_beat *beats = mem_new_n(struct store_worker_beat, n);
	struct pg_batch *batch = pg_batch_new();
	size_t i;

	for (i = 0; i < n; i++)
		beats[i] = (struct store_worker_beat){
			.worker_id = workers[i].row_name,
			.incarnation = workers[i].incarnation,
			.hostname = registry->hostname,
			.address = registry->address,
			.active_jobs = (int)workers[i].active_runs,
			.max_jobs = (int)workers[i].max_runs,
			.state = score_state_name((enum score_state)workers[i].state),
			.version = PACKAGE_VERSION,
			.generation = workers[i].generation,
			.memory_bytes = resident_bytes(workers[i].pid),
			.runs_ended = score_get(workers[i].slot, SCORE_RUNS_ENDED),
			.runs_failed = score_get(workers[i].slot, SCORE_RUNS_FAILED),
			.cost_micros = score_get(workers[i].slot, SCORE_COST_MICROS),
		};
	if (n)
		(void)store_workers_beat(batch, beats, n);
	registry->stale_statement = store_workers_mark_stale(batch, REGISTRY_STALE_MS);
	registry->writing = true;
	registry->written_mono_ms = clock_mono_ms();
	if (pg_pool_submit(registry->pool, batch, 0, on_written, registry) < 0)
		registry->writing =
			false; /* full or closing: the next turn writes more */
	mem_free(beats);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct registry *registry = w->data;
	struct live_worker *workers;
	int64_t every_ms = registry->env->conf->queue.heartbeat_ttl_ms / 2;
	uint64_t who;
	size_t n;

	if (every_ms > REGISTRY_EVERY_MS)
		every_ms = REGISTRY_EVERY_MS;
	(void)loop;
	(void)revents;
	/* a row belongs to the newest of its seat, and that is the next master's now */
	if (atomic_load(&registry->env->board->succeeded))
		return;
	if (registry->writing || !pg_pool_links_up(registry->pool))
		return;
	workers = mem_new_n(struct live_worker, SCOREBOARD_SLOTS);
	n = look(registry, workers, &who);
	if (who != registry->written_who ||
	    clock_mono_ms() - registry->written_mono_ms >= every_ms) {
		registry->written_who = who;
		write_rows(registry, workers, n);
	}
	mem_free(workers);
}

struct registry *registry_new(struct ev_loop *loop, struct pg_pool *pool,
			      const struct child_env *env)
{
	struct registry *registry = mem_new(struct registry);

	registry->loop = loop;
	registry->pool = pool;
	registry->env = env;
	if (gethostname(registry->hostname, sizeof(registry->hostname) - 1) < 0)
		(void)snprintf(registry->hostname, sizeof(registry->hostname),
			       "localhost");
	(void)snprintf(registry->address, sizeof(registry->address), "http://%s:%u",
		       registry->hostname, env->conf->worker.health_listen.port);
	ev_timer_init(&registry->timer, on_timer, 0., REGISTRY_LOOK_S);
	registry->timer.data = registry;
	ev_timer_start(loop, &registry->timer);
	return registry;
}

void registry_free(struct registry *registry)
{
	if (!registry)
		return;
	ev_timer_stop(registry->loop, &registry->timer);
	mem_free(registry);
}

static void on_offline(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	(void)arg;
	/* the sweep for stale rows repairs what was not written */
	if (!reply && outcome->err.code != ERR_CLOSED)
		log_warn("registry.not_written", LOG_S("error", outcome->err.text));
}

void registry_offline(struct registry *registry, const char *row_name,
		      const char *incarnation, const char *cause)
{
	struct pg_batch *batch = pg_batch_new();

	(void)store_workers_offline(batch, row_name, incarnation, cause);
	if (pg_pool_submit(registry->pool, batch, 0, on_offline, NULL) < 0)
		log_warn("registry.not_written",
			 LOG_S("error", "Postgres' queue is full"));
}

const char *registry_address(const struct registry *registry)
{
	return registry->address;
}

const char *registry_hostname(const struct registry *registry)
{
	return registry->hostname;
}
