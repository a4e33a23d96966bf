/* queue_lineage.h - open a queue for claims on the server that we see */
#ifndef QUEUE_QUEUE_LINEAGE_H
#define QUEUE_QUEUE_LINEAGE_H

#include "queue/queue.h"

#include <stdbool.h>

/* lineage: "<n>:<run_id of the server>", as it stands now. changed: by this call. */
typedef void (*queue_lineage_cb)(void *arg, int rc, struct queue_text lineage,
				 bool changed, const struct err *err);

/*
 * Claims are refused while the key `lineage` is missing or names another server. The
 * keeper calls this for each queue at every UP of its link: a missing key becomes
 * "1:<run_id>", one of another server gets the next number and this server's run_id, one
 * of this server stays. Several keepers may do so at once. ERR_CONN while the link is
 * down.
 */
int queue_lineage_open(struct queue *q, queue_lineage_cb cb, void *arg, struct err *err);

#endif
