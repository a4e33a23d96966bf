/* test_lifeline.c - what a child hears from its master, and what it says */
#include "ipc/lifeline.h"

#include "base/clock.h"
#include "ipc/exit_code.h"
#include "ipc/frame.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct child_env env;
	int master_fd; /* the master's end */
	int drains;
	int hurries;
	int quiets;
	int obituary;
	int obituary_pid;
	int64_t deadline_mono_ms;
	char reason[64];
};

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct bench *bench = arg;

	bench->drains++;
	bench->deadline_mono_ms = deadline_mono_ms;
	strncpy(bench->reason, reason, sizeof(bench->reason) - 1);
	ev_break(bench->loop, EVBREAK_ALL);
}

static void on_hurry(void *arg, int64_t deadline_mono_ms)
{
	struct bench *bench = arg;

	bench->hurries++;
	bench->deadline_mono_ms = deadline_mono_ms;
	ev_break(bench->loop, EVBREAK_ALL);
}

static void on_quiet(void *arg)
{
	struct bench *bench = arg;

	bench->quiets++;
	ev_break(bench->loop, EVBREAK_ALL);
}

static void on_obituary(void *arg, int index, int pid)
{
	struct bench *bench = arg;

	bench->obituary = index;
	bench->obituary_pid = pid;
	ev_break(bench->loop, EVBREAK_ALL);
}

static const struct lifeline_ops ops = { on_drain, on_hurry, on_quiet, on_obituary };
static const struct lifeline_ops ops_few = { .on_drain = on_drain };

static int set_up_with(void **state, const struct lifeline_ops *which)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int fds[2];

	if (!bench || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	bench->obituary = -1;
	bench->loop = ev_loop_new(EVFLAG_AUTO);
	bench->master_fd = fds[0];
	bench->env.master_fd = fds[1];
	bench->env.generation = 4;
	bench->env.drain_deadline_ms = 60000;
	bench->env.board = calloc(1, sizeof(*bench->env.board));
	bench->env.score = &bench->env.board->slots[5];
	bench->env.board->master_pulse_mono_ms = clock_mono_ms();
	lifeline_init(&bench->lifeline, bench->loop, &bench->env, which, bench);
	*state = bench;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, &ops);
}

static int set_up_few(void **state)
{
	return set_up_with(state, &ops_few);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	lifeline_deinit(&bench->lifeline);
	lifeline_deinit(&bench->lifeline); /* twice is fine */
	ev_loop_destroy(bench->loop);
	if (bench->master_fd >= 0)
		(void)close(bench->master_fd);
	(void)close(bench->env.master_fd);
	free(bench->env.board);
	free(bench);
	return 0;
}

static void tell(struct bench *bench, enum frame_type type, int64_t number,
		 const char *text)
{
	struct frame frame;

	frame_init(&frame, type, number, text);
	frame.pid = 77;
	assert_int_equal(frame_send(bench->master_fd, &frame, NULL), 0);
}

static void ready_reaches_the_master(void **state)
{
	struct bench *bench = *state;
	struct frame frame;

	lifeline_ready(&bench->lifeline);
	assert_int_equal(frame_recv(bench->master_fd, &frame, NULL), 1);
	assert_int_equal(frame.type, FRAME_READY);
	assert_int_equal(frame.pid, getpid());
	assert_int_equal(frame.generation, 4);
}

static void a_drain_frame_drains_once_and_then_hurries(void **state)
{
	struct bench *bench = *state;

	tell(bench, FRAME_DRAIN, 123456, "stop");
	ev_run(bench->loop, 0);
	assert_int_equal(bench->drains, 1);
	assert_int_equal(bench->deadline_mono_ms, 123456);
	assert_string_equal(bench->reason, "stop");
	assert_true(lifeline_draining(&bench->lifeline));
	tell(bench, FRAME_DRAIN, 100000, "stop");
	ev_run(bench->loop, 0);
	assert_int_equal(bench->drains, 1);
	assert_int_equal(bench->hurries, 1);
	assert_int_equal(bench->deadline_mono_ms, 100000);
	assert_int_equal(lifeline_exit_code(&bench->lifeline), EXIT_CODE_OK);
}

static void sigterm_drains_with_the_own_deadline(void **state)
{
	struct bench *bench = *state;
	int64_t wait_ms;

	assert_int_equal(raise(SIGTERM), 0);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->drains, 1);
	assert_string_equal(bench->reason, "sigterm");
	wait_ms = bench->deadline_mono_ms - clock_mono_ms();
	assert_true(wait_ms > 50000 && wait_ms <= 60000);
	assert_false(lifeline_lost(&bench->lifeline));
}

static void the_end_of_the_master_drains(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(close(bench->master_fd), 0);
	bench->master_fd = -1;
	ev_run(bench->loop, 0);
	(void)alarm(0); /* this process does not leave */
	assert_int_equal(bench->drains, 1);
	assert_string_equal(bench->reason, "master_lost");
	assert_true(lifeline_lost(&bench->lifeline));
	assert_int_equal(lifeline_exit_code(&bench->lifeline),
			 EXIT_CODE_CHILD_LOST_MASTER);
	lifeline_ready(&bench->lifeline); /* nobody listens; nothing happens */
}

static void the_end_of_the_master_sets_an_alarm_behind_the_deadline(void **state)
{
	struct bench *bench = *state;
	unsigned left;

	assert_int_equal(close(bench->master_fd), 0);
	bench->master_fd = -1;
	ev_run(bench->loop, 0);
	left = alarm(0);
	assert_true(left > 60 && left <= 65);
}

static void a_drain_that_takes_too_long_is_cut_when_nobody_else_does(void **state)
{
	struct bench *bench = *state;

	bench->env.drain_deadline_ms = 20;
	assert_int_equal(raise(SIGTERM), 0);
	ev_run(bench->loop, 0); /* ended by on_drain */
	assert_int_equal(bench->drains, 1);
	ev_run(bench->loop, 0); /* ended by the deadline */
	assert_int_equal(bench->hurries, 0);
}

static void quiet_and_obituaries_come_through(void **state)
{
	struct bench *bench = *state;
	struct frame frame;

	tell(bench, FRAME_QUIET, 0, "");
	ev_run(bench->loop, 0);
	assert_int_equal(bench->quiets, 1);
	tell(bench, FRAME_OBITUARY, 255, "signal SIGKILL");
	ev_run(bench->loop, 0);
	assert_int_equal(bench->obituary, 255);
	assert_int_equal(bench->obituary_pid, 77);
	lifeline_obituary_done(&bench->lifeline, 255, 77);
	assert_int_equal(frame_recv(bench->master_fd, &frame, NULL), 1);
	assert_int_equal(frame.type, FRAME_OBITUARY_DONE);
	assert_int_equal(frame.number, 255);
	assert_int_equal(frame.pid, 77);
}

static void junk_and_frames_of_the_wrong_way_are_passed_over(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(send(bench->master_fd, "junk", 4, 0), 4);
	tell(bench, FRAME_READY, 0, "");
	tell(bench, FRAME_OBITUARY, SCOREBOARD_SLOTS, "");
	tell(bench, FRAME_OBITUARY, -1, "");
	tell(bench, FRAME_DRAIN, 1, "");
	ev_run(bench->loop, 0);
	assert_int_equal(bench->drains, 1);
	assert_int_equal(bench->obituary, -1);
}

static void what_a_child_does_not_care_about_is_passed_over(void **state)
{
	struct bench *bench = *state;

	tell(bench, FRAME_QUIET, 0, "");
	tell(bench, FRAME_OBITUARY, 1, "");
	tell(bench, FRAME_DRAIN, 5, "");
	ev_run(bench->loop, 0);
	assert_int_equal(bench->drains, 1);
	tell(bench, FRAME_DRAIN, 4, ""); /* hurry */
	ev_run(bench->loop, EVRUN_ONCE);
	assert_int_equal(bench->drains, 1);
	assert_int_equal(bench->deadline_mono_ms, 5);
}

static void answers_wait_for_a_master_that_does_not_read(void **state)
{
	struct bench *bench = *state;
	struct frame frame;
	int i, seen = 0;

	/* far more than the socket holds */
	for (i = 0; i < 2000; i++)
		lifeline_obituary_done(&bench->lifeline, i % SCOREBOARD_SLOTS, i);
	assert_true(bench->lifeline.unsent.len > 0);
	while (seen < 2000) {
		if (frame_recv(bench->master_fd, &frame, NULL) == 1) {
			assert_int_equal(frame.pid, seen); /* in order, none missing */
			seen++;
			continue;
		}
		ev_run(bench->loop, EVRUN_ONCE);
	}
	ev_run(bench->loop, EVRUN_NOWAIT);
	assert_int_equal(bench->lifeline.unsent.len, 0);
	assert_false(ev_is_active(&bench->lifeline.room));
}

static void the_pulse_moves_while_the_loop_turns(void **state)
{
	struct bench *bench = *state;
	int64_t now_ms;

	atomic_store(&bench->env.score->pulse_mono_ms, 0);
	now_ms = clock_mono_ms();
	ev_run(bench->loop, EVRUN_ONCE); /* at the latest when the pulse timer fires */
	assert_true(atomic_load(&bench->env.score->pulse_mono_ms) >= now_ms);
}

static void a_late_pulse_is_counted(void **state)
{
	struct bench *bench = *state;
	const struct score_slot *score = bench->env.score;

	bench->lifeline.beat_mono_ms = clock_mono_ms() - 700;
	ev_run(bench->loop, EVRUN_ONCE);
	assert_int_equal(score_get(score, SCORE_PULSES_LATE), 0);
	assert_in_range(score_get(score, SCORE_PULSE_LATE_MS), 450, 1000000);
	bench->lifeline.beat_mono_ms = clock_mono_ms() - 5000;
	ev_run(bench->loop, EVRUN_ONCE);
	assert_in_range(score_get(score, SCORE_PULSES_LATE), 1, 2);
	assert_in_range(score_get(score, SCORE_PULSE_LATE_MS), 4750, 1000000);
}

static void a_master_without_a_pulse_is_silent(void **state)
{
	struct bench *bench = *state;

	assert_false(lifeline_master_silent(&bench->lifeline, 30000));
	atomic_store(&bench->env.board->master_pulse_mono_ms, clock_mono_ms() - 31000);
	assert_true(lifeline_master_silent(&bench->lifeline, 30000));
	assert_false(lifeline_master_silent(&bench->lifeline, 60000));
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(ready_reaches_the_master),
		WITH_BENCH(a_drain_frame_drains_once_and_then_hurries),
		WITH_BENCH(sigterm_drains_with_the_own_deadline),
		WITH_BENCH(the_end_of_the_master_drains),
		WITH_BENCH(the_end_of_the_master_sets_an_alarm_behind_the_deadline),
		WITH_BENCH(a_drain_that_takes_too_long_is_cut_when_nobody_else_does),
		WITH_BENCH(quiet_and_obituaries_come_through),
		WITH_BENCH(junk_and_frames_of_the_wrong_way_are_passed_over),
		cmocka_unit_test_setup_teardown(
			what_a_child_does_not_care_about_is_passed_over, set_up_few,
			tear_down),
		WITH_BENCH(answers_wait_for_a_master_that_does_not_read),
		WITH_BENCH(the_pulse_moves_while_the_loop_turns),
		WITH_BENCH(a_late_pulse_is_counted),
		WITH_BENCH(a_master_without_a_pulse_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
