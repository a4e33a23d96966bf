/* orphan.h - the end of a child that outlives its master and does not leave */
#ifndef MASTER_ORPHAN_H
#define MASTER_ORPHAN_H

#include <stdint.h>
#include <sys/types.h>

/*
 * In a child, right behind the fork: when the master is dead it has drain_deadline_ms,
 * and ORPHAN_GRACE_SEC more, before SIGALRM ends it. master_pid is who forked it.
 */
#define ORPHAN_GRACE_SEC 2
void orphan_watch(pid_t master_pid, int64_t drain_deadline_ms);

#endif
