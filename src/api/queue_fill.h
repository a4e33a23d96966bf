/* queue_fill.h - how full a queue is, and how many dead letters there are */
#ifndef API_QUEUE_FILL_H
#define API_QUEUE_FILL_H

#include "api/runs_port.h"

struct pg_pool;
struct queue;

/* As runs_port.h says of stats. */
void queue_fill_read(struct pg_pool *pool, struct queue *queue, port_stats_cb cb,
		     void *arg);

#endif
