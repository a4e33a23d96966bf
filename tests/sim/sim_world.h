/* sim_world.h - a simulated fleet: its time, its chance, its workers and its store */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "base/list.h"
#include "base/rng.h"
#include "sim_plan.h"
#include "sim_store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world;
struct sim_worker;

/* Something that happens at a moment. */
typedef void (*sim_cb)(struct sim_world *world, void *arg, int64_t n);

struct sim_event {
	int64_t at_ms;
	uint64_t tie; /* random order of what happens at the same moment */
	sim_cb fire;
	void *arg;
	int64_t n;
};

/* What a report tells; sums over all seeds. */
struct sim_counts {
	int64_t seeds;
	int64_t runs;
	int64_t events; /* things that happened in the simulated worlds */
	int64_t frames; /* engine frames made */
	int64_t steps;  /* step executions that began */
	int64_t branches;
	int64_t calls;
	int64_t uses; /* of tools */
	int64_t questions;
	int64_t answers;
	int64_t pauses;
	int64_t rows;
	int64_t orders; /* journals folded in another order of their rows, too */
	int64_t folds;  /* journals folded, to go on or to compare */
	int64_t crashes;
	int64_t freezes;
	int64_t drains;
	int64_t reopens;   /* runs that failed and went on */
	int64_t takeovers; /* of a run that others had */
	int64_t stale;     /* commits of former owners refused */
	int64_t completed;
	int64_t failed;
	int64_t cancelled;
};

struct sim_world {
	struct sim_plan plan;
	int twin;   /* which execution of a steady seed: each has a timing of its own */
	bool trace; /* tell what happens, on stdout */
	int64_t now_ms;
	struct sim_event *heap; /* owned; the earliest first */
	size_t heap_count;
	size_t heap_room;
	int64_t fired;
	struct rng time; /* how long things take, and in which order */
	struct rng faults[SIM_NFAULTS];
	int64_t crash_in; /* moments at which a worker may end, until one does */
	int crashes_left;
	struct sim_run runs[SIM_RUNS_MAX];
	struct sim_worker *workers[SIM_WORKERS_MAX]; /* owned */
	int incarnations;                            /* numbers given out */
	struct list batches;    /* struct sim_batch, owned: commits on their way */
	struct list lost_calls; /* abandoned ones that an event still has; owned */
	struct list lost_sides; /* likewise */
	struct list reads;      /* of answers of people, under way; owned */
	int64_t jobs;           /* numbers given out */
	uint64_t digest;        /* of all that was stored */
	struct sim_counts *counts;
};

/* A world in which nothing has happened. counts are borrowed. */
struct sim_world *sim_world_new(const struct sim_plan *plan, int twin, bool trace,
				struct sim_counts *counts);
/* Until all runs have ended and nobody has anything of them any more. */
void sim_world_run(struct sim_world *world);
void sim_world_free(struct sim_world *world);

/* fire happens after so many ms (0: at this moment, behind what happens now). */
void sim_after(struct sim_world *world, int64_t ms, sim_cb fire, void *arg, int64_t n);
/* 0..n-1, from the timing's numbers. */
int64_t sim_any(struct sim_world *world, int64_t n);
/* Somebody wants the run to stop, soon. */
void sim_world_cancel(struct sim_world *world, struct sim_run *run);
/* Most of the time 0..typical ms, sometimes ten, rarely a hundred times that. */
int64_t sim_latency(struct sim_world *world, int64_t typical_ms);

/* One line of the trace, behind the moment. */
#define sim_say(world, ...)                                                              \
	do {                                                                             \
		if ((world)->trace)                                                      \
			sim_tell(world, __VA_ARGS__);                                    \
	} while (0)
void sim_tell(const struct sim_world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What must always be true is not: says so and ends the process. */
#define SIM_BROKEN 3
void sim_broken(const struct sim_world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Two texts that must be the same are not: broken, and where they go apart. */
void sim_agree(const struct sim_world *world, const char *run_id, const char *one,
	       const char *one_text, const char *other, const char *other_text);

/* At a moment when the worker may end: true if it does, from here on nothing of it
 * reaches anybody. */
bool sim_crash_point(struct sim_worker *worker, const char *where);

#endif
