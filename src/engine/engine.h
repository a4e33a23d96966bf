/* engine.h - all runs of one child: the ready list, the timers, the pump */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/list.h"
#include "base/rng.h"
#include "engine/timers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_host;

/* Bounds on one run; what a definition says may be less, never more. */
struct engine_limits {
	int64_t step_timeout_ms; /* of a step whose timeout_seconds is 0 or absent */
	int64_t run_timeout_ms; /* of a definition whose timeout_minutes is 0 or absent */
	int64_t max_turns;      /* of a definition whose max_total_turns is 0 or absent */
	int64_t max_steps;      /* that one run executes, on all its paths */
	int64_t loop_max;       /* iterations of one loop */
	uint32_t snapshot_rows; /* of the journal between two snapshots */
	size_t parallel_max; /* branches of one step at the same time; the others wait */
	size_t state_max;    /* bytes of all keys and values */
	size_t output_max;   /* bytes of one step's output as JSON text */
	size_t compact_max; /* characters of an agent's conversation before it is made smaller */
	size_t event_max; /* bytes of one event, EVENT_MAX_LEAST..; heavy fields are cut */
};

/* CONTRACT 5 and DECISIONS 9 where they say, else ours. */
#define SNAPSHOT_ROWS 256
#define ENGINE_LIMITS_DEFAULT                                                            \
	((struct engine_limits){                                                         \
		.step_timeout_ms = 300000,                                               \
		.run_timeout_ms = 1800000,                                               \
		.max_turns = 100,                                                        \
		.max_steps = 100000,                                                     \
		.loop_max = 10000,                                                       \
		.snapshot_rows = SNAPSHOT_ROWS,                                          \
		.parallel_max = 256,                                                     \
		.state_max = 8 * 1024 * 1024,                                            \
		.output_max = 1024 * 1024,                                               \
		.compact_max = 80000,                                                    \
		.event_max = 256 * 1024,                                                 \
	})

/* One per child. For readers: runs. */
struct engine {
	const struct engine_host *host; /* borrowed */
	void *host_data;
	struct engine_limits limits;
	struct rng rng;    /* jitter of retries */
	struct list ready; /* execs that have something to do */
	struct timers timers;
	struct exec *inside; /* the run whose code is on the CPU, or NULL */
	bool draining;       /* no step starts any more */
	bool pumping;
	bool wanted; /* the host was told */
	size_t runs; /* execs that are not freed */
};

/* host and host_data are borrowed for the engine's life; limits are copied. */
struct engine *engine_new(const struct engine_host *host, void *host_data,
			  const struct engine_limits *limits, uint64_t seed);
/* NULL is fine. All execs were freed before. */
void engine_free(struct engine *engine);

/*
 * Let the runs that are ready go on, within a budget: a run steps at most
 * ENGINE_RUN_STEPS times, then the next has its turn; a call makes at most
 * ENGINE_PUMP_STEPS. Returns how long until there is something to do: 0 now (the budget
 * was used up), a positive number of ms until the next deadline, -1 when nothing is
 * armed. Not from inside a host function.
 */
#define ENGINE_RUN_STEPS  32
#define ENGINE_PUMP_STEPS 1024
int64_t engine_pump(struct engine *engine);

/* From now on no step and no attempt of one starts; runs that come there are parked
 * (engine_host.parked). */
void engine_drain(struct engine *engine);

/* For the engine's own modules: something became due outside of the pump. */
void engine_want(struct engine *engine);
int64_t engine_wall_ms(struct engine *engine);
int64_t engine_mono_ms(struct engine *engine);

#endif
