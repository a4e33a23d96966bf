/*
 * reaper.c - children by pidfd: never a stranger that got an old pid
 *
 * A pid is only a number that the kernel gives out again. Between fork and waitid a child
 * of ours keeps its own, so pidfd_open right after the fork is safe; from then on
 * everything (readable when it ended, its status, signals) goes through the descriptor.
 */
#include "master/reaper.h"

#include "ipc/exit_code.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

int reaper_open(int pid, int *ret, struct err *err)
{
	int fd = pidfd_open(pid, 0); /* close-on-exec by definition */

	if (fd < 0)
		return err_errno(err, "pidfd_open of child %d", pid);
	*ret = fd;
	return 0;
}

int reaper_collect(int pidfd, struct reaper_death *ret, struct err *err)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0)
		return err_errno(err, "waitid");
	if (info.si_pid == 0)
		return 0;
	ret->by_signal = info.si_code != CLD_EXITED;
	ret->number = info.si_status;
	return 1;
}

int reaper_signal(int pidfd, int signal, struct err *err)
{
	if (pidfd_send_signal(pidfd, signal, NULL, 0) < 0 && errno != ESRCH)
		return err_errno(err, "pidfd_send_signal");
	return 0;
}

char *reaper_cause(const struct reaper_death *death, char buf[REAPER_CAUSE_MAX])
{
	const char *name;

	if (death->by_signal) {
		name = sigabbrev_np(death->number);
		if (name)
			(void)snprintf(buf, REAPER_CAUSE_MAX, "signal SIG%s", name);
		else
			(void)snprintf(buf, REAPER_CAUSE_MAX, "signal %d", death->number);
	} else {
		(void)snprintf(buf, REAPER_CAUSE_MAX, "exit %d %s", death->number,
			       exit_code_name(death->number));
	}
	return buf;
}
