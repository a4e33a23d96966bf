/* show.h - the state of the host, as the scoreboard and systemd see it */
#ifndef MASTER_SHOW_H
#define MASTER_SHOW_H

struct master;

/* After every turn of the loop. */
void show_review(struct master *m);

#endif
