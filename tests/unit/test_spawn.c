/* test_spawn.c - what a child starts with, and what the master has afterwards */
#include "master/spawn.h"

#include "ipc/frame.h"
#include "ipc/scoreboard.h"
#include "master/reaper.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool dropped;

static void drop(void *arg, const struct child_env *keep)
{
	int *fd = arg;

	dropped = true;
	if (keep->health_listen_fd == *fd)
		_exit(90);
	(void)close(*fd);
}

/* The exit code names the first thing that is not as it must be. */
static int enter(struct child_env *env)
{
	struct frame frame;
	struct sigaction action;
	sigset_t mask, pending;

	if (!dropped)
		return 1;
	if (!(fcntl(env->master_fd, F_GETFD) & FD_CLOEXEC))
		return 2;
	if (env->slot != 4 || env->generation != 2 || strcmp(env->row_name, "h-4") != 0)
		return 3;
	if (sigprocmask(SIG_SETMASK, NULL, &mask) < 0 || !sigismember(&mask, SIGTERM) ||
	    sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGCHLD))
		return 4;
	if (sigaction(SIGINT, NULL, &action) < 0 || action.sa_handler != SIG_IGN ||
	    sigaction(SIGPIPE, NULL, &action) < 0 || action.sa_handler != SIG_IGN ||
	    sigaction(SIGCHLD, NULL, &action) < 0 || action.sa_handler != SIG_DFL)
		return 5;
	frame_init(&frame, FRAME_READY, 0, "");
	if (frame_send(env->master_fd, &frame, NULL) < 0)
		return 6;
	if (raise(SIGTERM) != 0 || sigpending(&pending) < 0 ||
	    !sigismember(&pending, SIGTERM))
		return 7;
	return 0;
}

static const struct kind kind = { .name = "probe", .enter = enter };

static void a_child_starts_clean_and_is_held_by_its_descriptors(void **state)
{
	int other = dup(STDIN_FILENO), exit_code = -1;
	struct child_env env = { .slot = 4,
				 .generation = 2,
				 .master_fd = -1,
				 .api_listen_fd = -1,
				 .health_listen_fd = -1,
				 .row_name = "h-4" };
	struct spawn_plan plan = {
		.kind = &kind, .env = &env, .drop = drop, .arg = &other
	};
	struct spawn_result got;
	struct reaper_death death;
	struct frame frame;
	struct pollfd pfd;
	sigset_t before, after;
	int rc;

	(void)state;
	(void)fflush(NULL);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	rc = spawn_fork(&plan, &got, &exit_code, NULL);
	if (rc == 0) /* the child, when its entry function is done */
		_exit(fcntl(other, F_GETFD) < 0 ? exit_code : 91);
	assert_int_equal(rc, 1);
	assert_int_equal(exit_code, -1);
	assert_false(dropped);
	assert_true(fcntl(other, F_GETFD) >= 0); /* the child closed its copy only */
	assert_true(fcntl(got.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));

	pfd = (struct pollfd){ .fd = got.pidfd, .events = POLLIN };
	assert_int_equal(poll(&pfd, 1, 30000), 1);
	assert_int_equal(reaper_collect(got.pidfd, &death, NULL), 1);
	assert_false(death.by_signal);
	assert_int_equal(death.number, 0);
	assert_int_equal(frame_recv(got.fd, &frame, NULL), 1);
	assert_int_equal(frame.type, FRAME_READY);
	assert_int_equal(frame_recv(got.fd, &frame, NULL), ERR_CLOSED);
	assert_int_equal(close(got.fd), 0);
	assert_int_equal(close(got.pidfd), 0);
	assert_int_equal(close(other), 0);
}

static void without_descriptors_there_is_no_child(void **state)
{
	struct rlimit before, low;
	struct child_env env = { .master_fd = -1 };
	struct spawn_plan plan = { .kind = &kind, .env = &env, .drop = drop };
	struct spawn_result got;
	struct err err;
	int exit_code;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(spawn_fork(&plan, &got, &exit_code, &err), ERR_SYS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(strstr(err.text, "socketpair"));
}

static int enter_and_stand_still(struct child_env *env)
{
	struct frame frame;

	frame_init(&frame, FRAME_READY, 0, "");
	(void)frame_send(env->master_fd, &frame, NULL);
	while (env)
		(void)pause(); /* no loop turns that would hear of the master's end */
	return 0;
}

static const struct kind deaf = { .name = "deaf", .enter = enter_and_stand_still };

static void drop_nothing(void *arg, const struct child_env *keep)
{
	(void)arg;
	(void)keep;
}

/* Of a master that forks one child, tells who it is and dies when that is at work. */
static void die_as_master(int told)
{
	struct child_env env = { .master_fd = -1,
				 .api_listen_fd = -1,
				 .health_listen_fd = -1,
				 .row_name = "h-0" };
	struct spawn_plan plan = { .kind = &deaf, .env = &env, .drop = drop_nothing };
	struct spawn_result got;
	struct pollfd pfd = { .events = POLLIN };
	int exit_code;

	if (spawn_fork(&plan, &got, &exit_code, NULL) != 1 ||
	    (pfd.fd = got.fd, poll(&pfd, 1, 30000)) != 1 ||
	    write(told, &got.pid, sizeof(got.pid)) != sizeof(got.pid))
		_exit(90);
	_exit(0);
}

static void one_that_cannot_hear_of_its_masters_death_ends_all_the_same(void **state)
{
	pid_t master, child = 0;
	int told[2], how;

	(void)state;
	/* who loses its parent becomes ours */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(told), 0);
	(void)fflush(NULL);
	master = fork();
	assert_true(master >= 0);
	if (master == 0)
		die_as_master(told[1]);
	assert_int_equal(waitpid(master, &how, 0), master);
	assert_int_equal(how, 0);
	assert_int_equal(read(told[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(waitpid(child, &how, 0), child); /* two seconds, or never */
	assert_true(WIFSIGNALED(how));
	assert_int_equal(WTERMSIG(how), SIGALRM);
	assert_int_equal(close(told[0]), 0);
	assert_int_equal(close(told[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_starts_clean_and_is_held_by_its_descriptors),
		cmocka_unit_test(without_descriptors_there_is_no_child),
		cmocka_unit_test(
			one_that_cannot_hear_of_its_masters_death_ends_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
