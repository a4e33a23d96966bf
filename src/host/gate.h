/* gate.h - whether a worker may still start something that the outside sees: pure */
#ifndef HOST_GATE_H
#define HOST_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_QUEUES_MAX 64

/* Embed it; nothing to free. For readers: closed. */
struct gate {
	int64_t open_ms; /* how long after a refresh */
	size_t queues;
	int64_t refreshed_mono_ms[GATE_QUEUES_MAX];
	bool closed; /* as of the last gate_pass() */
};

/* ttl_ms: of the heartbeat key that this worker has in each of its queues (1..64). */
void gate_init(struct gate *gate, int64_t ttl_ms, size_t queues);
/*
 * A call that refreshes the key of that queue succeeded; sent_mono_ms: when it was sent.
 */
void gate_refreshed(struct gate *gate, size_t queue, int64_t sent_mono_ms);
/*
 * May a run of that queue whose newest guarded commit was built at guarded_mono_ms (0:
 * none) start an outside effect now? If not: after a commit that is built from now on.
 */
bool gate_pass(struct gate *gate, size_t queue, int64_t guarded_mono_ms,
	       int64_t now_mono_ms);

#endif
