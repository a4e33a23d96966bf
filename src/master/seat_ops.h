/* seat_ops.h - what the seats ask of the master */
#ifndef MASTER_SEAT_OPS_H
#define MASTER_SEAT_OPS_H

#include "master/child.h"

#include <stdint.h>

struct master;
struct seat;

/* For children whose owner is a struct master. */
extern const struct child_ops seat_ops;

/* A fork for this seat failed: how long to wait before the next one. */
int64_t seat_ops_no_fork(struct master *m, struct seat *seat, const char *why);

#endif
