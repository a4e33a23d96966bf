/* tick.h - what the master does each second */
#ifndef MASTER_TICK_H
#define MASTER_TICK_H

struct master;

void tick_start(struct master *m);
void tick_stop(struct master *m);

#endif
