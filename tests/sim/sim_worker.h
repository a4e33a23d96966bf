/* sim_worker.h - a simulated worker: an engine, and its host in memory */
#ifndef TESTS_SIM_WORKER_H
#define TESTS_SIM_WORKER_H

#include "base/list.h"
#include "host/gate.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct exec;
struct held;
struct sim_batch;
struct sim_run;
struct sim_world;

enum sim_life {
	SIM_DOWN,
	SIM_UP,
	SIM_DRAINING,
};

/* One slot of the fleet: a process at a time, each an incarnation of its own. */
struct sim_worker {
	struct sim_world *world;
	int slot;
	int incarnation;
	enum sim_life life;
	bool doomed;            /* it ends as soon as its code is left */
	int64_t frozen_till_ms; /* nothing of it happens before */
	int64_t in_touch_at_ms; /* from then on its heartbeats arrive */
	int64_t mono_base_ms;   /* its monotonic clock when the world began */
	int64_t wall_off_ms;    /* what its wall clock is wrong by */
	struct gate gate;
	struct engine *engine; /* owned; NULL when it is down */
	struct exec *inside;   /* the run whose code is on the CPU */
	struct list helds;     /* struct held by in_all, owned */
	struct list calls;     /* struct sim_call, owned */
	struct list sides;     /* struct sim_side, owned */
	bool looks;            /* for answers of people, once a second */
	int batches;           /* commits under way */
	bool pump_due;         /* at the next moment */
	int64_t pump_at_ms;    /* the engine's deadline that is armed; 0: none */
};

/* What the host keeps of a held run beside struct held: held->slot. */
struct sim_job {
	struct sim_worker *worker;
	struct sim_run *run;
	struct sim_batch *batch; /* its commit under way */
	int from;                /* incarnation that its entry was taken off */
	bool parked;
	int64_t serial;             /* no other job has it */
	struct list waits;          /* for people: sim_people.c's, as the next two */
	struct sim_question *known; /* owned: what the takeover found */
	size_t known_count;
	uint32_t fold_at; /* the row behind which journal and run are compared next */
	int64_t limit_mono_ms; /* what its time in this worker ends at, at the latest */
};

struct sim_worker *sim_worker_new(struct sim_world *world, int slot);
/* All that it has is forgotten; no call and no timer may be left. NULL is fine. */
void sim_worker_free(struct sim_worker *worker);

/* A new process. */
void sim_worker_start(struct sim_worker *worker);
/* The process ends; the master sees it and starts another later. */
void sim_worker_end(struct sim_worker *worker, const char *why);
/* There may be entries that nobody has. */
void sim_worker_bell(struct sim_worker *worker);
void sim_worker_freeze(struct sim_worker *worker, int64_t ms);
void sim_worker_drain(struct sim_worker *worker);
/* A hint, if the run is here. */
void sim_worker_cancel(struct sim_worker *worker, const struct sim_run *run);

/* Its entry waits for whoever claims it first. */
void sim_worker_put_back(struct sim_world *world, struct sim_run *run, int from);

/* Let the engine go on soon: something of it became due. */
void sim_worker_wake(struct sim_worker *worker);
/* True: the event that this is asked in is to happen later, when the worker goes on. */
bool sim_worker_sleeps(const struct sim_worker *worker, int64_t *till_ms);

int64_t sim_worker_wall_ms(const struct sim_worker *worker);
int64_t sim_worker_mono_ms(const struct sim_worker *worker);

/* What its commit came to; from here on held may be gone. */
struct sim_unit;
/* Whether its heartbeats arrive is asked anew. */
void sim_worker_refresh(struct sim_worker *worker);
void sim_worker_stored(struct sim_worker *worker, struct sim_unit *unit);

#endif
