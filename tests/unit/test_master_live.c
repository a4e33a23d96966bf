/*
 * test_master_live.c - the master with kinds of its own that idle, crash, hang and refuse
 *
 * Each test forks a process that calls master_run() with a log on a pipe. A test waits
 * for lines of that log. Every process of a host holds the pipe, so its end means that
 * nobody is left.
 */
#include "master/master.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"

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

#define DEADLINE_MS 30000

/* ---- kinds of children ---- */

struct probe {
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct child_env *env;
	bool stubborn;
};

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct probe *probe = arg;

	log_info("probe.drain", LOG_S("reason", reason),
		 LOG_N("left_ms", deadline_mono_ms - clock_mono_ms()));
	if (!probe->stubborn)
		ev_break(probe->loop, EVBREAK_ALL);
}

static void on_hurry(void *arg, int64_t deadline_mono_ms)
{
	(void)arg;
	log_info("probe.hurry", LOG_N("left_ms", deadline_mono_ms - clock_mono_ms()));
}

static void on_quiet(void *arg)
{
	const struct probe *probe = arg;

	log_info("probe.quiet", LOG_S("row", probe->env->row_name));
}

static void on_obituary(void *arg, int index, int pid)
{
	struct probe *probe = arg;
	const struct score_slot *slot = &probe->env->board->slots[index];
	char incarnation[IDS_MAX], suspect[IDS_MAX], cause[IDS_MAX];

	(void)score_suspect_get(slot, suspect);
	log_info("probe.obituary",
		 LOG_S("incarnation", score_text_get(&slot->incarnation, incarnation)),
		 LOG_S("suspect", suspect), LOG_N("dead", pid),
		 LOG_S("cause", score_text_get(&slot->cause, cause)));
	lifeline_obituary_done(&probe->lifeline, index, pid);
}

static const struct lifeline_ops probe_ops = { .on_drain = on_drain,
					       .on_hurry = on_hurry,
					       .on_quiet = on_quiet,
					       .on_obituary = on_obituary };

static int probe_run(struct child_env *env, bool stubborn)
{
	struct probe probe = { .env = env, .stubborn = stubborn };
	int code;

	probe.loop = ev_loop_new(EVFLAG_AUTO);
	lifeline_init(&probe.lifeline, probe.loop, env, &probe_ops, &probe);
	lifeline_ready(&probe.lifeline);
	ev_run(probe.loop, 0);
	code = lifeline_exit_code(&probe.lifeline);
	lifeline_deinit(&probe.lifeline);
	ev_loop_destroy(probe.loop);
	return code;
}

static int idle(struct child_env *env)
{
	return probe_run(env, false);
}

static int stubborn(struct child_env *env)
{
	return probe_run(env, true);
}

static int crasher(struct child_env *env)
{
	(void)env;
	return EXIT_CODE_CHILD_SETUP;
}

static int mute(struct child_env *env) /* never says "ready" */
{
	(void)env;
	while (pause() < 0)
		continue;
	return EXIT_CODE_FAILED;
}

static char heal_path[128];

/* Crashes until there is a file. */
static int healing(struct child_env *env)
{
	return access(heal_path, F_OK) < 0 ? EXIT_CODE_CHILD_SETUP
					   : probe_run(env, false);
}

static void on_hang(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct child_env *env = w->data;

	(void)loop;
	(void)revents;
	score_suspect_set(env->score, "run_1:1", 7);
	for (;;)
		(void)pause(); /* the loop does not turn any more */
}

static int hanging(struct child_env *env)
{
	struct probe probe = { .env = env };
	ev_timer hang;

	probe.loop = ev_loop_new(EVFLAG_AUTO);
	lifeline_init(&probe.lifeline, probe.loop, env, &probe_ops, &probe);
	lifeline_ready(&probe.lifeline);
	ev_timer_init(&hang, on_hang, 0.05, 0.);
	hang.data = env;
	ev_timer_start(probe.loop, &hang);
	ev_run(probe.loop, 0);
	return EXIT_CODE_FAILED;
}

/* Says which descriptors it got. */
static int curious(struct child_env *env)
{
	log_info("probe.env", LOG_N("api", env->api_listen_fd >= 0),
		 LOG_N("health", env->health_listen_fd >= 0), LOG_S("row", env->row_name),
		 LOG_S("host", env->host_name), LOG_S("incarnation", env->incarnation),
		 LOG_N("sigint_ignored", signal(SIGINT, SIG_IGN) == SIG_IGN));
	return probe_run(env, false);
}

/* Does not like some configurations. */
static int fussy(struct child_env *env)
{
	log_info("probe.conf", LOG_N("slots", env->conf->worker.slots));
	if (env->conf->worker.slots == 13)
		return EXIT_CODE_CHILD_CONFIG;
	if (env->conf->worker.slots == 14)
		return mute(env);
	return probe_run(env, false);
}

static int one(const struct conf *conf)
{
	(void)conf;
	return 1;
}

static int none(const struct conf *conf)
{
	(void)conf;
	return 0;
}

static int as_configured(const struct conf *conf)
{
	return (int)conf->worker.processes.n;
}

#define KIND(n, e, p, o, f)                                                              \
	{                                                                                \
		.name = (n), .title = (n), .enter = (e), .processes = (p),               \
		.ready_timeout_ms = 20000, .order = (o), .flags = (f)                    \
	}
#define END                                                                              \
	{                                                                                \
		.name = NULL                                                             \
	}

static const struct kind idlers[] = { KIND("idle", idle, as_configured, 0, 0), END };
static const struct kind stubborns[] = { KIND("stubborn", stubborn, one, 0, 0), END };
static const struct kind crashers[] = { KIND("crasher", crasher, one, 0, 0), END };
static const struct kind healers[] = { KIND("healing", healing, one, 0, 0), END };
static const struct kind hangers[] = { KIND("hanging", hanging, one, 0, 0), END };
static const struct kind nobody[] = { KIND("idle", idle, none, 0, 0), END };
static const struct kind mutes[] = { { .name = "mute",
				       .title = "mute",
				       .enter = mute,
				       .processes = one,
				       .ready_timeout_ms = 50 },
				     END };
/* in no order: the master sorts */
static const struct kind house[] = {
	KIND("api", curious, one, 20, KIND_LISTENS_API),
	KIND("keeper", curious, one, 0, KIND_TAKES_OBITUARIES | KIND_LISTENS_HEALTH),
	KIND("worker", curious, as_configured, 10, KIND_HOLDS_JOBS), END
};

/* Of those a reload may touch: some options each. */
static const struct kind readers[] = { { .name = "keeper",
					 .title = "keeper",
					 .enter = idle,
					 .processes = one,
					 .ready_timeout_ms = 20000,
					 .flags = KIND_TAKES_OBITUARIES,
					 .readers = CONF_FOR_KEEPER },
				       { .name = "worker",
					 .title = "worker",
					 .enter = fussy,
					 .processes = as_configured,
					 .ready_timeout_ms = 3000,
					 .order = 10,
					 .flags = KIND_HOLDS_JOBS | KIND_SCALES,
					 .readers = CONF_FOR_WORKER },
				       { .name = "api",
					 .title = "api",
					 .enter = idle,
					 .processes = one,
					 .ready_timeout_ms = 20000,
					 .order = 20,
					 .flags = KIND_LISTENS_API,
					 .readers = CONF_FOR_API },
				       END };

/* ---- a host ---- */

struct host {
	char dir[64];
	char data_dir[96];
	char run_dir[96];
	struct conf conf;
	struct conf_inputs
		inputs; /* with a path: conf comes from there, by conf_load() */
	int notify_fd;  /* -1, or where systemd would listen */
	pid_t pid;
	int log_fd;
	char buf[65536];
	size_t len;
	size_t at; /* behind the line that was returned last */
};

static uint16_t free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	assert_int_equal(close(fd), 0);
	return ntohs(addr.sin_port);
}

static int set_up(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return -1;
	(void)snprintf(host->dir, sizeof(host->dir), "/tmp/syn-master-XXXXXX");
	if (!mkdtemp(host->dir))
		return -1;
	(void)snprintf(host->data_dir, sizeof(host->data_dir), "%s/data/deep", host->dir);
	(void)snprintf(host->run_dir, sizeof(host->run_dir), "%s/run", host->dir);
	(void)snprintf(heal_path, sizeof(heal_path), "%s/healed", host->dir);
	host->conf = (struct conf){
		.data_dir = host->data_dir,
		.run_dir = host->run_dir,
		/* the folders are root's then, whoever synapsed is on this machine */
		.user = geteuid() == 0 ? "root" : "",
		.group = "",
		.control = { .group = "" },
		.drain = { .deadline_ms = 20000 },
		.restart = { .min_ms = 200,
			     .max_ms = 30000,
			     .window_ms = 60000,
			     .ceiling = 5 },
		.queue = { .pulse_stale_ms = 30000 },
		.worker = { .processes = { .n = 1 },
			    .name = "",
			    .health_listen = { "127.0.0.1", free_port() } },
		.api = { .listen = { "127.0.0.1", free_port() } },
	};
	host->notify_fd = host->log_fd = -1;
	*state = host;
	return 0;
}

static void host_kill(struct host *host)
{
	char command[160];

	if (host->pid > 0) {
		(void)kill(host->pid, SIGKILL);
		(void)waitpid(host->pid, NULL, 0);
	}
	if (host->log_fd >= 0)
		(void)close(host->log_fd);
	if (host->notify_fd >= 0)
		(void)close(host->notify_fd);
	(void)snprintf(command, sizeof(command), "rm -rf %s", host->dir);
	if (system(command) != 0)
		print_error("%s is left over\n", host->dir);
}

static int tear_down(void **state)
{
	host_kill(*state);
	free(*state);
	return 0;
}

static int host_run(struct host *host, struct master_opts *opts)
{
	const struct conf *conf = &host->conf;
	struct conf_errors errors = { .count = 0 };
	struct conf *loaded = NULL;
	int code;

	if (!host->inputs.path)
		return master_run(&conf, opts);
	if (conf_load(&host->inputs, &loaded, &errors) < 0)
		return EXIT_CODE_USAGE;
	conf = loaded;
	opts->inputs = &host->inputs;
	opts->log_text = true;
	code = master_run(&conf, opts);
	conf_free(conf);
	return code;
}

static void host_start(struct host *host, const struct kind *kinds)
{
	struct master_opts opts = { .kinds = kinds, .version = "9.9.9" };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	host->len = host->at = 0;
	(void)fflush(NULL);
	host->pid = fork();
	assert_true(host->pid >= 0);
	if (host->pid == 0) {
		int code;

		(void)close(fds[0]);
		if (host->log_fd >= 0)
			(void)close(host->log_fd); /* of another host of this test */
		log_setup(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fds[1]);
		code = host_run(host, &opts);
		(void)close(fds[1]);
		/* leave like main() does: a leak check sees what was not freed */
		exit(code);
	}
	(void)close(fds[1]);
	if (host->log_fd >= 0)
		(void)close(host->log_fd);
	host->log_fd = fds[0];
}

static void print_log(struct host *host)
{
	size_t i;

	for (i = 0; i < host->len; i++) /* lines that were returned end with a NUL */
		if (!host->buf[i])
			host->buf[i] = '\n';
	fail_msg("nothing more in the log:\n%.*s", (int)host->len, host->buf);
}

/* More of the log; false at its end. Fails the test when nothing comes for too long. */
static bool host_read(struct host *host)
{
	struct pollfd pfd = { .fd = host->log_fd, .events = POLLIN };
	ssize_t n;

	if (poll(&pfd, 1, DEADLINE_MS) <= 0)
		print_log(host);
	assert_true(host->len < sizeof(host->buf) - 1);
	n = read(host->log_fd, host->buf + host->len, sizeof(host->buf) - 1 - host->len);
	assert_true(n >= 0);
	host->len += (size_t)n;
	host->buf[host->len] = '\0';
	return n > 0;
}

/* The next whole line, without its end, or NULL at the end of the log. */
static char *next_line(struct host *host)
{
	char *line, *end;

	for (;;) {
		line = host->buf + host->at;
		end = host->at < host->len ? strchr(line, '\n') : NULL;
		if (end) {
			*end = '\0';
			host->at = (size_t)(end - host->buf) + 1;
			if (strstr(line, "Sanitizer") || strstr(line, "runtime error"))
				fail_msg("%s", line);
			return line;
		}
		if (!host_read(host))
			return NULL;
	}
}

/* The next line with this event and this text ("": any). */
static char *wait_for(struct host *host, const char *event, const char *text)
{
	char needle[64], *line;

	(void)snprintf(needle, sizeof(needle), " event=%s ", event);
	while ((line = next_line(host)) != NULL)
		if (strstr(line, needle) && strstr(line, text))
			return line;
	fail_msg("the log ended without %s %s", event, text);
	return NULL;
}

/* Read the log from its start again: lines of several processes came in any order. */
static void rewind_log(struct host *host)
{
	size_t i;

	for (i = 0; i < host->at; i++)
		if (!host->buf[i])
			host->buf[i] = '\n';
	host->at = 0;
}

static int64_t number_in(const char *line, const char *key)
{
	char needle[64];
	const char *at;

	(void)snprintf(needle, sizeof(needle), " %s=", key);
	at = strstr(line, needle);
	if (!at)
		fail_msg("no %s in: %s", key, line);
	return strtoll(at + strlen(needle), NULL, 10);
}

/* Everybody is gone; returns the master's exit code. */
static int host_end(struct host *host)
{
	int status;

	while (next_line(host))
		continue;
	assert_int_equal(waitpid(host->pid, &status, 0), host->pid);
	host->pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int host_stop(struct host *host)
{
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	return host_end(host);
}

static const struct scoreboard *board_of(struct host *host)
{
	const struct scoreboard *board = NULL;
	struct err err = { .code = 0 };

	if (scoreboard_open_readonly(host->run_dir, &board, &err) < 0)
		fail_msg("%s", err.text);
	return board;
}

/* ---- a host with a file ---- */

static const char *const no_env[] = { NULL };

static void write_file(struct host *host, const char *more)
{
	FILE *fp = fopen(host->inputs.path, "we");

	assert_non_null(fp);
	assert_true(fprintf(fp,
			    "data_dir: %s\nrun_dir: %s\n"
			    "redis: {url: \"redis://u:pw-one@127.0.0.1:1/0\"}\n"
			    "postgres: {url: \"postgresql://127.0.0.1:1/x\"}\n"
			    "api: {listen: \"127.0.0.1:%d\"}\n%s",
			    host->data_dir, host->run_dir, host->conf.api.listen.port,
			    more) > 0);
	assert_int_equal(fclose(fp), 0);
}

static void host_make_file(struct host *host, const char *more)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), "%s/synapsed.yaml", host->dir);
	host->inputs = (struct conf_inputs){ .path = path, .env = no_env, .cores = 1 };
	write_file(host, more);
}

static void host_start_file(struct host *host, const char *more)
{
	host_make_file(host, more);
	host_start(host, readers);
	(void)wait_for(host, "master.ready", "");
}

static void reload(struct host *host, const char *more)
{
	write_file(host, more);
	assert_int_equal(kill(host->pid, SIGHUP), 0);
}

static int generation_of(struct host *host)
{
	const struct scoreboard *board = board_of(host);
	int generation = atomic_load(&board->generation);

	scoreboard_close(board);
	return generation;
}

static bool shown(struct host *host, const char *text)
{
	const struct scoreboard *board = board_of(host);
	char buf[IDS_MAX];
	bool found = strstr(score_text_get(&board->reload, buf), text) != NULL;

	found = found && (*text || !*buf); /* "": nothing at all */
	scoreboard_close(board);
	return found;
}

/* Living processes of all kinds, by the board. */
static int living(struct host *host)
{
	const struct scoreboard *board = board_of(host);
	int i, count = 0;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		int state = atomic_load(&board->slots[i].state);

		count += state != SCORE_FREE && state != SCORE_DEAD;
	}
	scoreboard_close(board);
	return count;
}

static void wait_living(struct host *host, int count)
{
	int64_t end_mono_ms = clock_mono_ms() + DEADLINE_MS;

	while (living(host) != count) {
		assert_true(clock_mono_ms() < end_mono_ms);
		(void)usleep(10000);
	}
}

/* ---- tests ---- */

static void a_host_starts_gets_ready_and_stops(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	char text[IDS_MAX], *line;
	int64_t pid;

	host->conf.worker.processes.n = 3;
	host_start(host, idlers);
	pid = number_in(wait_for(host, "child.started", "child_slot=2"), "child");
	(void)wait_for(host, "master.ready", "children=3");

	board = board_of(host);
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
	(void)wait_for(host, "master.draining", "signal=SIGTERM wait_ms=20000");
	line = wait_for(host, "child.died", "");
	assert_non_null(strstr(line, "level=info"));
	assert_non_null(strstr(line, "cause=\"exit 0 ok\""));
	(void)wait_for(host, "master.stopped", "");
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

	host_start(host, idlers);
	pid = number_in(wait_for(host, "child.ready", ""), "child");
	for (round = 0; round < 3; round++) {
		int64_t next;

		from_mono_ms = clock_mono_ms();
		assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
		line = wait_for(host, "child.died", "cause=\"signal SIGKILL\"");
		assert_int_equal(number_in(line, "child"), pid);
		next = number_in(wait_for(host, "child.ready", ""), "child");
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
	host_start(host, crashers);
	for (i = 0; i < 5; i++) {
		(void)wait_for(host, "child.died", "cause=\"exit 41 child_setup\"");
		waits_ms[i] = number_in(wait_for(host, "child.backoff", ""), "wait_ms");
	}
	(void)wait_for(host, "child.died", "");
	line = wait_for(host, "master.degraded", "");
	assert_non_null(strstr(line, "level=error"));
	assert_non_null(strstr(line, "crasher dies again and again: 6 deaths"));
	board = board_of(host);
	assert_int_equal(atomic_load(&board->master_state), SCORE_MASTER_DEGRADED);
	assert_non_null(strstr(score_text_get(&board->reason, text), "child_setup"));
	scoreboard_close(board);
	for (i = 6; i < 20; i++) {
		line = wait_for(host, "child.backoff", "");
		waits_ms[i] = number_in(line, "wait_ms");
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

	host_start(host, crashers);
	while (clock_mono_ms() - from_mono_ms < 3000) {
		(void)wait_for(host, "child.started", "");
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
	host_start(host, healers);
	(void)wait_for(host, "master.degraded", "");
	fp = fopen(heal_path, "we");
	assert_non_null(fp);
	assert_int_equal(fclose(fp), 0);
	(void)wait_for(host, "master.ready", "");
	(void)wait_for(host, "master.recovered", "state=running");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_child_that_is_never_ready_is_replaced(void **state)
{
	struct host *host = *state;

	host->conf.drain.deadline_ms = 100; /* it hears nothing then either */
	host_start(host, mutes);
	(void)wait_for(host, "child.died", "cause=\"not_ready: signal SIGKILL\"");
	(void)wait_for(host, "child.started", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void who_refuses_to_drain_is_killed_at_the_deadline(void **state)
{
	struct host *host = *state;
	int64_t from_mono_ms;

	host->conf.drain.deadline_ms = 1500;
	host_start(host, stubborns);
	(void)wait_for(host, "master.ready", "");
	from_mono_ms = clock_mono_ms();
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)wait_for(host, "probe.drain", "reason=stop");
	(void)wait_for(host, "child.died", "cause=\"drain_deadline: signal SIGKILL\"");
	assert_true(clock_mono_ms() - from_mono_ms >= 1400);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void an_interrupt_stops_fast(void **state)
{
	struct host *host = *state;
	int64_t from_mono_ms;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, stubborns);
	(void)wait_for(host, "master.ready", "");
	from_mono_ms = clock_mono_ms();
	assert_int_equal(kill(host->pid, SIGINT), 0);
	(void)wait_for(host, "probe.drain", "reason=stop_fast");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
	assert_true(clock_mono_ms() - from_mono_ms < 20000);
}

static void a_second_term_makes_it_fast(void **state)
{
	struct host *host = *state;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, stubborns);
	(void)wait_for(host, "master.ready", "");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)wait_for(host, "probe.drain", "reason=stop ");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)wait_for(host, "master.hurry", "wait_ms=1000");
	(void)wait_for(host, "probe.hurry", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_second_quit_takes_the_grace_away(void **state)
{
	struct host *host = *state;

	host->conf.drain.deadline_ms = 3600000;
	host_start(host, stubborns);
	(void)wait_for(host, "master.ready", "");
	assert_int_equal(kill(host->pid, SIGQUIT), 0);
	(void)wait_for(host, "probe.drain", "");
	assert_int_equal(kill(host->pid, SIGQUIT), 0);
	(void)wait_for(host, "master.hurry", "wait_ms=0");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_stop_during_a_crash_loop_does_not_wait_for_it(void **state)
{
	struct host *host = *state;

	host->conf.restart.min_ms = 3600000;
	host->conf.restart.max_ms = 3600000;
	host_start(host, crashers);
	(void)wait_for(host, "child.backoff", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_terminated_child_drains_and_is_replaced(void **state)
{
	struct host *host = *state;
	int64_t pid;

	host_start(host, idlers);
	pid = number_in(wait_for(host, "child.ready", ""), "child");
	assert_int_equal(kill((pid_t)pid, SIGINT), 0); /* a terminal's: ignored */
	assert_int_equal(kill((pid_t)pid, SIGTERM), 0);
	(void)wait_for(host, "probe.drain", "reason=sigterm");
	(void)wait_for(host, "child.died", "cause=\"exit 0 ok\"");
	(void)wait_for(host, "child.ready", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void children_leave_when_their_master_is_gone(void **state)
{
	struct host *host = *state;
	const struct scoreboard *board;
	int status;

	host->conf.worker.processes.n = 2;
	host_start(host, idlers);
	(void)wait_for(host, "master.ready", "");
	board = board_of(host);
	assert_int_equal(kill(host->pid, SIGKILL), 0);
	assert_int_equal(waitpid(host->pid, &status, 0), host->pid);
	(void)wait_for(host, "child.master_lost", "");
	(void)wait_for(host, "child.master_lost", "");
	while (next_line(host))
		continue; /* the end of the log: nobody is left */
	assert_false(scoreboard_master_alive(board));
	scoreboard_close(board);

	/* the folders are free again */
	host_start(host, idlers);
	(void)wait_for(host, "master.ready", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

/* A stubborn orphan must not keep the folders: it closed what holds the locks. */
static void an_orphan_does_not_keep_the_next_master_out(void **state)
{
	struct host *host = *state;
	struct host other;

	host->conf.drain.deadline_ms = 2000;
	host_start(host, stubborns);
	(void)wait_for(host, "child.ready", "");
	other = *host;
	assert_int_equal(kill(host->pid, SIGKILL), 0);
	assert_int_equal(waitpid(host->pid, NULL, 0), host->pid);

	other.log_fd = -1;
	host_start(&other, idlers);
	(void)wait_for(&other, "master.ready", "");
	assert_int_equal(host_stop(&other), EXIT_CODE_OK);
	assert_int_equal(close(other.log_fd), 0);

	(void)wait_for(host, "child.drain_cut", "");
	while (next_line(host))
		continue; /* its end: the orphan left by itself */
	host->pid = 0;
}

static void a_second_master_on_the_same_folder_refuses(void **state)
{
	struct host *host = *state;
	static struct host second, third;
	char *line;

	host_start(host, idlers);
	(void)wait_for(host, "master.ready", "");

	second = *host;
	second.log_fd = -1;
	host_start(&second, idlers);
	line = wait_for(&second, "master.refused", "");
	assert_non_null(strstr(line, "another synapsed master is running with data_dir"));
	assert_int_equal(host_end(&second), EXIT_CODE_REFUSED);
	assert_int_equal(close(second.log_fd), 0);

	third = *host;
	third.log_fd = -1;
	third.conf.data_dir = third.dir; /* its own, but the same run_dir */
	host_start(&third, idlers);
	line = wait_for(&third, "master.refused", "");
	assert_non_null(strstr(line, "another synapsed master is running with run_dir"));
	assert_int_equal(host_end(&third), EXIT_CODE_REFUSED);
	assert_int_equal(close(third.log_fd), 0);

	/* the first did not notice */
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_host_with_nothing_to_run_refuses(void **state)
{
	struct host *host = *state;

	host_start(host, nobody);
	(void)wait_for(host, "master.refused", "nothing to run");
	assert_int_equal(host_end(host), EXIT_CODE_USAGE);
}

static void too_many_processes_are_refused(void **state)
{
	struct host *host = *state;

	host->conf.worker.processes.n = SCOREBOARD_SLOTS;
	host_start(host, idlers);
	(void)wait_for(host, "master.refused", "at most 128");
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
	host_start(host, house);
	line = wait_for(host, "master.refused", "api.listen 127.0.0.1 port");
	assert_non_null(strstr(line, "in use"));
	assert_int_equal(host_end(host), EXIT_CODE_FAILED);
	assert_int_equal(close(fd), 0);
}

static void a_stuck_loop_is_aborted_and_its_suspect_named(void **state)
{
	struct host *host = *state;
	char *line;

	host->conf.queue.pulse_stale_ms = 1000;
	host_start(host, hangers);
	line = wait_for(host, "child.stuck", "child_kind=hanging");
	assert_non_null(strstr(line, "suspect=run_1:1"));
	line = wait_for(host, "child.died", "cause=\"watchdog: signal SIGABRT\"");
	assert_non_null(strstr(line, "suspect=run_1:1"));
	line = wait_for(host, "child.stack", "part=0");
	assert_non_null(
		strstr(line, "ev_run+0x")); /* it hangs in a callback of the loop */
	(void)wait_for(host, "child.ready", "");
	assert_int_equal(kill(host->pid, SIGINT), 0);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void each_kind_gets_what_its_row_says(void **state)
{
	struct host *host = *state;
	char *line;

	host_start(host, house);
	/* the keeper starts first, whatever the order of the table */
	(void)wait_for(host, "child.started", "child_kind=keeper");
	(void)wait_for(host, "child.started", "child_kind=worker");
	(void)wait_for(host, "child.started", "child_kind=api");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);

	host->conf.worker.name = "w1";
	host->conf.worker.processes.n = 2;
	host_start(host, house);
	(void)wait_for(host, "master.ready", "");
	rewind_log(host);
	line = wait_for(host, "probe.env", " kind=keeper ");
	assert_non_null(strstr(line, "api=0 health=1 row=w1-keeper-0 host=w1"));
	assert_non_null(strstr(line, "sigint_ignored=1"));
	rewind_log(host);
	line = wait_for(host, "probe.env", " kind=worker slot=1 ");
	assert_non_null(
		strstr(line, "api=0 health=0 row=w1-1 host=w1 incarnation=w1-1."));
	rewind_log(host);
	line = wait_for(host, "probe.env", " kind=api ");
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
	host_start(host, house);
	(void)wait_for(host, "master.ready", "");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)wait_for(host, "master.draining_group", "order=20");
	(void)wait_for(host, "child.died", "child_kind=api");
	(void)wait_for(host, "master.draining_group", "order=10");
	(void)wait_for(host, "child.died", "child_kind=worker");
	(void)wait_for(host, "child.died", "child_kind=worker");
	(void)wait_for(host, "master.draining_group", "order=0");
	(void)wait_for(host, "child.died", "child_kind=keeper");
	(void)wait_for(host, "master.stopped", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);

	/* the keeper settled both deaths before it was told to go */
	rewind_log(host);
	do {
		line = next_line(host);
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

	host_start(host, house);
	worker = number_in(wait_for(host, "child.started", "child_kind=worker"), "child");
	(void)wait_for(host, "master.ready", "");
	assert_int_equal(kill((pid_t)worker, SIGTRAP), 0);
	line = wait_for(host, "probe.obituary", "cause=\"signal SIGTRAP\"");
	assert_int_equal(number_in(line, "dead"), worker);
	(void)wait_for(host, "obituary.done", "");
	(void)wait_for(host, "child.ready", "child_kind=worker");
	board = board_of(host);
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

	host_start(host, house);
	keeper = number_in(wait_for(host, "child.started", "child_kind=keeper"), "child");
	worker = number_in(wait_for(host, "child.started", "child_kind=worker"), "child");
	(void)wait_for(host, "master.ready", "");
	assert_int_equal(kill((pid_t)keeper, SIGSTOP), 0);
	assert_int_equal(kill((pid_t)worker, SIGKILL), 0);
	/* a new worker does not wait for that */
	(void)wait_for(host, "child.ready", "child_kind=worker");
	board = board_of(host);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		dead += atomic_load(&board->slots[i].state) == SCORE_DEAD;
	assert_int_equal(dead, 1);
	scoreboard_close(board);
	/* the stopped keeper dies unheard; the next one is told */
	assert_int_equal(kill((pid_t)keeper, SIGKILL), 0);
	(void)wait_for(host, "child.ready", "child_kind=keeper");
	line = wait_for(host, "probe.obituary", "cause=\"signal SIGKILL\"");
	assert_int_equal(number_in(line, "dead"), worker);
	(void)wait_for(host, "obituary.done", "");
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
	host_start(host, idlers);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);

	pfd = (struct pollfd){ .fd = host->notify_fd, .events = POLLIN };
	while (!strstr(seen, "STOPPING=1")) {
		assert_true(poll(&pfd, 1, DEADLINE_MS) > 0);
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

static void a_reload_replaces_only_whom_it_touches(void **state)
{
	struct host *host = *state;
	char *line;
	int64_t old;

	host_start_file(host, "worker: {processes: 2, slots: 5}\n");
	rewind_log(host);
	old = number_in(wait_for(host, "child.started", "child_kind=worker"), "child");
	(void)wait_for(host, "master.ready", "");
	reload(host, "worker: {processes: 2, slots: 6}\n");
	line = wait_for(host, "reload.option", "option=worker.slots from=5 to=6");
	assert_non_null(strstr(line, "synapsed.yaml:6:"));
	assert_non_null(strstr(line, "effect=\"replaces workers\""));
	(void)wait_for(host, "child.started", "child_kind=worker");
	(void)wait_for(host, "child.started", "child_kind=worker");
	line = wait_for(host, "reload.done", "by=SIGHUP new_generation=2");
	(void)wait_for(host, "child.died", "child_kind=worker");
	(void)wait_for(host, "child.died", "child_kind=worker");
	assert_int_equal(generation_of(host), 2);
	assert_true(shown(host, ""));
	rewind_log(host);
	(void)wait_for(host, "reload.started", "candidate_generation=2");
	while ((line = next_line(host)) && !strstr(line, " event=child.died "))
		if (strstr(line, " event=child.started "))
			assert_non_null(strstr(line, "child_kind=worker"));
	/* the old ones live until the new ones are ready: their end came after "done" */
	assert_non_null(line);
	rewind_log(host);
	(void)wait_for(host, "reload.done", "");
	(void)wait_for(host, "probe.drain", "reason=reload");
	assert_int_not_equal(old, 0);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_reload_changes_how_many_there_are(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {processes: 1}\n");
	reload(host, "worker: {processes: 3}\n");
	(void)wait_for(host, "reload.done", "");
	wait_living(host, 5);
	reload(host, "worker: {processes: 2}\n");
	(void)wait_for(host, "reload.done", "");
	wait_living(host, 4);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_reload_for_the_master_alone_forks_nobody(void **state)
{
	struct host *host = *state;
	char *line;

	host_start_file(host, "");
	reload(host, "drain: {deadline: 7s}\n");
	while ((line = next_line(host)) && !strstr(line, " event=reload.done "))
		assert_null(strstr(line, " event=child.started "));
	assert_int_equal(generation_of(host), 2);
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)wait_for(host, "master.draining", "wait_ms=7000");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void a_bad_file_changes_nothing_and_is_shown(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	reload(host, "worker:\n  slots: many\n");
	(void)wait_for(host, "reload.error", "synapsed.yaml:7:10: worker.slots");
	(void)wait_for(host, "reload.refused", "errors=1");
	assert_int_equal(generation_of(host), 1);
	assert_true(shown(host, "synapsed.yaml:7:10"));
	/* one that contradicts itself is bad as well */
	reload(host, "restart: {min: 10s, max: 1s}\n");
	(void)wait_for(host, "reload.error", "restart.min");
	(void)wait_for(host, "reload.refused", "");
	/* and the next good one is taken */
	reload(host, "worker: {slots: 6}\n");
	(void)wait_for(host, "reload.done", "");
	assert_true(shown(host, ""));
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_file_that_says_the_same_changes_nothing(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	reload(host, "worker: {slots: 5}\n# a comment\n");
	(void)wait_for(host, "reload.unchanged", "by=SIGHUP");
	assert_int_equal(generation_of(host), 1);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_generation_that_dies_early_is_withdrawn(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {processes: 2, slots: 5}\n");
	reload(host, "worker: {processes: 2, slots: 13}\n");
	(void)wait_for(host, "reload.withdrawn", "exit 40");
	assert_true(shown(host, "withdrawn: worker"));
	assert_int_equal(generation_of(host), 1);
	/* who dies now comes back as it was */
	rewind_log(host);
	assert_int_equal(kill((pid_t)number_in(wait_for(host, "child.started",
							"child_kind=worker child_slot=0"),
					       "child"),
			      SIGKILL),
			 0);
	(void)wait_for(host, "reload.withdrawn", "");
	(void)wait_for(host, "child.died", "SIGKILL");
	(void)wait_for(host, "probe.conf", "slots=5");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_generation_that_is_not_ready_in_time_is_withdrawn(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	reload(host, "worker: {slots: 14}\n");
	(void)wait_for(host, "reload.withdrawn", "not_ready");
	assert_int_equal(generation_of(host), 1);
	wait_living(host, 3);
	reload(host, "worker: {slots: 6}\n");
	(void)wait_for(host, "reload.done", "new_generation=3");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void what_needs_a_restart_is_said_and_not_done(void **state)
{
	struct host *host = *state;
	char more[128];

	host_start_file(host, "");
	(void)snprintf(more, sizeof(more), "worker: {name: other}\n");
	reload(host, more);
	(void)wait_for(host, "reload.option", "option=worker.name from=\"\" to=other");
	(void)wait_for(host, "reload.unchanged", "");
	/* with something else in the same file that is done */
	reload(host, "worker: {name: other, slots: 6}\n");
	(void)wait_for(host, "reload.option", "effect=\"needs a restart\"");
	(void)wait_for(host, "reload.done", "");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_changed_secret_is_not_shown(void **state)
{
	struct host *host = *state;
	char *line;

	host_start_file(host, "llm: {openai_compatible: {key: old-secret}}\n");
	reload(host, "llm: {openai_compatible: {key: new-secret}}\n");
	line = wait_for(host, "reload.option", "option=llm.openai_compatible.key");
	assert_null(strstr(line, "old-secret"));
	assert_null(strstr(line, "new-secret"));
	(void)wait_for(host, "reload.done", "");
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
	uint16_t old = host->conf.api.listen.port, taken = free_port();
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons(taken);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);

	host_start_file(host, "");
	host->conf.api.listen.port = taken;
	reload(host, "");
	(void)wait_for(host, "reload.refused", "in use");
	try_connect(old);
	assert_int_equal(generation_of(host), 1);

	host->conf.api.listen.port = free_port();
	reload(host, "");
	(void)wait_for(host, "reload.done", "");
	try_connect(host->conf.api.listen.port);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
	assert_int_equal(close(fd), 0);
}

static void a_reload_during_a_reload_comes_behind_it(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\n");
	reload(host, "worker: {slots: 14}\n"); /* takes its time, in vain */
	(void)wait_for(host, "reload.started", "");
	reload(host, "worker: {slots: 7}\n");
	(void)wait_for(host, "reload.queued", "");
	(void)wait_for(host, "reload.withdrawn", "");
	(void)wait_for(host, "reload.done", "by=queued");
	(void)wait_for(host, "child.died", "child_kind=worker");
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void a_stop_during_a_reload_withdraws_it(void **state)
{
	struct host *host = *state;

	host_start_file(host, "worker: {slots: 5}\ndrain: {deadline: 1s}\n");
	reload(host, "worker: {slots: 14}\ndrain: {deadline: 1s}\n");
	(void)wait_for(host, "reload.started", "");
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	(void)wait_for(host, "reload.withdrawn", "the daemon stops");
	(void)wait_for(host, "master.draining", "");
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

static void send_signal(struct host *host, int number)
{
	assert_int_equal(kill(host->pid, number), 0);
}

static void one_worker_more_and_one_less(void **state)
{
	struct host *host = *state;

	host_start_file(host, "");
	send_signal(host, SIGTTIN);
	(void)wait_for(host, "crew.more", "by=SIGTTIN child_kind=worker processes=2");
	(void)wait_for(host, "child.ready", "child_kind=worker child_slot=1");
	send_signal(host, SIGTTOU);
	(void)wait_for(host, "crew.less", "by=SIGTTOU child_kind=worker processes=1");
	(void)wait_for(host, "child.died", "child_kind=worker child_slot=1");
	wait_living(host, 3);
	send_signal(host, SIGTTOU);
	(void)wait_for(host, "act.refused", "act=less by=SIGTTOU reason=the_last_one");
	/* a reload that touches workers brings back what is configured */
	send_signal(host, SIGTTIN);
	(void)wait_for(host, "child.ready", "child_kind=worker child_slot=1");
	reload(host, "drain: {deadline: 9s}\n");
	(void)wait_for(host, "reload.done", "");
	wait_living(host, 4);
	reload(host, "worker: {slots: 6}\n");
	(void)wait_for(host, "reload.done", "");
	wait_living(host, 3);
	assert_int_equal(host_stop(host), EXIT_CODE_OK);
}

static void quiet_lasts_until_a_reload(void **state)
{
	struct host *host = *state;
	char *line;
	int64_t worker;

	host_start_file(host, "");
	rewind_log(host);
	worker = number_in(wait_for(host, "child.started", "child_kind=worker"), "child");
	(void)wait_for(host, "master.ready", "");
	send_signal(host, SIGWINCH);
	(void)wait_for(host, "child.state", "from=ready to=quiet");
	(void)wait_for(host, "probe.quiet", "");
	/* who takes the seat of a dead one is quiet as well */
	assert_int_equal(kill((pid_t)worker, SIGKILL), 0);
	(void)wait_for(host, "child.died", "");
	(void)wait_for(host, "probe.quiet", "");
	/* nothing in the file has changed, and yet the worker is a new one */
	send_signal(host, SIGHUP);
	(void)wait_for(host, "reload.done", "");
	(void)wait_for(host, "child.died", "child_kind=worker");
	send_signal(host, SIGTERM);
	while ((line = next_line(host)) != NULL)
		assert_null(strstr(line, "probe.quiet"));
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

/* Each signal in a state of the master: what is said. */
struct row {
	int number;
	const char *event;
	const char *text;
};

static void send_rows(struct host *host, const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		send_signal(host, rows[i].number);
		(void)wait_for(host, rows[i].event, rows[i].text);
	}
}
#define SEND_ROWS(host, rows) send_rows(host, rows, sizeof(rows) / sizeof(rows[0]))

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
	reload(host, "worker: {slots: 14}\n");
	(void)wait_for(host, "reload.started", "");
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
	host_start(host, stubborns);
	(void)wait_for(host, "master.ready", "");
	send_signal(host, SIGTERM);
	(void)wait_for(host, "probe.drain", "");
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
	host_start(host, readers);
	(void)wait_for(host, "child.started", "child_kind=api");
	SEND_ROWS(host, rows);
	assert_int_equal(host_end(host), EXIT_CODE_OK);
}

#define WITH_HOST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		WITH_HOST(one_worker_more_and_one_less),
		WITH_HOST(quiet_lasts_until_a_reload),
		WITH_HOST(every_signal_before_all_are_ready),
		WITH_HOST(every_signal_during_a_reload),
		WITH_HOST(every_signal_during_a_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
