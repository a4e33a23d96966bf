/* sim_bugs.h - bugs that a build can have, to be found */
#ifndef TESTS_SIM_BUGS_H
#define TESTS_SIM_BUGS_H

#include <stdbool.h>

enum sim_bug {
	SIM_BUG_NONE,
	SIM_BUG_UNFENCED, /* a former owner's rows are stored */
	SIM_BUG_EARLY,    /* a row counts as durable when it is sent */
	SIM_BUG_DELTA,    /* a fold forgets what the newest row changed */
	SIM_BUG_JOIN,     /* branches are joined in the order in which they ended */
};

#ifdef SIM_PLANTED
/* Which one this process has. */
bool sim_bug(enum sim_bug bug);
void sim_bugs_plant(enum sim_bug bug);
#else
#define sim_bug(bug) false
#endif

#endif
