/*
 * orphan.c - the end of a child that outlives its master and does not leave
 *
 * A child hears of its master's death by the end of its ipc socket, drains and leaves
 * (ipc/lifeline.c), all of it in its loop. One whose loop stands still has nobody any
 * more who would kill it; it would keep its sockets, and a run for ever. So the kernel
 * tells it by a signal as well (PR_SET_PDEATHSIG), whose handler sets the alarm clock,
 * and that ends it whatever it does. The signal means nothing to anybody else.
 *
 * The death signal is lost with a change of user, so this comes behind that: the master
 * makes it before its first child.
 */
#include "master/orphan.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static unsigned left_sec; /* of a child, for its handler */

static void on_master_death(int number)
{
	(void)number;
	(void)alarm(left_sec);
}

void orphan_watch(pid_t master_pid, int64_t drain_deadline_ms)
{
	int number = SIGRTMIN + 2;
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_master_death;
	action.sa_flags = SA_RESTART;
	left_sec = (unsigned)((drain_deadline_ms + 999) / 1000) + ORPHAN_GRACE_SEC;
	(void)signal(SIGALRM, SIG_DFL);         /* legal signals and values, all of */
	(void)sigaction(number, &action, NULL); /* them: cannot fail */
	(void)prctl(PR_SET_PDEATHSIG, number);
	if (getppid() != master_pid) /* it died before that */
		on_master_death(number);
}
