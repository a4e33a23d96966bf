/* test_reload.c - a new configuration, beside the one in force until it proved itself */
#include "master/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/exit_code.h"
#include "live_host.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void a_reload_replaces_only_whom_it_touches(void **state)
{
	struct host *host = *state;
	char *line;
	int64_t old;

	host_start_file(host, "worker: {processes: 2, slots: 5}\n");
	host_rewind(host);
	old = host_number(host_wait(host, "child.started", "child_kind=worker"), "child");
	(void)host_wait(host, "master.ready", "");
	host_reload(host, "worker: {processes: 2, slots: 6}\n");
	line = host_wait(host, "reload.option", "option=worker.slots from=5 to=6");
	assert_non_null(strstr(line, "synapsed.yaml:6:"));
	assert_non_null(strstr(line, "effect=\"replaces workers\""));
	(void)host_wait(host, "child.started", "child_kind=worker");
	(void)host_wait(host, "child.started", "child_kind=worker");
	line = host_wait(host, "reload.done", "by=SIGHUP new_generation=2");
	(void)host_wait(host, "child.died", "child_kind=worker");
	(void)host_wait(host, "child.died", "child_kind=worker");
	assert_int_equal(host_generation(host), 2);
	assert_true(host_shown(host, ""));
	host_rewind(host);
	(void)host_wait(host, "reload.started", "candidate_generation=2");
	while ((line = host_line(host)) && !strstr(line, " event=child.died "))
		if (strstr(line, " event=child.started "))
			assert_non_null(strstr(line, "child_kind=worker"));
	/* the old ones live until the new ones are ready: their end came after "done" */
	assert_non_null(line);
	host_rewind(host);
	(void)host_wait(host, "reload.done", "");
	(void)host_wait(host, "probe.drain", "reason=reload");
	assert_int_not_equal(old, 0);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_reload_changes_how_many_there_are(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {processes: 1}\n");
	host_reload(host, "worker: {processes: 3}\n");
	(void)host_wait(host, "reload.done", "");
	host_wait_living(host, 5);
	host_reload(host, "worker: {processes: 2}\n");
	(void)host_wait(host, "reload.done", "");
	host_wait_living(host, 4);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_reload_for_the_master_alone_forks_nobody(void **state)
{
	struct host *host = *state;
	char *line;

	host_start_file(host, "");
	host_reload(host, "drain: {deadline: 7s}\n");
	while ((line = host_line(host)) && !strstr(line, " event=reload.done "))
		assert_null(strstr(line, " event=child.started "));
	assert_int_equal(host_generation(host), 2);
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "master.draining", "wait_ms=7000");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_bad_file_changes_nothing_and_is_shown(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	host_reload(host, "worker:\n  slots: many\n");
	(void)host_wait(host, "reload.error", "synapsed.yaml:7:10: worker.slots");
	(void)host_wait(host, "reload.refused", "errors=1");
	assert_int_equal(host_generation(host), 1);
	assert_true(host_shown(host, "synapsed.yaml:7:10"));
	/* one that contradicts itself is bad as well */
	host_reload(host, "restart: {min: 10s, max: 1s}\n");
	(void)host_wait(host, "reload.error", "restart.min");
	(void)host_wait(host, "reload.refused", "");
	/* and the next good one is taken */
	host_reload(host, "worker: {slots: 6}\n");
	(void)host_wait(host, "reload.done", "");
	assert_true(host_shown(host, ""));
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_file_that_says_the_same_changes_nothing(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	host_reload(host, "worker: {slots: 5}\n# a comment\n");
	(void)host_wait(host, "reload.unchanged", "by=SIGHUP");
	assert_int_equal(host_generation(host), 1);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_generation_that_dies_early_is_withdrawn(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {processes: 2, slots: 5}\n");
	host_reload(host, "worker: {processes: 2, slots: 13}\n");
	(void)host_wait(host, "reload.withdrawn", "exit 40");
	assert_true(host_shown(host, "withdrawn: worker"));
	assert_int_equal(host_generation(host), 1);
	/* who dies now comes back as it was */
	host_rewind(host);
	assert_int_equal(
		kill((pid_t)host_number(host_wait(host, "child.started",
						  "child_kind=worker child_slot=0"),
					"child"),
		     SIGKILL),
		0);
	(void)host_wait(host, "reload.withdrawn", "");
	(void)host_wait(host, "child.died", "SIGKILL");
	(void)host_wait(host, "probe.conf", "slots=5");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_generation_that_is_not_ready_in_time_is_withdrawn(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	host_reload(host, "worker: {slots: 14}\n");
	(void)host_wait(host, "reload.withdrawn", "not_ready");
	assert_int_equal(host_generation(host), 1);
	host_wait_living(host, 3);
	host_reload(host, "worker: {slots: 6}\n");
	(void)host_wait(host, "reload.done", "new_generation=3");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void what_needs_a_restart_is_said_and_not_done(void **state)
{
	struct host *host = *state;
	char more[128];

	host_start_file(host, "");
	(void)snprintf(more, sizeof(more), "worker: {name: other}\n");
	host_reload(host, more);
	(void)host_wait(host, "reload.option", "option=worker.name from=\"\" to=other");
	(void)host_wait(host, "reload.unchanged", "");
	/* with something else in the same file that is done */
	host_reload(host, "worker: {name: other, slots: 6}\n");
	(void)host_wait(host, "reload.option", "effect=\"needs a restart\"");
	(void)host_wait(host, "reload.done", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_changed_secret_is_not_shown(void **state)
{
	struct host *host = *state;
	char *line;

	host_start_file(host, "llm: {openai_compatible: {key: old-secret}}\n");
	host_reload(host, "llm: {openai_compatible: {key: new-secret}}\n");
	line = host_wait(host, "reload.option", "option=llm.openai_compatible.key");
	assert_null(strstr(line, "old-secret"));
	assert_null(strstr(line, "new-secret"));
	(void)host_wait(host, "reload.done", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void try_connect(uint16_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(port);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(close(fd), 0);
}

static void a_new_address_is_opened_or_the_old_one_stays(void **state)
{
	struct host *host = *state;
	uint16_t old = host->conf.api.listen.port, taken = host_free_port();
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(taken);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);

	host_start_file(host, "");
	host->conf.api.listen.port = taken;
	host_reload(host, "");
	(void)host_wait(host, "reload.refused", "in use");
	try_connect(old);
	assert_int_equal(host_generation(host), 1);

	host->conf.api.listen.port = host_free_port();
	host_reload(host, "");
	(void)host_wait(host, "reload.done", "");
	try_connect(host->conf.api.listen.port);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
	assert_int_equal(close(fd), 0);
}

static void a_reload_during_a_reload_comes_behind_it(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	host_reload(host, "worker: {slots: 14}\n"); /* takes its time, in vain */
	(void)host_wait(host, "reload.started", "");
	host_reload(host, "worker: {slots: 7}\n");
	(void)host_wait(host, "reload.queued", "");
	(void)host_wait(host, "reload.withdrawn", "");
	(void)host_wait(host, "reload.done", "by=queued");
	(void)host_wait(host, "child.died", "child_kind=worker");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_stop_during_a_reload_withdraws_it(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\ndrain: {deadline: 1s}\n");
	host_reload(host, "worker: {slots: 14}\ndrain: {deadline: 1s}\n");
	(void)host_wait(host, "reload.started", "");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)host_wait(host, "reload.withdrawn", "the daemon stops");
	(void)host_wait(host, "master.draining", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(a_reload_replaces_only_whom_it_touches),
		WITH_HOST(a_reload_changes_how_many_there_are),
		WITH_HOST(a_reload_for_the_master_alone_forks_nobody),
		WITH_HOST(a_bad_file_changes_nothing_and_is_shown),
		WITH_HOST(a_file_that_says_the_same_changes_nothing),
		WITH_HOST(a_generation_that_dies_early_is_withdrawn),
		WITH_HOST(a_generation_that_is_not_ready_in_time_is_withdrawn),
		WITH_HOST(what_needs_a_restart_is_said_and_not_done),
		WITH_HOST(a_changed_secret_is_not_shown),
		WITH_HOST(a_new_address_is_opened_or_the_old_one_stays),
		WITH_HOST(a_reload_during_a_reload_comes_behind_it),
		WITH_HOST(a_stop_during_a_reload_withdraws_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
