/*
 * sim_plan.c - what a seed of the simulator stands for
 *
 * A seed decides how many workers and runs there are, what may go wrong and how tight the
 * limits are. A third of all seeds is steady: those are executed a second time with other
 * timing and other faults, and must end alike.
 */
#include "sim_plan.h"

#include "base/rng.h"
#include "engine/event.h"

#include <string.h>

/* What a loop makes of itself, twice as much each time, is to stay small: a run is read
 * again and again here. The first is of steady plans, which are executed twice. */
#define STEADY_STATE_MAX 10000
#define STATE_MAX        200000

static const char *const fault_names[SIM_NFAULTS] = {
	[SIM_CRASH] = "crash",   [SIM_FREEZE] = "freeze", [SIM_DRAIN] = "drain",
	[SIM_CANCEL] = "cancel", [SIM_JUMP] = "jump",     [SIM_DOUBT] = "doubt",
	[SIM_RESUME] = "resume",
};

const char *sim_fault_name(enum sim_fault fault)
{
	return fault_names[fault];
}

enum sim_fault sim_fault_parse(const char *name, size_t len)
{
	int i;

	for (i = 0; i < SIM_NFAULTS; i++)
		if (strlen(fault_names[i]) == len &&
		    strncmp(fault_names[i], name, len) == 0)
			break;
	return (enum sim_fault)i;
}

uint64_t sim_mix(uint64_t a, uint64_t b)
{
	struct rng rng;

	rng_seed(&rng, a ^ (b * 0x9E3779B97F4A7C15ULL + 0x632BE59BD9B4E019ULL));
	(void)rng_next(&rng);
	return rng_next(&rng);
}

uint64_t sim_mix_text(uint64_t a, const char *text, size_t len)
{
	size_t i;

	a ^= 14695981039346656037ULL;
	for (i = 0; i < len; i++)
		a = (a ^ (unsigned char)text[i]) * 1099511628211ULL;
	return sim_mix(a, len);
}

uint64_t sim_plan_stream(const struct sim_plan *plan, enum sim_stream stream, uint64_t n)
{
	return sim_mix(sim_mix(plan->seed, (uint64_t)stream), n);
}

static void tighten(struct engine_limits *limits, struct rng *rng)
{
	static const size_t state_max[] = { 600, 2000, 20000 };
	static const size_t output_max[] = { 64, 700, 4000 };
	static const int64_t run_ms[] = { 3000, 60000, 600000 };

	if (rng_below(rng, 4) == 0)
		limits->state_max = state_max[rng_below(rng, 3)];
	if (rng_below(rng, 4) == 0)
		limits->output_max = output_max[rng_below(rng, 3)];
	if (rng_below(rng, 4) == 0)
		limits->event_max = EVENT_MAX_LEAST;
	if (rng_below(rng, 4) == 0)
		limits->max_steps = 1 + (int64_t)rng_below(rng, 20);
	if (rng_below(rng, 4) == 0)
		limits->max_turns = 1 + (int64_t)rng_below(rng, 12);
	if (rng_below(rng, 4) == 0)
		limits->run_timeout_ms = run_ms[rng_below(rng, 3)];
	if (rng_below(rng, 4) == 0)
		limits->step_timeout_ms = 1000 + (int64_t)rng_below(rng, 20000);
}

void sim_plan_init(struct sim_plan *plan, uint64_t seed)
{
	struct rng rng;
	int i;

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	plan->limits = ENGINE_LIMITS_DEFAULT;
	rng_seed(&rng, sim_plan_stream(plan, SIM_STREAM_PLAN, 0));
	plan->runs = 1 + (int)rng_below(&rng, SIM_RUNS_MAX);
	plan->workers = 1 + (int)rng_below(&rng, SIM_WORKERS_MAX);
	plan->steps = 1 + (int)rng_below(&rng, 8);
	plan->steady = rng_below(&rng, 3) == 0;
	for (i = 0; i < SIM_NFAULTS; i++)
		if (rng_below(&rng, 3) > 0)
			plan->faults |= 1U << i;
	plan->limits.max_steps = plan->steady ? 100000 : 300;
	plan->limits.snapshot_rows = 1 + (uint32_t)rng_below(&rng, 30);
	plan->limits.parallel_max = 1 + rng_below(&rng, 5);
	if (plan->steady) {
		plan->faults &= ~(1U << SIM_CANCEL);
		plan->limits.state_max = STEADY_STATE_MAX;
	} else {
		plan->limits.state_max = STATE_MAX;
		tighten(&plan->limits, &rng);
	}
}
