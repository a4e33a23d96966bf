/* sim_commit.h - grouped commits of a simulated worker */
#ifndef TESTS_SIM_COMMIT_H
#define TESTS_SIM_COMMIT_H

#include "base/list.h"
#include "sim_store.h"

#include <stdbool.h>
#include <stddef.h>

struct held;
struct sim_worker;
struct sim_world;

/* A commit on its way. It outlives its worker: what was sent may still be stored. */
struct sim_batch {
	struct list node;
	struct sim_worker *worker;
	int incarnation;
	bool lost; /* never arrives */
	struct sim_unit *units;
	size_t count;
};

/* The run has something to write. */
void sim_commit_want(struct sim_worker *worker, struct held *held);
/* Send what waits, as far as two commits are not under way. */
void sim_commit_flush(struct sim_worker *worker);
/* Its process ended: some of what is on its way still arrives. */
void sim_commit_orphan(struct sim_worker *worker);
void sim_commit_free(struct sim_batch *batch);

#endif
