/* test_acts.c - what each signal does in each state of the master */
#include "master/acts.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/exit_code.h"
#include "live_host.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void host_signal(struct host *host, int number)
{
	assert_int_equal(kill(host->pid, number), 0);
}

static void one_worker_more_and_one_less(void **state)
{
	struct host *host = *state;

	host_start_file(host, "");
	host_signal(host, SIGTTIN);
	(void)host_wait(host, "crew.more", "by=SIGTTIN child_kind=worker processes=2");
	(void)host_wait(host, "child.ready", "child_kind=worker child_slot=1");
	host_signal(host, SIGTTOU);
	(void)host_wait(host, "crew.less", "by=SIGTTOU child_kind=worker processes=1");
	(void)host_wait(host, "child.died", "child_kind=worker child_slot=1");
	host_wait_living(host, 3);
	host_signal(host, SIGTTOU);
	(void)host_wait(host, "act.refused", "act=less by=SIGTTOU reason=the_last_one");
	/* a reload that touches workers brings back what is configured */
	host_signal(host, SIGTTIN);
	(void)host_wait(host, "child.ready", "child_kind=worker child_slot=1");
	host_reload(host, "drain: {deadline: 9s}\n");
	(void)host_wait(host, "reload.done", "");
	host_wait_living(host, 4);
	host_reload(host, "worker: {slots: 6}\n");
	(void)host_wait(host, "reload.done", "");
	host_wait_living(host, 3);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void quiet_lasts_until_a_reload(void **state)
{
	struct host *host = *state;
	char *line;
	int64_t worker;

	host_start_file(host, "");
	host_rewind(host);
	worker = host_number(host_wait(host, "child.started", "child_kind=worker"),
			     "child");
	(void)host_wait(host, "master.ready", "");
	host_signal(host, SIGWINCH);
	(void)host_wait(host, "child.state", "from=ready to=quiet");
	(void)host_wait(host, "probe.quiet", "");
	/* who takes the seat of a dead one is quiet as well */
	assert_int_equal(kill((pid_t)worker, SIGKILL), 0);
	(void)host_wait(host, "child.died", "");
	(void)host_wait(host, "probe.quiet", "");
	/* nothing in the file has changed, and yet the worker is a new one */
	host_signal(host, SIGHUP);
	(void)host_wait(host, "reload.done", "");
	(void)host_wait(host, "child.died", "child_kind=worker");
	host_signal(host, SIGTERM);
	while ((line = host_line(host)) != NULL)
		assert_null(strstr(line, "probe.quiet"));
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

/* Each signal in a state of the master: what is said. */
struct row {
	int number;
	const char *event;
	const char *text;
};

static void host_send_rows(struct host *host, const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		host_signal(host, rows[i].number);
		(void)host_wait(host, rows[i].event, rows[i].text);
	}
}
#define SEND_ROWS(host, rows) host_send_rows(host, rows, sizeof(rows) / sizeof(rows[0]))

static void every_signal_during_a_reload(void **state)
{
	static const struct row rows[] = {
		{ SIGTTIN, "act.refused", "act=more by=SIGTTIN reason=reload" },
		{ SIGTTOU, "act.refused", "act=less by=SIGTTOU reason=reload" },
		{ SIGUSR2, "act.refused", "act=upgrade by=SIGUSR2 reason=reload" },
		{ SIGUSR1, "log.reopened", "by=SIGUSR1 files=0" },
		{ SIGWINCH, "master.quiet", "by=SIGWINCH" },
		{ SIGHUP, "reload.queued", "by=SIGHUP" },
		{ SIGINT, "master.draining", "signal=SIGINT" },
		{ SIGTERM, "master.hurry", "signal=SIGTERM" },
		{ SIGQUIT, "master.hurry", "signal=SIGQUIT wait_ms=0" },
	};
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	host_reload(host, "worker: {slots: 14}\n");
	(void)host_wait(host, "reload.started", "");
	SEND_ROWS(host, rows);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void every_signal_during_a_drain(void **state)
{
	static const struct row rows[] = {
		{ SIGHUP, "act.refused", "act=reload by=SIGHUP reason=draining" },
		{ SIGTTIN, "act.refused", "act=more by=SIGTTIN reason=draining" },
		{ SIGTTOU, "act.refused", "act=less by=SIGTTOU reason=draining" },
		{ SIGWINCH, "act.refused", "act=quiet by=SIGWINCH reason=draining" },
		{ SIGUSR2, "act.refused", "act=upgrade by=SIGUSR2 reason=draining" },
		{ SIGUSR1, "log.reopened", "by=SIGUSR1" },
		{ SIGINT, "master.hurry", "signal=SIGINT wait_ms=1000" },
		{ SIGQUIT, "master.hurry", "signal=SIGQUIT wait_ms=0" },
	};
	struct host *host = *state;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, host_stubborns);
	(void)host_wait(host, "master.ready", "");
	host_signal(host, SIGTERM);
	(void)host_wait(host, "probe.drain", "");
	SEND_ROWS(host, rows);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void every_signal_before_all_are_ready(void **state)
{
	static const struct row rows[] = {
		{ SIGUSR1, "log.reopened", "by=SIGUSR1" },
		{ SIGWINCH, "master.quiet", "by=SIGWINCH" },
		{ SIGUSR2, "act.refused", "act=upgrade by=SIGUSR2 reason=starting" },
		{ SIGTTIN, "crew.more", "processes=2" },
		{ SIGTTOU, "crew.less", "processes=1" },
		{ SIGHUP, "reload.started", "by=SIGHUP" },
		{ SIGTERM, "master.draining", "signal=SIGTERM" },
		{ SIGTERM, "master.hurry", "signal=SIGTERM wait_ms=1000" },
		{ SIGINT, "master.hurry", "signal=SIGINT wait_ms=0" },
	};
	struct host *host = *state;

	host_make_file(host, "worker: {slots: 14}\n"); /* never ready */
	host_start(host, host_readers);
	(void)host_wait(host, "child.started", "child_kind=api");
	SEND_ROWS(host, rows);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void every_signal_while_all_are_ready(void **state)
{
	static const struct row rows[] = {
		{ SIGUSR1, "log.reopened", "by=SIGUSR1 files=0" },
		{ SIGTTOU, "act.refused", "act=less by=SIGTTOU reason=the_last_one" },
		{ SIGTTIN, "crew.more", "by=SIGTTIN child_kind=worker processes=2" },
		{ SIGTTOU, "crew.less", "by=SIGTTOU child_kind=worker processes=1" },
		{ SIGUSR2, "act.refused",
		  "act=upgrade by=SIGUSR2 reason=unknown_program" },
		{ SIGHUP, "reload.unchanged", "by=SIGHUP" },
		{ SIGWINCH, "master.quiet", "by=SIGWINCH" },
		{ SIGQUIT, "master.draining", "signal=SIGQUIT wait_ms=1000" },
	};
	struct host *host = *state;

	host_start_file(host, "");
	SEND_ROWS(host, rows);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void every_signal_while_it_is_quiet(void **state)
{
	static const struct row rows[] = {
		{ SIGWINCH, "master.quiet", "by=SIGWINCH" },
		{ SIGUSR1, "log.reopened", "by=SIGUSR1" },
		{ SIGUSR2, "act.refused",
		  "act=upgrade by=SIGUSR2 reason=unknown_program" },
		{ SIGTTIN, "crew.more", "processes=2" },
		{ SIGTTOU, "crew.less", "processes=1" },
		{ SIGHUP, "reload.started", "by=SIGHUP" }, /* it ends the quiet */
		{ SIGINT, "master.draining", "signal=SIGINT wait_ms=1000" },
	};
	struct host *host = *state;

	host_start_file(host, "");
	host_signal(host, SIGWINCH);
	(void)host_wait(host, "master.quiet", "");
	SEND_ROWS(host, rows);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_host_that_scales_comes_within_its_bounds_and_stays_there(void **state)
{
	struct host *host = *state;
	char *line;

	host_make_file(host, "worker: {max: 3, grow_after: 100ms}\n");
	host_start(host, host_readers);
	(void)host_wait(host, "master.ready", "");
	/* a file with another least number, which touches no child */
	host_reload(host,
		    "worker: {processes: auto, min: 2, max: 3, grow_after: 100ms}\n");
	(void)host_wait(host, "reload.done", "");
	line = host_wait(host, "crew.grow", "reason=below_min");
	assert_int_equal(host_number(line, "processes"), 1);
	(void)host_wait(host, "crew.more", "by=autoscale child_kind=worker processes=2");
	host_signal(host, SIGTTOU);
	(void)host_wait(host, "act.refused", "act=less by=SIGTTOU reason=worker.min");
	host_signal(host, SIGTTIN);
	(void)host_wait(host, "crew.more", "by=SIGTTIN child_kind=worker processes=3");
	host_signal(host, SIGTTIN);
	(void)host_wait(host, "act.refused", "act=more by=SIGTTIN reason=worker.max");
	host_reload(host,
		    "worker: {processes: auto, min: 1, max: 2, grow_after: 100ms}\n");
	(void)host_wait(host, "crew.shrink", "reason=above_max");
	(void)host_wait(host, "crew.less", "by=autoscale child_kind=worker processes=2");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(one_worker_more_and_one_less),
		WITH_HOST(quiet_lasts_until_a_reload),
		WITH_HOST(every_signal_while_all_are_ready),
		WITH_HOST(every_signal_while_it_is_quiet),
		WITH_HOST(a_host_that_scales_comes_within_its_bounds_and_stays_there),
		WITH_HOST(every_signal_during_a_reload),
		WITH_HOST(every_signal_during_a_drain),
		WITH_HOST(every_signal_before_all_are_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
