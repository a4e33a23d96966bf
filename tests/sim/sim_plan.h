/* sim_plan.h - what a seed of the simulator stands for */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "engine/engine.h"

#include <stdbool.h>
#include <stdint.h>

/* What may go wrong. Each has random numbers of its own, so that a replay without one of
 * them changes the others as little as possible. */
enum sim_fault {
	SIM_CRASH,  /* a worker ends in the middle of anything */
	SIM_FREEZE, /* a worker stands still, perhaps so long that it is given up */
	SIM_DRAIN,  /* a worker hands back what it has and starts anew */
	SIM_CANCEL, /* somebody wants a run to stop */
	SIM_JUMP,   /* a wall clock jumps */
	SIM_DOUBT,  /* a commit is late, or its answer is */
	SIM_RESUME, /* a run that failed is to go on */
	SIM_NFAULTS,
};

/* Bugs that the planted build can have (sim_bugs.c). */
#define SIM_BUGS 4

#define SIM_RUNS_MAX    3
#define SIM_WORKERS_MAX 3

struct sim_case;

struct sim_plan {
	uint64_t seed;
	int runs;
	int workers;
	int steps; /* of a definition, at most */
	unsigned faults;
	/*
	 * Nothing in it depends on time: every timing of these runs ends in the same
	 * state. No call is answered too late, answers depend on what was asked alone,
	 * nobody cancels.
	 */
	bool steady;
	int bug;                      /* 0: none */
	const struct sim_case *given; /* NULL: definitions and answers are chance */
	struct engine_limits limits;
};

/* Independent streams of random numbers of one seed. */
enum sim_stream {
	SIM_STREAM_PLAN,
	SIM_STREAM_GRAPH,
	SIM_STREAM_ANSWER,
	SIM_STREAM_TIME,
	SIM_STREAM_FAULT, /* with enum sim_fault behind it */
};

void sim_plan_init(struct sim_plan *plan, uint64_t seed);
/* A number that follows from all of these alone. */
uint64_t sim_mix(uint64_t a, uint64_t b);
uint64_t sim_mix_text(uint64_t a, const char *text, size_t len);
uint64_t sim_plan_stream(const struct sim_plan *plan, enum sim_stream stream, uint64_t n);

const char *sim_fault_name(enum sim_fault fault);
/* SIM_NFAULTS when it is none. */
enum sim_fault sim_fault_parse(const char *name, size_t len);

#endif
