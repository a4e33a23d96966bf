/* test_master_live.c - a host from its start to its end, and what dies in between */
#include "master/master.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/exit_code.h"
#include "live_host.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_host_starts_gets_ready_and_stops(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	char text[IDS_MAX], *line;
	int64_t pid;

	host->conf.worker.processes.n = 3;
	host_start(host, host_idlers);
	pid = host_number(host_wait(host, "child.started", "child_slot=2"), "child");
	(void)host_wait(host, "master.ready", "children=3");

	board = host_board(host);
	assert_true(scoreboard_master_alive(board));
	assert_int_equal(board->master_pid, host->pid);
	assert_string_equal(board->version, "9.9.9");
	assert_int_equal(atomic_load(&board->slots[2].pid), pid);
	assert_int_equal(atomic_load(&board->slots[2].state), SCORE_READY);
	assert_int_equal(atomic_load(&board->slots[2].number), 2);
	assert_string_equal(score_text_get(&board->slots[2].kind, text), "idle");
	assert_memory_equal(score_text_get(&board->slots[2].incarnation, text), "worker-",
			    7);
	assert_int_equal(atomic_load(&board->slots[3].state), SCORE_FREE);

	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "master.draining", "signal=SIGTERM wait_ms=20000");
	line = host_wait(host, "child.died", "");
	assert_non_null(strstr(line, "level=info"));
	assert_non_null(strstr(line, "cause=\"exit 0 ok\""));
	(void)host_wait(host, "master.stopped", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
	assert_false(scoreboard_master_alive(board));
	assert_int_equal(atomic_load(&board->master_state), SCORE_MASTER_STOPPED);
	assert_int_equal(atomic_load(&board->slots[2].state), SCORE_FREE);
	scoreboard_close(board);
}

static void a_killed_child_is_back_at_once(void **state)
{
	struct host *host = *state;
	int64_t pid, from_mono_ms;
	char *line;
	int round;

	host_start(host, host_idlers);
	pid = host_number(host_wait(host, "child.ready", ""), "child");
	for (round = 0; round < 3; round++) {
		int64_t next;

		from_mono_ms = clock_mono_ms();
		assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
		line = host_wait(host, "child.died", "cause=\"signal SIGKILL\"");
		assert_int_equal(host_number(line, "child"), pid);
		next = host_number(host_wait(host, "child.ready", ""), "child");
		assert_int_not_equal(next, pid);
		assert_true(clock_mono_ms() - from_mono_ms < 5000);
		pid = next;
	}
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void crashes_at_the_start_lead_to_backoff_and_degraded(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	char text[IDS_MAX], *line;
	int64_t waits_ms[20], from_mono_ms = clock_mono_ms();
	int i;

	host->conf.restart.min_ms = 1;
	host->conf.restart.max_ms = 100;
	host_start(host, host_crashers);
	for (i = 0; i < 5; i++) {
		(void)host_wait(host, "child.died", "cause=\"exit 41 child_setup\"");
		waits_ms[i] =
			host_number(host_wait(host, "child.backoff", ""), "wait_ms");
	}
	(void)host_wait(host, "child.died", "");
	line = host_wait(host, "master.degraded", "");
	assert_non_null(strstr(line, "level=error"));
	assert_non_null(strstr(line, "crasher dies again and again: 6 deaths"));
	board = host_board(host);
	assert_int_equal(atomic_load(&board->master_state), SCORE_MASTER_DEGRADED);
	assert_non_null(strstr(score_text_get(&board->reason, text), "child_setup"));
	scoreboard_close(board);
	for (i = 6; i < 20; i++) {
		line = host_wait(host, "child.backoff", "");
		waits_ms[i] = host_number(line, "wait_ms");
	}
	/* each wait is at least half of its bound, which has reached the cap by now */
	for (i = 8; i < 20; i++)
		assert_true(waits_ms[i] >= 50 && waits_ms[i] <= 100);
	assert_true(clock_mono_ms() - from_mono_ms >= 12 * 50);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

/* The default waits: how many forks fit into the seconds that a test may take. */
static void a_crash_loop_is_no_fork_storm(void **state)
{
	struct host *host = *state;
	int64_t from_mono_ms = clock_mono_ms();
	int forks = 0;

	host_start(host, host_crashers);
	while (clock_mono_ms() - from_mono_ms < 3000) {
		(void)host_wait(host, "child.started", "");
		forks++;
	}
	/* 0, .2, .5, 1.1, 2.3, 4.7 s: a storm would be hundreds */
	assert_true(forks >= 3 && forks <= 8);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void degraded_ends_when_the_cause_is_gone(void **state)
{
	struct host *host = *state;
	FILE *fp;

	host->conf.restart = (typeof(host->conf.restart)){
		.min_ms = 1, .max_ms = 20, .window_ms = 1000, .ceiling = 2
	};
	host_start(host, host_healers);
	(void)host_wait(host, "master.degraded", "");
	fp = fopen(host_heal_path, "we");
	assert_non_null(fp);
	assert_int_equal(fclose(fp), 0);
	(void)host_wait(host, "master.ready", "");
	(void)host_wait(host, "master.recovered", "state=running");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_child_that_is_never_ready_is_replaced(void **state)
{
	struct host *host = *state;

	host->conf.drain.deadline_ms = 100; /* it hears nothing then either */
	host_start(host, host_mutes);
	(void)host_wait(host, "child.died", "cause=\"not_ready: signal SIGKILL\"");
	(void)host_wait(host, "child.started", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void who_refuses_to_drain_is_killed_at_the_deadline(void **state)
{
	struct host *host = *state;
	int64_t from_mono_ms;

	host->conf.drain.deadline_ms = 1500;
	host_start(host, host_stubborns);
	(void)host_wait(host, "master.ready", "");
	from_mono_ms = clock_mono_ms();
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "probe.drain", "reason=stop");
	(void)host_wait(host, "child.died", "cause=\"drain_deadline: signal SIGKILL\"");
	assert_true(clock_mono_ms() - from_mono_ms >= 1400);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void an_interrupt_stops_fast(void **state)
{
	struct host *host = *state;
	int64_t from_mono_ms;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, host_stubborns);
	(void)host_wait(host, "master.ready", "");
	from_mono_ms = clock_mono_ms();
	assert_int_equal(kill(host->pid, SIGINT), 0);
	(void)host_wait(host, "probe.drain", "reason=stop_fast");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
	assert_true(clock_mono_ms() - from_mono_ms < 20000);
}

static void a_second_term_makes_it_fast(void **state)
{
	struct host *host = *state;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, host_stubborns);
	(void)host_wait(host, "master.ready", "");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "probe.drain", "reason=stop ");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "master.hurry", "wait_ms=1000");
	(void)host_wait(host, "probe.hurry", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_second_quit_takes_the_grace_away(void **state)
{
	struct host *host = *state;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, host_stubborns);
	(void)host_wait(host, "master.ready", "");
	assert_int_equal(kill(host->pid, SIGQUIT), 0);
	(void)host_wait(host, "probe.drain", "");
	assert_int_equal(kill(host->pid, SIGQUIT), 0);
	(void)host_wait(host, "master.hurry", "wait_ms=0");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_stop_during_a_crash_loop_does_not_wait_for_it(void **state)
{
	struct host *host = *state;

	host->conf.restart.min_ms = 3600000;
	host->conf.restart.max_ms = 3600000;
	host_start(host, host_crashers);
	(void)host_wait(host, "child.backoff", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_terminated_child_drains_and_is_replaced(void **state)
{
	struct host *host = *state;
	int64_t pid;

	host_start(host, host_idlers);
	pid = host_number(host_wait(host, "child.ready", ""), "child");
	assert_int_equal(kill((pid_t)pid, SIGINT), 0); /* a terminal's: ignored */
	assert_int_equal(kill((pid_t)pid, SIGTERM), 0);
	(void)host_wait(host, "probe.drain", "reason=sigterm");
	(void)host_wait(host, "child.died", "cause=\"exit 0 ok\"");
	(void)host_wait(host, "child.ready", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void children_leave_when_their_master_is_gone(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	int status;

	host->conf.worker.processes.n = 2;
	host_start(host, host_idlers);
	(void)host_wait(host, "master.ready", "");
	board = host_board(host);
	assert_int_equal(kill(host->pid, SIGKILL), 0);
	assert_int_equal(waitpid(host->pid, &status, 0), host->pid);
	(void)host_wait(host, "child.master_lost", "");
	(void)host_wait(host, "child.master_lost", "");
	while (host_line(host))
		continue; /* the end of the log: nobody is left */
	assert_false(scoreboard_master_alive(board));
	scoreboard_close(board);

	/* the folders are free again */
	host_start(host, host_idlers);
	(void)host_wait(host, "master.ready", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

/* A stubborn orphan must not keep the folders: it closed what holds the locks. */
static void an_orphan_does_not_keep_the_next_master_out(void **state)
{
	struct host *host = *state;
	struct host other;

	host->conf.drain.deadline_ms = 2000;
	host_start(host, host_stubborns);
	(void)host_wait(host, "child.ready", "");
	other = *host;
	assert_int_equal(kill(host->pid, SIGKILL), 0);
	assert_int_equal(waitpid(host->pid, NULL, 0), host->pid);

	other.log_fd = -1;
	host_start(&other, host_idlers);
	(void)host_wait(&other, "master.ready", "");
	assert_int_equal(host_stop(&other), EXIT_CODE_OK);
	assert_int_equal(close(other.log_fd), 0);

	(void)host_wait(host, "child.drain_cut", "");
	while (host_line(host))
		continue; /* its end: the orphan left by itself */
	host->pid = 0;
}

static void a_second_master_on_the_same_folder_refuses(void **state)
{
	struct host *host = *state;
	static struct host second, third;
	char *line;

	host_start(host, host_idlers);
	(void)host_wait(host, "master.ready", "");

	second = *host;
	second.log_fd = -1;
	host_start(&second, host_idlers);
	line = host_wait(&second, "master.refused", "");
	assert_non_null(strstr(line, "another synapsed master is running with data_dir"));
	assert_int_equal(host_end(&second), EXIT_CODE_REFUSED);
	assert_int_equal(close(second.log_fd), 0);

	third = *host;
	third.log_fd = -1;
	third.conf.data_dir = third.dir; /* its own, but the same run_dir */
	host_start(&third, host_idlers);
	line = host_wait(&third, "master.refused", "");
	assert_non_null(strstr(line, "another synapsed master is running with run_dir"));
	assert_int_equal(host_end(&third), EXIT_CODE_REFUSED);
	assert_int_equal(close(third.log_fd), 0);

	/* the first did not notice */
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_host_with_nothing_to_run_refuses(void **state)
{
	struct host *host = *state;

	host_start(host, host_nobody);
	(void)host_wait(host, "master.refused", "nothing to run");
	assert_int_equal(host_end(host), EXIT_CODE_USAGE);
}

static void too_many_processes_are_refused(void **state)
{
	struct host *host = *state;

	host->conf.worker.processes.n = SCOREBOARD_SLOTS;
	host_start(host, host_idlers);
	(void)host_wait(host, "master.refused", "at most 128");
	assert_int_equal(host_end(host), EXIT_CODE_USAGE);
}

static void an_address_in_use_is_said_with_its_name(void **state)
{
	struct host *host = *state;
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *line;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(host->conf.api.listen.port);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	host_start(host, host_house);
	line = host_wait(host, "master.refused", "api.listen 127.0.0.1 port");
	assert_non_null(strstr(line, "in use"));
	assert_int_equal(host_end(host), EXIT_CODE_FAILED);
	assert_int_equal(close(fd), 0);
}

static void a_stuck_loop_is_aborted_and_its_suspect_named(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	char text[IDS_MAX], *line;

	host->conf.queue.pulse_stale_ms = 1000;
	host_start(host, host_hangers);
	line = host_wait(host, "child.stuck", "child_kind=hanging");
	assert_non_null(strstr(line, "suspect=run_1:1"));
	line = host_wait(host, "child.died", "cause=\"watchdog: signal SIGABRT\"");
	assert_non_null(strstr(line, "suspect=run_1:1"));
	line = host_wait(host, "child.stack", "part=0");
	assert_non_null(
		strstr(line, "ev_run+0x")); /* it hangs in a callback of the loop */
	(void)host_wait(host, "child.ready", "");
	board = host_board(host); /* it stays known */
	assert_true(atomic_load(&board->death_count) >= 1);
	assert_string_equal(score_text_get(&board->deaths[0].cause, text),
			    "watchdog: signal SIGABRT");
	assert_string_equal(score_text_get(&board->deaths[0].suspect, text), "run_1:1");
	assert_true(atomic_load(&board->deaths[0].at_ms) > 0);
	scoreboard_close(board);
	assert_int_equal(kill(host->pid, SIGINT), 0);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void each_kind_gets_what_its_row_says(void **state)
{
	struct host *host = *state;
	char *line;

	host_start(host, host_house);
	/* the keeper starts first, whatever the order of the table */
	(void)host_wait(host, "child.started", "child_kind=keeper");
	(void)host_wait(host, "child.started", "child_kind=worker");
	(void)host_wait(host, "child.started", "child_kind=api");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);

	host->conf.worker.name = "w1";
	host->conf.worker.processes.n = 2;
	host_start(host, host_house);
	(void)host_wait(host, "master.ready", "");
	host_rewind(host);
	line = host_wait(host, "probe.env", " kind=keeper ");
	assert_non_null(strstr(line, "api=0 health=1 row=w1-keeper-0 host=w1"));
	assert_non_null(strstr(line, "sigint_ignored=1"));
	host_rewind(host);
	line = host_wait(host, "probe.env", " kind=worker slot=1 ");
	assert_non_null(
		strstr(line, "api=0 health=0 row=w1-1 host=w1 incarnation=w1-1."));
	host_rewind(host);
	line = host_wait(host, "probe.env", " kind=api ");
	assert_non_null(strstr(line, "api=1 health=0 row=w1-api-0"));

	/*
	 * the socket belongs to the host, not to the child: nobody accepts, all connect
	 */
	{
		struct sockaddr_in addr = { .sin_family = AF_INET };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		addr.sin_port = htons(host->conf.api.listen.port);
		assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
		assert_int_equal(close(fd), 0);
	}
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void the_host_empties_from_the_outside_in(void **state)
{
	struct host *host = *state;
	char *line;
	int settled = 0;

	host->conf.worker.processes.n = 2;
	host_start(host, host_house);
	(void)host_wait(host, "master.ready", "");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "master.draining_group", "order=20");
	(void)host_wait(host, "child.died", "child_kind=api");
	(void)host_wait(host, "master.draining_group", "order=10");
	(void)host_wait(host, "child.died", "child_kind=worker");
	(void)host_wait(host, "child.died", "child_kind=worker");
	(void)host_wait(host, "master.draining_group", "order=0");
	(void)host_wait(host, "child.died", "child_kind=keeper");
	(void)host_wait(host, "master.stopped", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);

	/* the keeper settled both deaths before it was told to go */
	host_rewind(host);
	do {
		line = host_line(host);
		assert_non_null(line);
		settled += strstr(line, " event=obituary.done ") != NULL;
	} while (!strstr(line, " order=0 "));
	assert_int_equal(settled, 2);
}

static void a_death_is_told_to_the_keeper_and_its_slot_comes_back(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	int64_t worker;
	char *line;
	int i, used = 0;

	host_start(host, host_house);
	worker = host_number(host_wait(host, "child.started", "child_kind=worker"),
			     "child");
	(void)host_wait(host, "master.ready", "");
	assert_int_equal(kill((pid_t)worker, SIGTRAP), 0);
	line = host_wait(host, "probe.obituary", "cause=\"signal SIGTRAP\"");
	assert_int_equal(host_number(line, "dead"), worker);
	(void)host_wait(host, "obituary.done", "");
	(void)host_wait(host, "child.ready", "child_kind=worker");
	board = host_board(host);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		used += atomic_load(&board->slots[i].state) != SCORE_FREE;
	assert_int_equal(used, 3);
	scoreboard_close(board);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_death_waits_while_the_keeper_is_away(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	int64_t keeper, worker;
	char *line;
	int i, dead = 0;

	host_start(host, host_house);
	keeper = host_number(host_wait(host, "child.started", "child_kind=keeper"),
			     "child");
	worker = host_number(host_wait(host, "child.started", "child_kind=worker"),
			     "child");
	(void)host_wait(host, "master.ready", "");
	assert_int_equal(kill((pid_t)keeper, SIGSTOP), 0);
	assert_int_equal(kill((pid_t)worker, SIGKILL), 0);
	/* a new worker does not wait for that */
	(void)host_wait(host, "child.ready", "child_kind=worker");
	board = host_board(host);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		dead += atomic_load(&board->slots[i].state) == SCORE_DEAD;
	assert_int_equal(dead, 1);
	scoreboard_close(board);
	/* the stopped keeper dies unheard; the next one is told */
	assert_int_equal(kill((pid_t)keeper, SIGKILL), 0);
	(void)host_wait(host, "child.ready", "child_kind=keeper");
	line = host_wait(host, "probe.obituary", "cause=\"signal SIGKILL\"");
	assert_int_equal(host_number(line, "dead"), worker);
	(void)host_wait(host, "obituary.done", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void systemd_hears_of_each_stage(void **state)
{
	struct host *host = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char seen[1024] = "", text[256];
	struct pollfd pfd;
	ssize_t n;

	host->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", host->dir);
	assert_int_equal(bind(host->notify_fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
	host_start(host, host_idlers);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);

	pfd = (struct pollfd){ .fd = host->notify_fd, .events = POLLIN };
	while (!strstr(seen, "STOPPING=1")) {
		assert_true(poll(&pfd, 1, HOST_DEADLINE_MS) > 0);
		n = recv(host->notify_fd, text, sizeof(text) - 1, 0);
		assert_true(n > 0);
		text[n] = '\0';
		assert_true(strlen(seen) + strlen(text) + 2 < sizeof(seen));
		strcat(strcat(seen, text), "|");
		if (strstr(text, "WATCHDOG=1") && strstr(seen, "STATUS=running"))
			(void)kill(host->pid, SIGTERM);
	}
	assert_non_null(strstr(seen, "READY=1|STATUS=running|"));
	assert_non_null(strstr(seen, "WATCHDOG=1|"));
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(a_host_starts_gets_ready_and_stops),
		WITH_HOST(a_killed_child_is_back_at_once),
		WITH_HOST(crashes_at_the_start_lead_to_backoff_and_degraded),
		WITH_HOST(a_crash_loop_is_no_fork_storm),
		WITH_HOST(degraded_ends_when_the_cause_is_gone),
		WITH_HOST(a_child_that_is_never_ready_is_replaced),
		WITH_HOST(who_refuses_to_drain_is_killed_at_the_deadline),
		WITH_HOST(an_interrupt_stops_fast),
		WITH_HOST(a_second_term_makes_it_fast),
		WITH_HOST(a_second_quit_takes_the_grace_away),
		WITH_HOST(a_stop_during_a_crash_loop_does_not_wait_for_it),
		WITH_HOST(a_terminated_child_drains_and_is_replaced),
		WITH_HOST(children_leave_when_their_master_is_gone),
		WITH_HOST(an_orphan_does_not_keep_the_next_master_out),
		WITH_HOST(a_second_master_on_the_same_folder_refuses),
		WITH_HOST(a_host_with_nothing_to_run_refuses),
		WITH_HOST(too_many_processes_are_refused),
		WITH_HOST(an_address_in_use_is_said_with_its_name),
		WITH_HOST(a_stuck_loop_is_aborted_and_its_suspect_named),
		WITH_HOST(each_kind_gets_what_its_row_says),
		WITH_HOST(the_host_empties_from_the_outside_in),
		WITH_HOST(a_death_is_told_to_the_keeper_and_its_slot_comes_back),
		WITH_HOST(a_death_waits_while_the_keeper_is_away),
		WITH_HOST(systemd_hears_of_each_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
