/*
 * spawn.c - the fork
 *
 * All signals are blocked around it, so none is delivered in the child while the master's
 * handlers are still there. The child first gives up all that it inherited, then sets its
 * own dispositions, and only then opens the mask, except for SIGTERM, which waits until
 * lifeline_init() has a handler for it.
 *
 * The fork happens outside of the loop's callbacks, so the child may return from here up
 * to main() over no frame of libev. That is how it leaves: with everything freed.
 */
#include "master/spawn.h"

#include "base/fault.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "ipc/scoreboard.h"
#include "ipc/stack.h"
#include "master/limits.h"
#include "master/orphan.h"
#include "master/reaper.h"
#include "master/title.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* For the terminal and for the master alone: they reach a whole process group. The last
 * two are errors of a write, which says so itself. */
static const int ignored[] = { SIGINT,  SIGQUIT, SIGHUP,  SIGUSR1, SIGUSR2,
			       SIGTTIN, SIGTTOU, SIGPIPE, SIGXFSZ };

int spawn_fork(const struct spawn_plan *plan, struct spawn_result *ret, int *exit_code,
	       struct err *err)
{
	int fds[2], pidfd = -1, rc;
	struct child_env env;
	sigset_t all, before;
	char title[64];
	size_t i;
	pid_t pid, master_pid = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) <
	    0)
		return err_errno(err, "socketpair");
	(void)sigfillset(&all); /* cannot fail, nor can blocking our own signals */
	(void)sigprocmask(SIG_SETMASK, &all, &before);

	pid = fork();
	if (pid < 0) {
		rc = err_errno(err, "fork");
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		fdutil_close(&fds[0]);
		fdutil_close(&fds[1]);
		return rc;
	}
	if (pid > 0) {
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		fdutil_close(&fds[1]);
		rc = reaper_open(pid, &pidfd, err);
		if (rc < 0) { /* no descriptor left: without one we do not keep it */
			(void)kill(pid, SIGKILL);    /* not reaped yet: still ours */
			(void)waitpid(pid, NULL, 0); /* at once, after that signal */
			fdutil_close(&fds[0]);
			return rc;
		}
		ret->pid = pid;
		ret->pidfd = pidfd;
		ret->fd = fds[0];
		return 1;
	}

	env = *plan->env;
	env.master_fd = fds[1];
	fdutil_close(&fds[0]);
	(void)snprintf(title, sizeof(title), "%s %d [gen %d]", plan->kind->name, env.slot,
		       env.generation);
	log_identity(plan->kind->name, env.slot, env.generation);
	FAULT_PROCESS(plan->kind->name);
	title_set(title);
	limits_child(plan->kind->oom_score_adj);
	orphan_watch(master_pid, env.drain_deadline_ms);
	{
		int (*enter)(struct child_env *) = plan->kind->enter;

		plan->drop(plan->arg, &env); /* plan may be gone with it */

		for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
			(void)signal(ignored[i],
				     SIG_IGN); /* legal signals: cannot fail */
		(void)signal(SIGTERM, SIG_DFL);
		(void)signal(SIGCHLD, SIG_DFL);
		(void)sigdelset(&before, SIGTERM);
		(void)sigaddset(&before, SIGTERM);
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		stack_watch(env.score);

		*exit_code = enter(&env);
		stack_watch(NULL);
	}
	scoreboard_close(env.board);
	scoreboard_close(env.board_before);
	fdutil_close(&env.master_fd);
	fdutil_close(&env.api_listen_fd);
	fdutil_close(&env.health_listen_fd);
	return 0;
}
