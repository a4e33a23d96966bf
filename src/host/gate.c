/*
 * gate.c - whether a worker may still start something that the outside sees
 *
 * Others take a worker for dead when its heartbeat key is gone, and then execute its
 * runs. A worker that stood still (a frozen machine, a debugger, a stopped process) does
 * not know that it did: the answer of its last commit may lie in the socket, a timer may
 * be due. So it counts from the last refresh of its key that it saw succeed. A quarter of
 * the key's life before the key can be gone (2 s of 8 s) the gate closes; from then on an
 * effect needs a guarded commit of its run that was built since: that one asks Postgres
 * whether the run is still ours.
 *
 * Counted is the moment when the refreshing call was sent: Redis did its part after that.
 * A worker has a key in each of its queues, and a run's queue is where others look.
 */
#include "host/gate.h"

#include <assert.h>

void gate_init(struct gate *gate, int64_t ttl_ms, size_t queues)
{
	size_t i;

	assert(queues >= 1 && queues <= GATE_QUEUES_MAX);
	gate->open_ms = ttl_ms - ttl_ms / 4;
	gate->queues = queues;
	gate->closed = false;
	for (i = 0; i < queues; i++)
		gate->refreshed_mono_ms[i] = -gate->open_ms; /* closed since ever */
}

void gate_refreshed(struct gate *gate, size_t queue, int64_t sent_mono_ms)
{
	assert(queue < gate->queues);
	if (sent_mono_ms > gate->refreshed_mono_ms[queue])
		gate->refreshed_mono_ms[queue] = sent_mono_ms;
}

bool gate_pass(struct gate *gate, size_t queue, int64_t guarded_mono_ms,
	       int64_t now_mono_ms)
{
	int64_t closed_mono_ms;

	assert(queue < gate->queues);
	closed_mono_ms = gate->refreshed_mono_ms[queue] + gate->open_ms;
	gate->closed = now_mono_ms >= closed_mono_ms;
	if (!gate->closed)
		return true;
	/* what it said holds no longer than a refresh does */
	return guarded_mono_ms > 0 && guarded_mono_ms >= closed_mono_ms &&
	       now_mono_ms - guarded_mono_ms < gate->open_ms;
}
