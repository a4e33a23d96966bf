/*
 * sim_world.c - a simulated fleet: its time, its chance, its workers and its store
 *
 * One thread and one heap of things that happen; time jumps from one to the next, so that
 * an hour of waiting costs nothing. What happens at the same moment does so in an order
 * of chance. When nothing is left to happen and a run has not ended, it never will.
 */
#include "sim_world.h"

#include "base/mem.h"
#include "sim_commit.h"
#include "sim_net.h"
#include "sim_people.h"
#include "sim_side.h"
#include "sim_worker.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRED_MAX 400000
#define DAY_MS    86400000

/* ---- time ---- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->tie < b->tie;
}

void sim_after(struct sim_world *world, int64_t ms, sim_cb fire, void *arg, int64_t n)
{
	const struct sim_event event = { .at_ms = world->now_ms + ms,
					 .tie = rng_next(&world->time),
					 .fire = fire,
					 .arg = arg,
					 .n = n };
	size_t at, parent;

	if (world->heap_count == world->heap_room) {
		world->heap_room = world->heap_room ? world->heap_room * 2 : 64;
		world->heap =
			mem_resize(world->heap, world->heap_room * sizeof(*world->heap));
	}
	for (at = world->heap_count++; at > 0; at = parent) {
		parent = (at - 1) / 2;
		if (!before(&event, &world->heap[parent]))
			break;
		world->heap[at] = world->heap[parent];
	}
	world->heap[at] = event;
}

static struct sim_event take(struct sim_world *world)
{
	const struct sim_event first = world->heap[0];
	const struct sim_event last = world->heap[--world->heap_count];
	size_t at = 0, child;

	for (; (child = at * 2 + 1) < world->heap_count; at = child) {
		if (child + 1 < world->heap_count &&
		    before(&world->heap[child + 1], &world->heap[child]))
			child++;
		if (!before(&world->heap[child], &last))
			break;
		world->heap[at] = world->heap[child];
	}
	world->heap[at] = last;
	return first;
}

int64_t sim_any(struct sim_world *world, int64_t n)
{
	return (int64_t)rng_below(&world->time, (uint64_t)n);
}

int64_t sim_latency(struct sim_world *world, int64_t typical_ms)
{
	int64_t odds = sim_any(world, 40);

	if (odds == 0 && !world->plan.steady)
		typical_ms *= 100;
	else if (odds < 4)
		typical_ms *= 10;
	return sim_any(world, typical_ms + 1);
}

/* ---- what is said ---- */

void sim_tell(const struct sim_world *world, const char *format, ...)
{
	va_list args;

	(void)printf("%9.3f ", (double)world->now_ms / 1000.);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	(void)putchar('\n');
}

void sim_broken(const struct sim_world *world, const char *format, ...)
{
	va_list args;

	(void)fflush(stdout);
	(void)fprintf(stderr, "seed %" PRIu64 ", %.3f s: ", world->plan.seed,
		      (double)world->now_ms / 1000.);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	_exit(SIM_BROKEN);
}

void sim_agree(const struct sim_world *world, const char *run_id, const char *one,
	       const char *one_text, const char *other, const char *other_text)
{
	size_t at = 0, line = 0;

	if (strcmp(one_text, other_text) == 0)
		return;
	for (; one_text[at] == other_text[at]; at++)
		if (one_text[at] == '\n')
			line = at + 1;
	sim_broken(world,
		   "%s: %s goes apart from %s at\n  %.*s\nand not\n  %.*s\nbehind\n%.*s",
		   run_id, one, other, (int)strcspn(one_text + line, "\n"),
		   one_text + line, (int)strcspn(other_text + line, "\n"),
		   other_text + line, (int)line, one_text);
}

/* ---- what goes wrong ---- */

static struct rng *fault(struct sim_world *world, enum sim_fault fault)
{
	return &world->faults[fault];
}

static int64_t crash_distance(struct sim_world *world)
{
	struct rng *rng = fault(world, SIM_CRASH);

	if (world->plan.given) /* most of them are short */
		return 1 + (int64_t)rng_below(rng, 25);
	if (rng_below(rng, 3) == 0)
		return 1 +
		       (int64_t)rng_below(rng, 6); /* again, before it is on its feet */
	return 5 + (int64_t)rng_below(rng, 150);
}

bool sim_crash_point(struct sim_worker *worker, const char *where)
{
	struct sim_world *world = worker->world;

	if (worker->doomed)
		return true;
	if (world->crashes_left == 0 || --world->crash_in > 0)
		return false;
	world->crashes_left--;
	world->crash_in = crash_distance(world);
	world->counts->crashes++;
	worker->doomed = true;
	sim_say(world, "#%d crashes: %s", worker->incarnation, where);
	return true;
}

/* A moment: soon, or later, or much later. */
static int64_t some_day(struct rng *rng)
{
	static const uint64_t spans[] = { 50, 500, 5000, 60000 };

	return (int64_t)rng_below(rng, spans[rng_below(rng, 4)]);
}

static struct sim_worker *any_worker(struct sim_world *world, struct rng *rng)
{
	return world->workers[rng_below(rng, (uint64_t)world->plan.workers)];
}

static void on_freeze(struct sim_world *world, void *arg, int64_t n)
{
	struct rng *rng = fault(world, SIM_FREEZE);

	(void)arg;
	(void)n;
	world->counts->freezes++;
	sim_worker_freeze(any_worker(world, rng),
			  rng_below(rng, 2) ? 1 + (int64_t)rng_below(rng, 3000)
					    : 7000 + (int64_t)rng_below(rng, 40000));
}

static void on_drain(struct sim_world *world, void *arg, int64_t n)
{
	(void)arg;
	(void)n;
	sim_worker_drain(any_worker(world, fault(world, SIM_DRAIN)));
}

static void on_jump(struct sim_world *world, void *arg, int64_t n)
{
	struct rng *rng = fault(world, SIM_JUMP);
	struct sim_worker *worker = any_worker(world, rng);
	/* a run's time is counted by its events: a steady one stays far from its limit */
	int64_t most_ms = world->plan.steady ? 20000 : 7200000;

	(void)arg;
	(void)n;
	worker->wall_off_ms = (int64_t)rng_below(rng, (uint64_t)most_ms) - most_ms / 2;
	sim_say(world, "slot %d: the wall clock is %" PRId64 " ms off", worker->slot,
		worker->wall_off_ms);
}

/* The hint may get lost; the commits bring the word as well. */
static void on_cancel(struct sim_world *world, void *arg, int64_t n)
{
	struct rng *rng = fault(world, SIM_CANCEL);
	struct sim_run *run = arg;
	int i;

	(void)n;
	sim_store_cancel(world, run);
	if (rng_below(rng, 3) == 0)
		return;
	for (i = 0; i < world->plan.workers; i++)
		sim_worker_cancel(world->workers[i], run);
}

static void on_certain_cancel(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_run *run = arg;
	int i;

	(void)n;
	sim_store_cancel(world, run);
	for (i = 0; i < world->plan.workers; i++)
		sim_worker_cancel(world->workers[i], run);
}

void sim_world_cancel(struct sim_world *world, struct sim_run *run)
{
	sim_after(world, 1, on_certain_cancel, run, 0);
}

static void plan_faults(struct sim_world *world)
{
	static const struct {
		enum sim_fault fault;
		sim_cb fire;
		uint64_t most;
	} rows[] = {
		{ SIM_FREEZE, on_freeze, 4 },
		{ SIM_DRAIN, on_drain, 4 },
		{ SIM_JUMP, on_jump, 4 },
	};
	struct rng *rng = fault(world, SIM_CANCEL);
	size_t i;
	int n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rng *its = fault(world, rows[i].fault);

		if (!(world->plan.faults & 1U << rows[i].fault))
			continue;
		for (n = (int)rng_below(its, rows[i].most); n > 0; n--)
			sim_after(world, some_day(its), rows[i].fire, NULL, 0);
	}
	for (n = 0; n < world->plan.runs; n++)
		if ((world->plan.faults & 1U << SIM_CANCEL) && rng_below(rng, 3) == 0)
			sim_after(world, some_day(rng), on_cancel, &world->runs[n], 0);
	if (world->plan.faults & 1U << SIM_CRASH)
		world->crashes_left = (int)rng_below(fault(world, SIM_CRASH), 9);
	world->crash_in = crash_distance(world);
}

/* ---- the world ---- */

static void on_enqueued(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_run *run = arg;
	int i;

	(void)n;
	run->entry = SIM_READY;
	for (i = 0; i < world->plan.workers; i++)
		sim_worker_bell(world->workers[i]);
}

struct sim_world *sim_world_new(const struct sim_plan *plan, int twin, bool trace,
				struct sim_counts *counts)
{
	struct sim_world *world = mem_new(struct sim_world);
	int i;

	world->plan = *plan;
	world->twin = twin;
	world->trace = trace;
	world->counts = counts;
	list_init(&world->batches);
	list_init(&world->lost_calls);
	list_init(&world->lost_sides);
	list_init(&world->reads);
	rng_seed(&world->time, sim_plan_stream(plan, SIM_STREAM_TIME, (uint64_t)twin));
	if (twin) { /* these bounds are of time and space, not of what is done */
		world->plan.limits.parallel_max = 1 + (size_t)sim_any(world, 5);
		world->plan.limits.snapshot_rows = 1 + (uint32_t)sim_any(world, 30);
	}
	for (i = 0; i < SIM_NFAULTS; i++)
		rng_seed(&world->faults[i],
			 sim_plan_stream(plan, SIM_STREAM_FAULT,
					 (uint64_t)(twin * SIM_NFAULTS + i)));
	for (i = 0; i < plan->runs; i++) {
		sim_run_init(world, &world->runs[i], i);
		world->runs[i].entry = SIM_HELD; /* by whoever accepts it */
		sim_after(world, sim_any(world, 300), on_enqueued, &world->runs[i], 0);
	}
	for (i = 0; i < plan->workers; i++) {
		world->workers[i] = sim_worker_new(world, i);
		sim_worker_start(world->workers[i]);
	}
	plan_faults(world);
	return world;
}

static bool is_over(const struct sim_world *world)
{
	int i;

	for (i = 0; i < world->plan.runs; i++)
		if (!sim_run_ended(&world->runs[i]) || world->runs[i].reopening ||
		    world->runs[i].entry != SIM_GONE)
			return false;
	for (i = 0; i < world->plan.workers; i++)
		if (!list_empty(&world->workers[i]->helds))
			return false;
	return true;
}

static void bury_doomed(struct sim_world *world)
{
	int i;

	for (i = 0; i < world->plan.workers; i++)
		if (world->workers[i]->doomed && world->workers[i]->life != SIM_DOWN)
			sim_worker_end(world->workers[i], "is gone");
}

static void refuse_to_go_on(const struct sim_world *world, const char *why)
{
	int i;

	for (i = 0; i < world->plan.runs; i++)
		if (!sim_run_ended(&world->runs[i]))
			sim_broken(world, "%s has not ended: %s", world->runs[i].run_id,
				   why);
	sim_broken(world, "all runs have ended, somebody still has one: %s", why);
}

void sim_world_run(struct sim_world *world)
{
	int i;

	while (!is_over(world)) {
		struct sim_event event;

		if (world->heap_count == 0)
			refuse_to_go_on(world, "nothing is left to happen");
		if (world->fired++ > FIRED_MAX || world->now_ms > DAY_MS)
			refuse_to_go_on(world, "it goes on and on");
		event = take(world);
		world->now_ms = event.at_ms;
		event.fire(world, event.arg, event.n);
		bury_doomed(world);
	}
	for (i = 0; i < world->plan.runs; i++)
		sim_watch_end(world, &world->runs[i]);
	world->counts->events += world->fired;
	world->counts->runs += world->plan.runs;
}

void sim_world_free(struct sim_world *world)
{
	struct list *node;
	int i;

	for (i = 0; i < world->plan.workers; i++)
		sim_worker_free(world->workers[i]);
	sim_net_forget(world);
	sim_side_forget(world);
	sim_people_forget(world);
	while ((node = list_shift(&world->batches)))
		sim_commit_free(list_entry(node, struct sim_batch, node));
	for (i = 0; i < world->plan.runs; i++)
		sim_run_deinit(&world->runs[i]);
	mem_free(world->heap);
	mem_free(world);
}
