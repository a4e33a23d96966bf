/* test_spawn_gate.c - programs started through the gate, and what is left of them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/spawn_gate.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A test that waits longer fails by its alarm. */
#define PATIENCE_SEC 30

struct program {
	struct spawn_gate_child child;
	int out; /* what it prints */
	int ended;
	int status;
	int sys_errno;
};

static struct ev_loop *loop;
static struct spawn_gate *gate;
static int lost;

static void on_lost(void *arg)
{
	(void)arg;
	lost++;
	ev_break(loop, EVBREAK_ONE);
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	(void)alarm(PATIENCE_SEC);
	lost = 0;
	assert_int_equal(spawn_gate_open(&gate, &err), 0);
	loop = ev_loop_new(EVFLAG_AUTO);
	spawn_gate_watch(gate, loop, on_lost, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	spawn_gate_close(gate);
	ev_loop_destroy(loop);
	(void)alarm(0);
	return 0;
}

static void on_end(struct spawn_gate_child *child, int status, int sys_errno)
{
	struct program *program = mem_container(child, struct program, child);

	program->ended++;
	program->status = status;
	program->sys_errno = sys_errno;
	ev_break(loop, EVBREAK_ONE);
}

static int start_as(struct program *program, const char *path, const char *script,
		    const struct spawn_limits *limits, uint32_t uid)
{
	const char *const argv[] = { path, "-c", script, NULL };
	const char *const env[] = { "WORD=hello", NULL };
	int pipe_fds[2], fds[3], rc;
	struct err err;

	memset(program, 0, sizeof(*program));
	program->child.on_end = on_end;
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	program->out = pipe_fds[0];
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = fds[2] = pipe_fds[1];
	rc = spawn_gate_start(gate,
			      &(struct spawn_gate_plan){ .argv = argv,
							 .env = env,
							 .fds = fds,
							 .fds_count = 3,
							 .uid = uid,
							 .limits = *limits },
			      &program->child, &err);
	(void)close(fds[0]);
	(void)close(pipe_fds[1]);
	return rc;
}

static void start(struct program *program, const char *script)
{
	static const struct spawn_limits none = { 0, 0, 0 };

	assert_int_equal(start_as(program, "/bin/sh", script, &none, 0), 0);
}

static void wait_end(struct program *program)
{
	while (!program->ended)
		ev_run(loop, 0);
}

/* All that it prints until nobody holds the pipe any more. */
static const char *output(struct program *program)
{
	static char text[4096];
	size_t len = 0;
	ssize_t got;

	while ((got = read(program->out, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	(void)close(program->out);
	return text;
}

static void it_executes_with_what_it_was_given_and_nothing_else(void **state)
{
	struct program program;
	const char *text;
	/* what the worker has open must not be there */
	int extra = open("/dev/null", O_RDONLY);

	(void)state;
	start(&program,
	      "echo $WORD ${HOME-none}; cd /; pwd;"
	      "for f in /proc/self/fd/*; do echo -n \"${f##*/} \"; done; exit 7");
	wait_end(&program);
	assert_true(WIFEXITED(program.status));
	assert_int_equal(WEXITSTATUS(program.status), 7);
	text = output(&program);
	assert_non_null(strstr(text, "hello none\n/\n"));
	/* 3 is the folder that is being read */
	if (!strstr(text, "\n0 1 2 3 ") && !strstr(text, "\n0 1 2 "))
		fail_msg("%s", text);
	assert_null(strstr(text, " 4 "));
	(void)close(extra);
}

static void a_program_that_is_not_there_says_so(void **state)
{
	static const struct spawn_limits none = { 0, 0, 0 };
	struct program program;

	(void)state;
	assert_int_equal(start_as(&program, "/nowhere/sh", "", &none, 0), 0);
	wait_end(&program);
	assert_int_equal(WEXITSTATUS(program.status), 127);
	assert_string_equal(output(&program), "/nowhere/sh: No such file or directory\n");
}

static void limits_hold(void **state)
{
	const struct spawn_limits limits = { .files = 16, .file_bytes = 1 << 20 };
	struct program program;

	(void)state;
	assert_int_equal(start_as(&program, "/bin/sh", "ulimit -n; ulimit -c; ulimit -f",
				  &limits, 0),
			 0);
	wait_end(&program);
	assert_string_equal(output(&program), "16\n0\n2048\n");
}

static void its_group_is_killed_with_it(void **state)
{
	struct program program;

	(void)state;
	start(&program, "sleep 1000 & sleep 1000");
	spawn_gate_kill(&program.child);
	spawn_gate_kill(&program.child);
	wait_end(&program);
	assert_true(WIFSIGNALED(program.status));
	assert_int_equal(WTERMSIG(program.status), SIGKILL);
	assert_string_equal(output(&program), ""); /* nobody holds the pipe */
	assert_int_equal(spawn_gate_count(gate), 0);
}

static void what_left_its_group_is_ended_as_well(void **state)
{
	struct program program;

	(void)state;
	start(&program, "setsid sh -c 'sleep 1000 & sleep 1000' & exit 0");
	wait_end(&program);
	assert_string_equal(output(&program), "");
}

static void what_was_forgotten_is_killed_and_not_told(void **state)
{
	struct program program, other;

	(void)state;
	start(&program, "sleep 1000");
	spawn_gate_forget(&program.child);
	spawn_gate_forget(&program.child);
	assert_string_equal(output(&program), "");
	start(&other, "exit 0");
	wait_end(&other);
	assert_int_equal(program.ended, 0);
	(void)output(&other);
}

static void closing_ends_all(void **state)
{
	struct program programs[3];
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		start(&programs[i], "trap '' TERM; setsid sleep 1000 & sleep 1000");
	spawn_gate_close(gate);
	for (i = 0; i < 3; i++) {
		assert_string_equal(output(&programs[i]), "");
		assert_int_equal(programs[i].ended, 0);
	}
	assert_int_equal(spawn_gate_open(&gate, &err), 0); /* for teardown */
}

static void there_is_a_bound(void **state)
{
	static const struct spawn_limits none = { 0, 0, 0 };
	struct program programs[SPAWN_HELPERS], more;
	int i;

	(void)state;
	for (i = 0; i < SPAWN_HELPERS; i++)
		start(&programs[i], "sleep 1000");
	assert_int_equal(start_as(&more, "/bin/sh", "exit 0", &none, 0), ERR_FULL);
	(void)close(more.out);
	spawn_gate_kill(&programs[5].child);
	wait_end(&programs[5]);
	start(&more, "exit 0");
	wait_end(&more);
	assert_int_equal(WEXITSTATUS(more.status), 0);
	(void)output(&more);
	for (i = 0; i < SPAWN_HELPERS; i++) {
		spawn_gate_forget(&programs[i].child);
		(void)output(&programs[i]);
	}
}

static void a_gate_that_dies_takes_them_along_and_starts_no_more(void **state)
{
	static const struct spawn_limits none = { 0, 0, 0 };
	struct program program, more;

	(void)state;
	start(&program, "echo $PPID; sleep 1000");
	{
		char pid[32] = "";

		assert_true(read(program.out, pid, sizeof(pid) - 1) > 0);
		assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
	}
	while (!lost)
		ev_run(loop, 0);
	assert_int_equal(program.ended, 1);
	assert_int_equal(program.status, -1);
	assert_string_equal(output(&program), "");
	assert_int_equal(start_as(&more, "/bin/sh", "", &none, 0), ERR_CLOSED);
	(void)close(more.out);
}

static void root_becomes_somebody_else(void **state)
{
	static const struct spawn_limits none = { 0, 0, 0 };
	struct program program;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(start_as(&program, "/bin/sh", "id -u; id -G", &none, 65534), 0);
	wait_end(&program);
	assert_string_equal(output(&program), "65534\n65534\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_executes_with_what_it_was_given_and_nothing_else),
		TEST(a_program_that_is_not_there_says_so),
		TEST(limits_hold),
		TEST(its_group_is_killed_with_it),
		TEST(what_left_its_group_is_ended_as_well),
		TEST(what_was_forgotten_is_killed_and_not_told),
		TEST(closing_ends_all),
		TEST(there_is_a_bound),
		TEST(a_gate_that_dies_takes_them_along_and_starts_no_more),
		TEST(root_becomes_somebody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
