/* python_pool.h - the Python helpers of a worker, and the calls that wait for them */
#ifndef TOOLS_PYTHON_POOL_H
#define TOOLS_PYTHON_POOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_call;
struct ev_loop;
struct python_pool;
struct score_slot;
struct spawn_gate;

struct python_pool_options {
	struct ev_loop *loop;
	struct spawn_gate *gate; /* watched; outlives the pool */
	const char *python;      /* a path; borrowed for the pool's life, as the next */
	const char *bubblewrap;  /* NULL: no sandbox, somebody chose that */
	size_t processes;        /* helpers at the same time */
	size_t waiting;          /* calls that may wait for one */
	int64_t calls;           /* of one helper, then another one is made */
	int64_t memory_bytes;    /* of one helper */
	int64_t probe_ms; /* after so long the sandbox is tried, if no call was before */
	struct score_slot *score;
};

/* Nothing is started before the loop runs. */
struct python_pool *python_pool_new(const struct python_pool_options *options);
/* No call is in there any more. NULL is fine. */
void python_pool_free(struct python_pool *pool);

/*
 * Execute a call in a helper that has seen no other tenant's code since it was made.
 * The tenant's name is copied. It fails at once with class limit when too many wait,
 * and with class internal when Python or its sandbox does not work here.
 */
void python_pool_call(struct python_pool *pool, const char *tenant,
		      struct code_call *call);
/* The spawn gate has died: all calls fail, those that come, too. */
void python_pool_gate_lost(struct python_pool *pool);

#endif
