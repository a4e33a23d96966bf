/* test_control.c - the control socket of the master on a loop of the test's own */
#include "master/control.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[32];
static struct ev_loop *loop;
static struct control control;
static struct control_peer *asked; /* by the last frame that came */
static struct control_frame ask;

static void on_ask(void *owner, struct control_peer *peer,
		   const struct control_frame *frame)
{
	assert_ptr_equal(owner, &asked);
	asked = peer;
	ask = *frame;
	peer->act = frame->act;
}

static int open_it(bool next, const char *group, struct err *err)
{
	return control_open(&control, loop, dir, next, group, on_ask, &asked, err);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/syn-control-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
	loop = ev_loop_new(EVFLAG_AUTO);
	control_init(&control);
	asked = NULL;
	return open_it(false, "", NULL);
}

static int tear_down(void **state)
{
	(void)state;
	control_stop(&control);
	control_close(&control);
	ev_loop_destroy(loop);
	control_unlink(dir, false);
	control_unlink(dir, true);
	return rmdir(dir); /* so nothing else was left */
}

static int dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/control", dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static int dial_and_ask(int wait_s)
{
	const struct control_frame frame = { .type = CONTROL_ASK,
					     .act = CONTROL_RELOAD,
					     .wait_s = wait_s };
	int fd = dial();

	assert_int_equal(control_frame_send(fd, &frame, NULL), 0);
	return fd;
}

static void turn_until_asked(void)
{
	int64_t end_mono_ms = clock_mono_ms() + 20000;

	while (!asked) {
		assert_true(clock_mono_ms() < end_mono_ms);
		ev_run(loop, EVRUN_ONCE);
	}
}

/* The next answer; its type, or what control_frame_recv() says. */
static int answer(int fd, struct control_frame *frame)
{
	int rc;

	while ((rc = control_frame_recv(fd, frame, NULL)) == 0)
		ev_run(loop, EVRUN_ONCE);
	return rc > 0 ? frame->type : rc;
}

static void an_ask_is_answered_and_ended(void **state)
{
	struct control_frame frame;
	int fd = dial_and_ask(60);

	(void)state;
	turn_until_asked();
	assert_int_equal(ask.act, CONTROL_RELOAD);
	assert_int_equal(asked->uid, geteuid());
	assert_int_equal(asked->pid, getpid());
	assert_true(control_answer(asked, CONTROL_ACCEPTED, 0, 7, NULL));
	control_end(asked, CONTROL_FAILED, ERR_CONFLICT, 0, "because");
	assert_int_equal(answer(fd, &frame), CONTROL_ACCEPTED);
	assert_int_equal(frame.number, 7);
	assert_int_equal(answer(fd, &frame), CONTROL_TEXT);
	assert_string_equal(frame.text, "because");
	assert_int_equal(answer(fd, &frame), CONTROL_FAILED);
	assert_int_equal(frame.code, ERR_CONFLICT);
	assert_int_equal(answer(fd, &frame), ERR_CLOSED);
	assert_int_equal(asked->fd, -1);
	(void)close(fd);
}

static void one_that_waits_too_long_is_told(void **state)
{
	struct control_frame frame;
	int fd = dial_and_ask(1);

	(void)state;
	turn_until_asked();
	assert_int_equal(answer(fd, &frame), CONTROL_TEXT);
	assert_int_equal(answer(fd, &frame), CONTROL_FAILED);
	assert_int_equal(frame.code, ERR_TIMEOUT);
	assert_int_equal(answer(fd, &frame), ERR_CLOSED);
	(void)close(fd);
}

static void one_that_leaves_or_says_more_is_let_go(void **state)
{
	struct control_frame frame = { .type = CONTROL_ASK, .act = CONTROL_STOP };
	int fd = dial_and_ask(60), i;

	(void)state;
	turn_until_asked();
	(void)close(fd);
	while (asked->fd >= 0)
		ev_run(loop, EVRUN_ONCE);
	asked = NULL;
	fd = dial_and_ask(60);
	turn_until_asked();
	assert_int_equal(control_frame_send(fd, &frame, NULL), 0);
	assert_int_equal(answer(fd, &frame), CONTROL_TEXT);
	assert_int_equal(answer(fd, &frame), CONTROL_REFUSED);
	(void)close(fd);
	assert_int_equal(ask.act, CONTROL_RELOAD); /* and was not done */
	for (i = 0; i < CONTROL_PEERS; i++)
		assert_int_equal(control.peers[i].fd, -1);
}

/* FAULTS F40: no descriptor left is no endless loop and no end of the socket. */
static void without_a_descriptor_it_rests_and_goes_on(void **state)
{
	struct rlimit before, none;
	int fd = dial_and_ask(60), turns = 0, again;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	while (!ev_is_active(&control.rest)) {
		assert_true(turns++ < 100);
		ev_run(loop, EVRUN_ONCE);
	}
	assert_false(ev_is_active(&control.io));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	/* another one: under valgrind the first was accepted, and thrown away */
	again = dial_and_ask(60);
	turn_until_asked();
	(void)close(again);
	(void)close(fd);
}

static void the_next_one_takes_the_name(void **state)
{
	struct control first = control;
	struct stat st;
	char path[64];

	(void)state;
	control_stop(&control);
	control_close(&first);
	control_init(&control);
	assert_int_equal(open_it(true, "", NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/control.next", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(control_publish_next(dir, NULL), 0);
	assert_int_equal(stat(path, &st), -1);
	(void)close(dial_and_ask(60));
	turn_until_asked();
	assert_int_equal(control_publish_next(dir, NULL), ERR_SYS); /* there is none */
}

static void what_cannot_be_had_is_an_error(void **state)
{
	struct control other;
	struct err err;
	char path[200];

	(void)state;
	control_init(&other);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(control_open(&other, loop, path, false, "", on_ask, NULL, &err),
			 ERR_LIMIT);
	assert_int_equal(
		control_open(&other, loop, "/no/such", false, "", on_ask, NULL, &err),
		ERR_SYS);
	assert_int_equal(control_open(&other, loop, dir, true, "no-such-group", on_ask,
				      NULL, &err),
			 ERR_INPUT);
	assert_non_null(strstr(err.text, "control.group: there is no group"));
	control_stop(&other);
	control_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ask_is_answered_and_ended),
		TEST(one_that_waits_too_long_is_told),
		TEST(one_that_leaves_or_says_more_is_let_go),
		TEST(without_a_descriptor_it_rests_and_goes_on),
		TEST(the_next_one_takes_the_name),
		TEST(what_cannot_be_had_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
