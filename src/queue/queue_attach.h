/* queue_attach.h - entries go to the incarnation that works on their runs */
#ifndef QUEUE_QUEUE_ATTACH_H
#define QUEUE_QUEUE_ATTACH_H

#include "queue/queue.h"
#include "queue/queue_job.h"

#include <stdbool.h>

/*
 * lives: the owner has a heartbeat key (always true of queue_attach_own). taken[i]: the
 * owner holds entry i now, or did before; false: another incarnation holds it, it is in
 * the quarantine lane, or the owner does not live. taken is NULL when rc < 0 or !lives.
 */
typedef void (*queue_attach_cb)(void *arg, int rc, bool lives, const bool *taken,
				size_t n, const struct err *err);

/*
 * After a reconnect, or in a recovery: this incarnation works on the runs of these jobs
 * (0..QUEUE_BATCH_MAX). An entry that is missing, reserved, ready or delayed becomes held
 * by it; one that another incarnation holds stays there, and its run is lost to us as
 * soon as that one takes it over. Refreshes our heartbeat key for alive_ttl_ms, and with
 * a recovery >= 0 says in it that in the recovery of that number all is told now. A job
 * that Redis has lost is stored as given: enqueue_at_ms must be the old one. Needs an
 * incarnation.
 */
int queue_attach_own(struct queue *q, const struct queue_job *jobs, size_t n,
		     int64_t alive_ttl_ms, int64_t recovery, queue_attach_cb cb,
		     void *arg, struct err *err);

/*
 * These entries (job ids, 1..QUEUE_BATCH_MAX), held by this incarnation, belong to runs
 * of `owner`: give them to it, if it lives. Needs an incarnation.
 */
int queue_attach_give(struct queue *q, struct queue_text owner,
		      const struct queue_text *ids, size_t n, queue_attach_cb cb,
		      void *arg, struct err *err);

#endif
