/* test_child.c - every state with every event, and what a seat does about them */
#include "master/child.h"

#include "base/clock.h"
#include "ipc/frame.h"
#include "ipc/kind.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* clang-format off */
#define NO CHILD_REFUSED
static const enum child_state expected[CHILD_NSTATES][CHILD_NEVENTS] = {
	/*                    start           fork_failed    ready        ready_late    quiet        stale         drain           grace_over    exit_restart   exit_retire */
	[CHILD_REFUSED]  = { NO,             NO,            NO,          NO,           NO,          NO,           NO,             NO,           NO,            NO },
	[CHILD_RETIRED]  = { CHILD_STARTING, NO,            NO,          NO,           NO,          NO,           NO,             NO,           NO,            NO },
	[CHILD_STARTING] = { NO,             CHILD_BACKOFF, CHILD_READY, CHILD_KILLED, NO,          NO,           CHILD_DRAINING, NO,           CHILD_BACKOFF, NO },
	[CHILD_READY]    = { NO,             NO,            NO,          NO,           CHILD_QUIET, CHILD_KILLED, CHILD_DRAINING, NO,           CHILD_BACKOFF, NO },
	[CHILD_QUIET]    = { NO,             NO,            NO,          NO,           NO,          CHILD_KILLED, CHILD_DRAINING, NO,           CHILD_BACKOFF, NO },
	[CHILD_DRAINING] = { NO,             NO,            NO,          NO,           NO,          NO,           CHILD_DRAINING, CHILD_KILLED, NO,            CHILD_RETIRED },
	[CHILD_KILLED]   = { NO,             NO,            NO,          NO,           NO,          NO,           CHILD_KILLED,   CHILD_KILLED, CHILD_BACKOFF, CHILD_RETIRED },
	[CHILD_BACKOFF]  = { CHILD_STARTING, NO,            NO,          NO,           NO,          NO,           CHILD_RETIRED,  NO,           NO,            NO },
};
/* clang-format on */

static void every_event_in_every_state_leads_where_it_should(void **state)
{
	int s, e, pairs = 0;

	(void)state;
	for (s = 0; s < CHILD_NSTATES; s++) {
		for (e = 0; e < CHILD_NEVENTS; e++) {
			enum child_state to =
				child_next((enum child_state)s, (enum child_event)e);

			if (to != expected[s][e])
				fail_msg("%s + %s: %s instead of %s",
					 child_state_name((enum child_state)s),
					 child_event_name((enum child_event)e),
					 child_state_name(to),
					 child_state_name(expected[s][e]));
			pairs++;
		}
	}
	assert_int_equal(pairs, CHILD_NSTATES * CHILD_NEVENTS);
}

static void every_state_and_event_has_a_name_of_its_own(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < CHILD_NSTATES; i++)
		for (j = 0; j <= CHILD_NSTATES; j++)
			if (i != j)
				assert_string_not_equal(
					child_state_name((enum child_state)i),
					child_state_name((enum child_state)j));
	for (i = 0; i < CHILD_NEVENTS; i++)
		for (j = 0; j <= CHILD_NEVENTS; j++)
			if (i != j)
				assert_string_not_equal(
					child_event_name((enum child_event)i),
					child_event_name((enum child_event)j));
}

/* From every state with a process there is a way to no process at all. */
static void a_drain_always_comes_to_an_end(void **state)
{
	static const enum child_event way[] = { CHILD_EV_DRAIN, CHILD_EV_GRACE_OVER,
						CHILD_EV_EXIT_RETIRE };
	int s;

	(void)state;
	for (s = CHILD_STARTING; s < CHILD_NSTATES; s++) {
		enum child_state at = (enum child_state)s;
		size_t i;

		for (i = 0; i < 3 && at != CHILD_RETIRED; i++)
			at = child_next(at, way[i]);
		assert_int_equal(at, CHILD_RETIRED);
	}
}

/* A seat on a real loop, with real processes that only sleep or leave. */

struct bench {
	struct ev_loop *loop;
	struct kind kind;
	struct child child;
	struct score_slot score;
	int starts, readies, deaths, retires, dones;
	int done_index, done_pid;
	struct reaper_death death;
	char why[32];
	int64_t wait_ms; /* what died() answers */
	int waits;       /* how often it may be late */
	int child_end;   /* the child's end of the socket, kept here */
};

static void op_start(struct child *child)
{
	struct bench *bench = child->owner;

	bench->starts++;
	ev_break(bench->loop, EVBREAK_ALL);
}

static void op_ready(struct child *child)
{
	struct bench *bench = child->owner;

	bench->readies++;
	ev_break(bench->loop, EVBREAK_ALL);
}

static void op_done(struct child *child, int index, int pid)
{
	struct bench *bench = child->owner;

	bench->dones++;
	bench->done_index = index;
	bench->done_pid = pid;
	ev_break(bench->loop, EVBREAK_ALL);
}

static int64_t op_died(struct child *child, const struct reaper_death *death,
		       const char *why)
{
	struct bench *bench = child->owner;

	bench->deaths++;
	bench->death = *death;
	(void)snprintf(bench->why, sizeof(bench->why), "%s", why ? why : "");
	ev_break(bench->loop, EVBREAK_ALL);
	return bench->wait_ms;
}

static bool op_may_wait(struct child *child)
{
	struct bench *bench = child->owner;

	return bench->waits-- > 0;
}

static void op_retired(struct child *child)
{
	struct bench *bench = child->owner;

	bench->retires++;
	ev_break(bench->loop, EVBREAK_ALL);
}

static const struct child_ops ops = {
	.start = op_start,
	.ready = op_ready,
	.obituary_done = op_done,
	.may_wait = op_may_wait,
	.died = op_died,
	.retired = op_retired,
};

static int set_up(void **state)
{
	static struct bench bench;

	memset(&bench, 0, sizeof(bench));
	bench.loop = ev_loop_new(EVFLAG_AUTO);
	bench.kind.name = "sleeper";
	bench.kind.ready_timeout_ms = 60000;
	bench.child_end = -1;
	child_init(&bench.child, bench.loop, &bench.kind, 3, &ops, &bench);
	*state = &bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	int pid = bench->child.pid;

	child_deinit(&bench->child);
	child_deinit(&bench->child);
	if (pid) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	if (bench->child_end >= 0)
		(void)close(bench->child_end);
	ev_loop_destroy(bench->loop);
	return 0;
}

/* A process that waits for a signal, or leaves at once with a code. */
static void fork_one(struct bench *bench, int exit_code)
{
	int fds[2], pidfd;
	pid_t pid;

	assert_int_equal(bench->child.state, CHILD_STARTING);
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
				    fds),
			 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (exit_code >= 0)
			_exit(exit_code);
		/*
		 * the end that the test speaks through is its own, and it may be killed
		 */
		(void)close(fds[0]);
		(void)close(fds[1]);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			(void)pause();
	}
	if (bench->child_end >= 0)
		assert_int_equal(close(bench->child_end), 0);
	bench->child_end = fds[1];
	assert_int_equal(reaper_open(pid, &pidfd, NULL), 0);
	memset(&bench->score, 0, sizeof(bench->score));
	child_forked(&bench->child, pid, pidfd, fds[0], 0, &bench->score);
}

static void say(struct bench *bench, enum frame_type type, int64_t number)
{
	struct frame frame;

	frame_init(&frame, type, number, "");
	frame.pid = bench->child.pid;
	assert_int_equal(frame_send(bench->child_end, &frame, NULL), 0);
}

static void heard(struct bench *bench, enum frame_type type, int64_t number)
{
	struct frame frame;

	assert_int_equal(frame_recv(bench->child_end, &frame, NULL), 1);
	assert_int_equal(frame.type, type);
	assert_int_equal(frame.number, number);
}

static void ready_one(struct bench *bench)
{
	child_start(&bench->child);
	fork_one(bench, -1);
	say(bench, FRAME_READY, 0);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->child.state, CHILD_READY);
}

static void stop(struct bench *bench)
{
	int status;

	assert_int_equal(kill(bench->child.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(bench->child.pid, &status, WUNTRACED), bench->child.pid);
	assert_true(WIFSTOPPED(status));
}

static void a_child_that_says_ready_is_ready(void **state)
{
	struct bench *bench = *state;

	child_start(&bench->child);
	assert_int_equal(bench->starts, 1);
	fork_one(bench, -1);
	assert_false(bench->child.ready_once);
	say(bench, FRAME_READY, 0);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->readies, 1);
	assert_true(bench->child.ever_ready);
	assert_int_equal(atomic_load(&bench->score.state), SCORE_READY);
	assert_false(ev_is_active(&bench->child.timer));
}

static void a_child_that_is_not_ready_in_time_is_killed_and_replaced(void **state)
{
	struct bench *bench = *state;

	bench->kind.ready_timeout_ms = 10;
	child_start(&bench->child);
	fork_one(bench, -1);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->deaths, 1);
	assert_true(bench->death.by_signal);
	assert_int_equal(bench->death.number, SIGKILL);
	assert_string_equal(bench->why, "not_ready");
	assert_int_equal(bench->child.state, CHILD_BACKOFF);
	ev_run(bench->loop, 0); /* no wait: at once */
	assert_int_equal(bench->starts, 2);
}

static void a_child_that_waits_for_others_gets_its_time_anew(void **state)
{
	struct bench *bench = *state;

	bench->kind.ready_timeout_ms = 10;
	bench->waits = 2;
	child_start(&bench->child);
	fork_one(bench, -1);
	while (bench->waits > 0)
		ev_run(bench->loop, EVRUN_ONCE);
	assert_int_equal(bench->child.state, CHILD_STARTING);
	ev_run(bench->loop, 0);
	assert_string_equal(bench->why, "not_ready");
}

static void a_child_that_leaves_by_itself_is_replaced_after_the_wait(void **state)
{
	struct bench *bench = *state;
	int64_t from_mono_ms = clock_mono_ms();

	bench->wait_ms = 30;
	child_start(&bench->child);
	fork_one(bench, 41);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->deaths, 1);
	assert_false(bench->death.by_signal);
	assert_int_equal(bench->death.number, 41);
	assert_string_equal(bench->why, "");
	assert_int_equal(bench->child.pid, 0);
	assert_null(bench->child.score);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->starts, 2);
	assert_true(clock_mono_ms() - from_mono_ms >= 29);
}

static void what_a_child_said_last_comes_before_its_end(void **state)
{
	struct bench *bench = *state;

	child_start(&bench->child);
	fork_one(bench, 0);
	say(bench, FRAME_READY, 0);
	while (!bench->deaths)
		ev_run(bench->loop, EVRUN_ONCE);
	assert_int_equal(bench->readies, 1);
}

static void a_drain_is_told_and_ends_with_a_kill(void **state)
{
	struct bench *bench = *state;
	int64_t deadline_mono_ms = clock_mono_ms() + 20;

	ready_one(bench);
	child_drain(&bench->child, "stop", deadline_mono_ms);
	heard(bench, FRAME_DRAIN, deadline_mono_ms);
	assert_int_equal(atomic_load(&bench->score.state), SCORE_DRAINING);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->death.number, SIGKILL);
	assert_string_equal(bench->why, "drain_deadline");
	assert_int_equal(bench->child.state, CHILD_RETIRED);
	assert_int_equal(bench->retires, 1);
	assert_true(clock_mono_ms() >= deadline_mono_ms);
	child_drain(&bench->child, "stop", 0); /* nothing is left: nothing happens */
	assert_int_equal(bench->retires, 1);
}

static void a_second_drain_moves_the_deadline(void **state)
{
	struct bench *bench = *state;
	int64_t now_mono_ms = clock_mono_ms();

	ready_one(bench);
	child_drain(&bench->child, "stop", now_mono_ms + 3600000);
	heard(bench, FRAME_DRAIN, now_mono_ms + 3600000);
	child_drain(&bench->child, "stop", now_mono_ms);
	heard(bench, FRAME_DRAIN, now_mono_ms);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->retires, 1);
}

static void a_child_that_reads_no_frames_is_told_to_drain_by_a_signal(void **state)
{
	struct bench *bench = *state;
	struct frame frame;
	struct err err;

	ready_one(bench);
	frame_init(&frame, FRAME_QUIET, 0, "");
	while (frame_send(bench->child.fd, &frame, &err) == 0)
		continue;
	assert_int_equal(err.code, ERR_FULL);
	/* it ignores SIGTERM; that the drain goes on is what matters */
	child_drain(&bench->child, "stop", clock_mono_ms() + 10);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->retires, 1);
}

static void a_seat_that_only_waits_for_its_fork_retires_at_once(void **state)
{
	struct bench *bench = *state;

	child_start(&bench->child);
	child_drain(&bench->child, "stop", clock_mono_ms() + 1000);
	assert_int_equal(bench->retires, 1);
	assert_int_equal(bench->child.state, CHILD_RETIRED);
}

static void a_seat_in_backoff_retires_at_once(void **state)
{
	struct bench *bench = *state;

	child_start(&bench->child);
	child_fork_failed(&bench->child, 3600000);
	assert_int_equal(bench->child.state, CHILD_BACKOFF);
	child_drain(&bench->child, "stop", clock_mono_ms() + 1000);
	assert_int_equal(bench->retires, 1);
	assert_false(ev_is_active(&bench->child.timer));
}

static void a_stale_pulse_gets_an_abort(void **state)
{
	struct bench *bench = *state;
	int64_t now_mono_ms;

	ready_one(bench);
	now_mono_ms = clock_mono_ms();
	atomic_store(&bench->score.pulse_mono_ms, now_mono_ms);
	child_check_pulse(&bench->child, now_mono_ms + 30000, 30000);
	assert_int_equal(bench->child.state, CHILD_READY);
	child_check_pulse(&bench->child, now_mono_ms + 30001, 30000);
	assert_int_equal(bench->child.state, CHILD_KILLED);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->death.number, SIGABRT);
	assert_string_equal(bench->why, "watchdog");
	assert_int_equal(bench->child.state, CHILD_BACKOFF);
}

static void a_stopped_process_is_killed_after_the_abort(void **state)
{
	struct bench *bench = *state;
	int64_t from_mono_ms = clock_mono_ms();

	ready_one(bench);
	stop(bench);
	child_check_pulse(&bench->child, clock_mono_ms() + 30001, 30000);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->deaths, 1);
	assert_true(bench->death.by_signal);
	/* SIGABRT waits for a SIGCONT that never comes */
	assert_int_equal(bench->death.number, SIGKILL);
	assert_true(clock_mono_ms() - from_mono_ms >= 1900);
}

static void no_pulse_is_expected_while_we_did_not_run_ourselves(void **state)
{
	struct bench *bench = *state;
	int64_t now_mono_ms;

	ready_one(bench);
	now_mono_ms = clock_mono_ms();
	atomic_store(&bench->score.pulse_mono_ms, now_mono_ms);
	bench->child.watch_from_mono_ms = now_mono_ms + 100000;
	child_check_pulse(&bench->child, now_mono_ms + 130000, 30000);
	assert_int_equal(bench->child.state, CHILD_READY);
	child_check_pulse(&bench->child, now_mono_ms + 130001, 30000);
	assert_int_equal(bench->child.state, CHILD_KILLED);
}

static void a_child_that_is_being_killed_gets_no_more_grace_in_a_drain(void **state)
{
	struct bench *bench = *state;

	ready_one(bench);
	stop(bench);
	child_check_pulse(&bench->child, clock_mono_ms() + 30001, 30000);
	child_drain(&bench->child, "stop", clock_mono_ms() + 3600000);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->death.number, SIGKILL);
	assert_int_equal(bench->child.state, CHILD_RETIRED);
}

static void quiet_is_told_and_stays(void **state)
{
	struct bench *bench = *state;

	ready_one(bench);
	child_quiet(&bench->child);
	heard(bench, FRAME_QUIET, 0);
	assert_int_equal(bench->child.state, CHILD_QUIET);
	assert_int_equal(atomic_load(&bench->score.state), SCORE_QUIET);
	child_quiet(&bench->child); /* refused, and said so */
	assert_int_equal(frame_recv(bench->child_end, &(struct frame){ 0 }, NULL), 0);
}

static void a_ready_that_crosses_a_drain_is_passed_over(void **state)
{
	struct bench *bench = *state;

	child_start(&bench->child);
	fork_one(bench, -1);
	child_drain(&bench->child, "stop", clock_mono_ms() + 20);
	say(bench, FRAME_READY, 0);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->readies, 0);
	assert_int_equal(bench->retires, 1);
}

static void answers_about_deaths_come_through_and_junk_does_not(void **state)
{
	struct bench *bench = *state;

	ready_one(bench);
	assert_int_equal(send(bench->child_end, "junk", 4, 0), 4);
	say(bench, FRAME_OBITUARY_DONE, SCOREBOARD_SLOTS);
	say(bench, FRAME_OBITUARY_DONE, -1);
	say(bench, FRAME_DRAIN, 0);
	say(bench, FRAME_OBITUARY_DONE, 17);
	ev_run(bench->loop, 0);
	assert_int_equal(bench->dones, 1);
	assert_int_equal(bench->done_index, 17);
	assert_int_equal(bench->done_pid, bench->child.pid);
	assert_int_equal(bench->child.state, CHILD_READY);
}

static void a_child_that_closes_its_end_is_still_reaped(void **state)
{
	struct bench *bench = *state;

	ready_one(bench);
	assert_int_equal(close(bench->child_end), 0);
	bench->child_end = -1;
	ev_run(bench->loop, EVRUN_ONCE);
	assert_int_equal(bench->deaths, 0);
	assert_int_equal(kill(bench->child.pid, SIGKILL), 0);
	while (!bench->deaths)
		ev_run(bench->loop, EVRUN_ONCE);
	assert_int_equal(bench->death.number, SIGKILL);
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_in_every_state_leads_where_it_should),
		cmocka_unit_test(every_state_and_event_has_a_name_of_its_own),
		cmocka_unit_test(a_drain_always_comes_to_an_end),
		WITH_BENCH(a_child_that_says_ready_is_ready),
		WITH_BENCH(a_child_that_is_not_ready_in_time_is_killed_and_replaced),
		WITH_BENCH(a_child_that_waits_for_others_gets_its_time_anew),
		WITH_BENCH(a_child_that_leaves_by_itself_is_replaced_after_the_wait),
		WITH_BENCH(what_a_child_said_last_comes_before_its_end),
		WITH_BENCH(a_drain_is_told_and_ends_with_a_kill),
		WITH_BENCH(a_second_drain_moves_the_deadline),
		WITH_BENCH(a_child_that_reads_no_frames_is_told_to_drain_by_a_signal),
		WITH_BENCH(a_seat_that_only_waits_for_its_fork_retires_at_once),
		WITH_BENCH(a_seat_in_backoff_retires_at_once),
		WITH_BENCH(a_stale_pulse_gets_an_abort),
		WITH_BENCH(a_stopped_process_is_killed_after_the_abort),
		WITH_BENCH(no_pulse_is_expected_while_we_did_not_run_ourselves),
		WITH_BENCH(a_child_that_is_being_killed_gets_no_more_grace_in_a_drain),
		WITH_BENCH(quiet_is_told_and_stays),
		WITH_BENCH(a_ready_that_crosses_a_drain_is_passed_over),
		WITH_BENCH(answers_about_deaths_come_through_and_junk_does_not),
		WITH_BENCH(a_child_that_closes_its_end_is_still_reaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
