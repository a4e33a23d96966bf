/* forks.h - processes for the seats that want one */
#ifndef MASTER_FORKS_H
#define MASTER_FORKS_H

struct master;

/* Between two turns of the loop. 1 in the master; 0 in a child that is done: *exit_code
 * is set and m is gone. */
int forks_due(struct master *m, int *exit_code);

#endif
