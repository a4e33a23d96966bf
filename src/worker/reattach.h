/* reattach.h - a worker tells Redis, anew, what it works on */
#ifndef WORKER_REATTACH_H
#define WORKER_REATTACH_H

#include "queue/queue.h"
#include "queue/queue_job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct reattach;

struct reattach_options {
	struct ev_loop *loop;
	struct queue *queue;
	int64_t alive_ttl_ms;
	/* Give all jobs that are worked on to reattach_add(); called from inside. */
	void (*tell)(void *arg, struct reattach *reattach);
	/* All has been told: what Redis lists in our name beside that is nobody's. */
	void (*told)(void *arg);
	void *arg;
};

/* For one queue. options' pointers outlive it, the loop included. */
struct reattach *reattach_new(const struct reattach_options *options);
void reattach_free(struct reattach *reattach);

/* The link is up (again). */
void reattach_link_up(struct reattach *reattach);
/* A claim's reply named this recovery; 0: none. */
void reattach_seen(struct reattach *reattach, int64_t recovery);
/* Inside tell(): one more. Its texts are borrowed while its job is worked on. */
void reattach_add(struct reattach *reattach, const struct queue_job *job);

#endif
