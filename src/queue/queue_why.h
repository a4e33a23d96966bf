/* queue_why.h - where a job stands, and what keeps its tenant */
#ifndef QUEUE_QUEUE_WHY_H
#define QUEUE_QUEUE_WHY_H

#include "queue/queue.h"

#include <stdbool.h>

enum queue_place {
	QUEUE_PLACE_NONE,
	QUEUE_PLACE_READY,
	QUEUE_PLACE_HELD,
	QUEUE_PLACE_DELAYED,
	QUEUE_PLACE_QUARANTINE,
};

struct queue_why {
	enum queue_place place;
	int64_t ahead;       /* entries of its tenant and lane before it, when ready */
	int64_t running;     /* held of its tenant */
	int64_t running_max; /* 0: no limit */
	bool capped;
	bool open;       /* claims are answered */
	int64_t waiting; /* in the whole queue */
	int64_t tenants; /* with something ready in its lane */
};

typedef void (*queue_why_cb)(void *arg, int rc, const struct queue_why *why,
			     const struct err *err);

int queue_why(struct queue *q, struct queue_text job_id, struct queue_text tenant,
	      const char *lane, queue_why_cb cb, void *arg, struct err *err);

#endif
