/* host_scale.h - the engine's surroundings in scale mode: Postgres says it, Redis shows
 * it */
#ifndef HOST_HOST_SCALE_H
#define HOST_HOST_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct engine_limits;
struct ev_loop;
struct held;
struct host_scale;
struct models;
struct pg_pool;
struct publisher;
struct python_pool;
struct redis_link;
struct score_slot;
struct toolbox;

/* Why a run is no longer held. */
enum host_over {
	HOST_OVER_ENDED,  /* its end is in Postgres and in the stream: its entry may go */
	HOST_OVER_PAUSED, /* likewise that it waits for people */
	HOST_OVER_LOST,   /* not ours: the takeover was refused, or somebody took it; its
			    row says what becomes of the entry */
	HOST_OVER_UNSTORABLE, /* Postgres refuses it for good: the entry stays, for an
				 operator */
	HOST_OVER_BACK_LAZY,  /* handed back; nothing of it was written */
	HOST_OVER_BACK_OWNED, /* handed back; its row has our name */
};

struct host_scale_options {
	const char *incarnation; /* owner of runs; borrowed for the host's life */
	const char *worker_id; /* registry row, for events and stock readers; borrowed */
	size_t commit_rows;    /* runs per commit at most */
	const struct engine_limits *limits; /* copied */
	struct models *models;              /* who answers calls; outlives the host */
	struct python_pool *python;         /* who executes code; likewise */
	struct toolbox *toolbox;            /* whose tools are used; likewise */
	int64_t heartbeat_ttl_ms;           /* of this worker's keys */
	size_t queues;                      /* that it has keys in: 1..64 */
	struct score_slot *score; /* the child's counters and suspect mark; borrowed */
	/* A run that others had before has got on: a step of it is durable, done here. */
	void (*got_on)(void *arg, struct held *held);
	/* Nothing of this run is left to do here. held is freed behind the call. */
	void (*over)(void *arg, struct held *held, enum host_over how);
	void *arg;
};

/* In a worker child. loop, pool, link and publisher are borrowed and outlive the host. */
struct host_scale *host_scale_new(struct ev_loop *loop, struct pg_pool *pool,
				  struct redis_link *link, struct publisher *publisher,
				  const struct host_scale_options *options);
/* Runs that are still held are forgotten: the master requeues them. */
void host_scale_free(struct host_scale *host);

/* A claimed entry, with what its payload says. Borrowed for the call; the definition is
 * referenced. */
struct host_scale_run {
	const char *run_id;
	const char *job_id;
	const char *tenant; /* any name that no other tenant has */
	int64_t wake;
	size_t queue; /* that its entry is in: 0..options.queues - 1 */
	/* Others had it, or may have: it is taken over first, off `from` (NULL:
	 * nobody's), and goes on where its journal ends. Not lazy. */
	bool resumes;
	const char *from;
	struct definition *definition; /* NULL for host_scale_fail() */
	/* false: message and inputs are not here. The run is taken over first, which
	 * brings them from its row. */
	bool whole;
	const char *message; /* NULL: "" */
	size_t message_len;
	const char *inputs; /* JSON object text or NULL */
	size_t inputs_len;
	void *slot; /* the caller's own, in held->slot */
};

/* Start it; a fresh one lazily: nothing is written before it ends, sends something
 * outside, or has been here for 50 ms. */
void host_scale_start(struct host_scale *host, const struct host_scale_run *run);

/* A run that cannot be executed (its definition or its payload is unusable) ends as
 * failed, with its events and this reason. */
void host_scale_fail(struct host_scale *host, const struct host_scale_run *run,
		     const char *reason);

/*
 * Somebody wants this run to stop: calls in flight are abandoned and it ends cancelled,
 * if its end has not been handed out. A hint: nothing happens when it is not held here.
 */
void host_scale_cancel(struct host_scale *host, const char *run_id);

/* Somebody has answered a question of this run: a hint, as the one above. */
void host_scale_answered(struct host_scale *host, const char *run_id);

/*
 * A drain: no step starts any more. A run that stands between two steps is handed back
 * (over), one with a step in flight when that has ended, and after leaf_ms in any case:
 * all that steps do may be repeated. What has ended is still committed and published.
 */
void host_scale_drain(struct host_scale *host, int64_t leaf_ms);

/* A call that refreshes this worker's heartbeat key in that queue (0..queues - 1)
 * succeeded. It was sent at that moment. */
void host_scale_refreshed(struct host_scale *host, size_t queue, int64_t sent_mono_ms);

/*
 * For stack_on_step(): the step whose code is on the CPU, at most size bytes of its id.
 * Allocates nothing. 0: no run's code is.
 */
size_t host_scale_step(const struct host_scale *host, char *buf, size_t size);

/* Runs held. */
size_t host_scale_count(const struct host_scale *host);

/*
 * For mem_on_gone(): size bytes could not be had. Leaves in the scoreboard that this
 * process died for want of memory, and of which run's: the one on the CPU if that with
 * these bytes is the largest. Allocates nothing.
 */
void host_scale_memory_gone(struct host_scale *host, size_t size);

#endif
