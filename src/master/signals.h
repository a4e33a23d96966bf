/* signals.h - which signal asks for which act */
#ifndef MASTER_SIGNALS_H
#define MASTER_SIGNALS_H

struct master;

void signals_start(struct master *m);
void signals_stop(struct master *m);

#endif
