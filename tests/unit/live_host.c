/*
 * live_host.c - a master that is alive, with kinds of its own, for tests
 *
 * The kinds idle, crash, hang and refuse. A host is a process that calls master_run()
 * with a log on a pipe; a test waits for lines of that log. Every process of a host holds
 * the pipe, so its end means that nobody is left.
 */
#include "live_host.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "conf/conf_rows.h"
#include "ipc/exit_code.h"
#include "ipc/lifeline.h"
#include "master/master.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

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

char host_heal_path[128];

/* Crashes until there is a file. */
static int healing(struct child_env *env)
{
	return access(host_heal_path, F_OK) < 0 ? EXIT_CODE_CHILD_SETUP
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

static int fewest(const struct conf *conf)
{
	return conf->worker.min ? (int)conf->worker.min : 1;
}

static int most(const struct conf *conf)
{
	return conf->worker.max ? (int)conf->worker.max : fewest(conf);
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

const struct kind host_idlers[] = { KIND("idle", idle, as_configured, 0, 0), END };
const struct kind host_stubborns[] = { KIND("stubborn", stubborn, one, 0, 0), END };
const struct kind host_crashers[] = { KIND("crasher", crasher, one, 0, 0), END };
const struct kind host_healers[] = { KIND("healing", healing, one, 0, 0), END };
const struct kind host_hangers[] = { KIND("hanging", hanging, one, 0, 0), END };
const struct kind host_nobody[] = { KIND("idle", idle, none, 0, 0), END };
const struct kind host_mutes[] = { { .name = "mute",
				     .title = "mute",
				     .enter = mute,
				     .processes = one,
				     .ready_timeout_ms = 50 },
				   END };
/* in no order: the master sorts */
const struct kind host_house[] = {
	KIND("api", curious, one, 20, KIND_LISTENS_API),
	KIND("keeper", curious, one, 0, KIND_TAKES_OBITUARIES | KIND_LISTENS_HEALTH),
	KIND("worker", curious, as_configured, 10, KIND_HOLDS_JOBS), END
};

/* Of those a reload may touch: some options each. */
const struct kind host_readers[] = { { .name = "keeper",
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
				       .fewest = fewest,
				       .most = most,
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

uint16_t host_free_port(void)
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

int host_set_up(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return -1;
	(void)snprintf(host->dir, sizeof(host->dir), "/tmp/syn-master-XXXXXX");
	if (!mkdtemp(host->dir))
		return -1;
	(void)snprintf(host->data_dir, sizeof(host->data_dir), "%s/data/deep", host->dir);
	(void)snprintf(host->run_dir, sizeof(host->run_dir), "%s/run", host->dir);
	(void)snprintf(host_heal_path, sizeof(host_heal_path), "%s/healed", host->dir);
	host->conf = (struct conf){
		.data_dir = host->data_dir,
		.run_dir = host->run_dir,
		/* the folders are root's then, whoever synapsed is on this machine */
		.user = geteuid() == 0 ? "root" : "",
		.group = "",
		.postgres = { .url = "" },
		.control = { .group = "" },
		.drain = { .deadline_ms = 20000 },
		.restart = { .min_ms = 200,
			     .max_ms = 30000,
			     .window_ms = 60000,
			     .ceiling = 5 },
		.queue = { .pulse_stale_ms = 30000 },
		.worker = { .processes = { .n = 1 },
			    .name = "",
			    .health_listen = { "127.0.0.1", host_free_port() } },
		.api = { .listen = { "127.0.0.1", host_free_port() } },
	};
	host->notify_fd = host->log_fd = -1;
	*state = host;
	return 0;
}

void host_kill(struct host *host)
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

int host_tear_down(void **state)
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

void host_start(struct host *host, const struct kind *kinds)
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

	if (poll(&pfd, 1, HOST_DEADLINE_MS) <= 0)
		print_log(host);
	assert_true(host->len < sizeof(host->buf) - 1);
	n = read(host->log_fd, host->buf + host->len, sizeof(host->buf) - 1 - host->len);
	assert_true(n >= 0);
	host->len += (size_t)n;
	host->buf[host->len] = '\0';
	return n > 0;
}

/* The next whole line, without its end, or NULL at the end of the log. */
char *host_line(struct host *host)
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
char *host_wait(struct host *host, const char *event, const char *text)
{
	char needle[64], *line;

	(void)snprintf(needle, sizeof(needle), " event=%s ", event);
	while ((line = host_line(host)) != NULL)
		if (strstr(line, needle) && strstr(line, text))
			return line;
	fail_msg("the log ended without %s %s", event, text);
	return NULL;
}

/* Read the log from its start again: lines of several processes came in any order. */
void host_rewind(struct host *host)
{
	size_t i;

	for (i = 0; i < host->at; i++)
		if (!host->buf[i])
			host->buf[i] = '\n';
	host->at = 0;
}

int64_t host_number(const char *line, const char *key)
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
int host_end(struct host *host)
{
	int status;

	while (host_line(host))
		continue;
	assert_int_equal(waitpid(host->pid, &status, 0), host->pid);
	host->pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int host_stop(struct host *host)
{
	assert_int_equal(kill(host->pid, SIGTERM), 0);
	return host_end(host);
}

const struct scoreboard *host_board(struct host *host)
{
	const struct scoreboard *board = NULL;
	struct err err = { .code = 0 };

	if (scoreboard_open_readonly(host->run_dir, &board, &err) < 0)
		fail_msg("%s", err.text);
	return board;
}

/* ---- a host with a file ---- */

static const char *const no_env[] = { NULL };

void host_write_file(struct host *host, const char *more)
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

void host_make_file(struct host *host, const char *more)
{
	static char path[96];

	(void)snprintf(path, sizeof(path), "%s/synapsed.yaml", host->dir);
	host->inputs = (struct conf_inputs){ .path = path, .env = no_env, .cores = 1 };
	host_write_file(host, more);
}

void host_start_file(struct host *host, const char *more)
{
	host_make_file(host, more);
	host_start(host, host_readers);
	(void)host_wait(host, "master.ready", "");
}

void host_reload(struct host *host, const char *more)
{
	host_write_file(host, more);
	assert_int_equal(kill(host->pid, SIGHUP), 0);
}

int host_generation(struct host *host)
{
	const struct scoreboard *board = host_board(host);
	int generation = atomic_load(&board->generation);

	scoreboard_close(board);
	return generation;
}

bool host_shown(struct host *host, const char *text)
{
	const struct scoreboard *board = host_board(host);
	char buf[IDS_MAX];
	bool found = strstr(score_text_get(&board->reload, buf), text) != NULL;

	found = found && (*text || !*buf); /* "": nothing at all */
	scoreboard_close(board);
	return found;
}

/* Living processes of all kinds, by the board. */
int host_living(struct host *host)
{
	const struct scoreboard *board = host_board(host);
	int i, count = 0;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		int state = atomic_load(&board->slots[i].state);

		count += state != SCORE_FREE && state != SCORE_DEAD;
	}
	scoreboard_close(board);
	return count;
}

void host_wait_living(struct host *host, int count)
{
	int64_t end_mono_ms = clock_mono_ms() + HOST_DEADLINE_MS;

	while (host_living(host) != count) {
		assert_true(clock_mono_ms() < end_mono_ms);
		(void)usleep(10000);
	}
}
