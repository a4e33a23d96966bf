/*
 * dev.c - noun dev: the whole of it on one machine, with servers of its own
 *
 * Steps, each said as it is done: the folder, Redis, Postgres, the schema, the examples,
 * a key, and the daemon itself (this binary again, by a file of configuration in the
 * folder, which other verbs can be pointed at). Then it waits for INT, TERM, HUP or the
 * end of its input, or shows the demo, and stops everything in the reverse order: the
 * daemon drains first, while both servers still answer.
 *
 * Signals are blocked and read from a descriptor, so that one that comes in the midst of
 * a step is seen between two steps and never lost. Children lead process groups of their
 * own: Ctrl-C reaches `dev` alone and the order stays ours.
 */
#include "cli/cli_nouns.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_key.h"
#include "cli/dev_demo.h"
#include "cli/dev_dir.h"
#include "cli/dev_examples.h"
#include "cli/dev_port.h"
#include "cli/dev_process.h"
#include "cli/dev_servers.h"
#include "cli/store_call.h"
#include "client/http_call.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "store/new_key.h"
#include "store/store_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PORT_DEFAULT   8765
#define READY_MS       30000
#define LOOK_MS        25
#define DRAIN_SPARE_MS 10000 /* beyond the drain deadline */

struct dev {
	const struct cli_args *args;
	bool demo;
	struct dev_dir dir;
	struct dev_servers servers;
	struct dev_process daemon;
	struct dev_examples examples;
	struct cli_api api;
	struct conf *conf; /* what the daemon runs with */
	const char **env;  /* the same, with what configures us taken out; owned */
	int signal_fd;
	int port, health_port;
	int port_claim, health_claim; /* -1: none; held as long as we live */
	bool keep;                    /* a temporary folder, for its logs */
};

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vprintf(format, list);
	va_end(list);
	(void)putchar('\n');
	(void)fflush(stdout);
}

static int fail(const struct dev *dev, int rc, const struct err *err)
{
	return cli_args_fail(dev->args, store_call_exit_code(rc), "%s", err->text);
}

/* The end of a log on standard error. */
static void show_log(struct dev *dev, const char *name)
{
	char path[DEV_PATH_MAX];
	struct str text = STR_INIT;

	dev_process_tail(dev_dir_at(&dev->dir, name, path), &text);
	(void)fprintf(stderr, "  the end of %s:\n%s", path, str_text(&text));
	str_deinit(&text);
	dev->keep = true;
}

/* Has somebody asked us to stop? */
static bool stopped(void *arg)
{
	const struct dev *dev = arg;
	struct pollfd watch = { .fd = dev->signal_fd, .events = POLLIN };

	return poll(&watch, 1, 0) > 0;
}

static int block_signals(struct dev *dev)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)signal(SIGTTIN, SIG_IGN); /* in the background nobody types at us */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	dev->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return dev->signal_fd < 0 ? -1 : 0;
}

/* --- steps, in their order -------------------------------------------------------- */

static int open_dir(struct dev *dev)
{
	const char *path = cli_args_text(dev->args, "dir", NULL);
	struct str made = STR_INIT;
	struct conf *conf = NULL;
	struct err err;
	int rc, code;

	if (!path && !dev->demo) {
		code = cli_conf_load(dev->args, false, &conf);
		if (code)
			return code;
		str_printf(&made, "%s/dev", conf->data_dir);
		path = str_text(&made);
		conf_free(conf);
	}
	rc = dev_dir_open(&dev->dir, path, &err);
	str_deinit(&made);
	if (rc < 0)
		return fail(dev, rc, &err);
	say("folder     %s", dev->dir.path);
	return 0;
}

static int start_servers(struct dev *dev)
{
	struct err err;
	int rc = dev_servers_start_redis(&dev->servers, &dev->dir, &err);

	if (rc < 0) {
		(void)fail(dev, rc, &err);
		show_log(dev, "redis.log");
		return EXIT_CODE_FAILED;
	}
	say("Redis      answers on port %d and %s/run/redis.sock",
	    dev->servers.redis_port, dev->dir.path);
	rc = dev_servers_start_postgres(&dev->servers, &dev->dir, &err);
	if (rc < 0) {
		(void)fail(dev, rc, &err);
		show_log(dev, "postgres.log");
		return EXIT_CODE_FAILED;
	}
	say("Postgres   answers on %s (%s)", dev->servers.postgres_url,
	    dev->servers.postgres_bin);
	return 0;
}

/* A port that is asked for is taken as it is; the default one gives way. */
static int choose_port(struct dev *dev)
{
	int64_t port;

	if (!cli_args_int(dev->args, "port", 1, 65535, 0, &port))
		return EXIT_CODE_USAGE;
	dev->port = (int)port;
	if (dev->port)
		(void)dev_port_claim(dev->port, &dev->port_claim); /* or not */
	else if (!dev->demo)
		dev->port = dev_port_claim(PORT_DEFAULT, &dev->port_claim);
	if (!dev->port)
		dev->port = dev_port_claim(0, &dev->port_claim);
	dev->health_port = dev_port_claim(0, &dev->health_claim);
	return dev->port && dev->health_port ? 0
					     : cli_args_fail(dev->args, EXIT_CODE_FAILED,
							     "there is no free port");
}

/* JSON's strings are YAML's, too. */
static void add_option(struct str *text, const char *key, const char *value)
{
	str_printf(text, "%s: ", key);
	jsonw_quote(text, value, strlen(value));
	str_add_char(text, '\n');
}

static int write_conf(struct dev *dev, char *path)
{
	struct str text = STR_INIT;
	char part[DEV_PATH_MAX];
	struct err err;
	int rc;

	str_add_text(&text,
		     "# made by `synapsed dev`, which writes it again at each start\n");
	add_option(&text, "data_dir", dev_dir_at(&dev->dir, "data", part));
	add_option(&text, "run_dir", dev_dir_at(&dev->dir, "run", part));
	if (geteuid() == 0) /* the folder is root's, whoever synapsed is here */
		add_option(&text, "user", "root");
	str_add_text(&text, "redis:\n");
	add_option(&text, "  url", dev->servers.redis_url);
	str_add_text(&text, "postgres:\n");
	add_option(&text, "  url", dev->servers.postgres_url);
	str_printf(&text, "api:\n  listen: \"127.0.0.1:%d\"\n", dev->port);
	str_printf(&text, "worker:\n  health_listen: \"127.0.0.1:%d\"\n",
		   dev->health_port);
	rc = fdutil_write_file(dev_dir_at(&dev->dir, "synapsed.yaml", path),
			       str_text(&text), text.len, 0600, &err);
	mem_wipe(text.data, text.len);
	str_deinit(&text);
	return rc < 0 ? fail(dev, rc, &err) : 0;
}

/* The environment without what would win over the file's options. */
static void make_env(struct dev *dev)
{
	static const char *const ours[] = {
		"REDIS_URL=",
		"SCALE_POSTGRES_URL=",
		"SYNAPSED_API_LISTEN=",
		"SYNAPSED_CONF=",
		"SYNAPSED_DATA_DIR=",
		"SYNAPSED_GROUP=",
		"SYNAPSED_POSTGRES_URL=",
		"SYNAPSED_REDIS_URL=",
		"SYNAPSED_RUN_DIR=",
		"SYNAPSED_ROLES=",
		"SYNAPSED_USER=",
		"SYNAPSE_DATA_DIR=",
		"SYNAPSED_WORKER_HEALTH_LISTEN=",
		"SYNAPSE_BACKEND_PORT=",
		"WORKER_HEALTH_PORT=",
		NULL,
	};
	size_t count = 0, n = 0, i;
	char **from;

	while (environ[count])
		count++;
	dev->env = mem_new_n(const char *, count + 1);
	for (from = environ; *from; from++) {
		for (i = 0; ours[i] && strncmp(*from, ours[i], strlen(ours[i])) != 0;)
			i++;
		if (!ours[i])
			dev->env[n++] = *from;
	}
}

/* What the daemon will read, for our own use of the stores. */
static int load_conf(struct dev *dev, const char *path)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in = {
		.path = path, .env = dev->env, .uid = geteuid(), .cores = 1
	};
	char *text;
	int rc = conf_load(&in, &dev->conf, &errors);

	if (rc == 0)
		rc = conf_check(dev->conf, &errors);
	if (rc < 0) {
		text = conf_errors_text(&errors);
		(void)cli_args_fail(dev->args, EXIT_CODE_USAGE,
				    "the configuration is wrong\n%s", text);
		mem_free(text);
	}
	conf_errors_deinit(&errors);
	return rc < 0 ? EXIT_CODE_USAGE : 0;
}

static int migrate(struct dev *dev)
{
	struct store_schema_options options = { .url = dev->conf->postgres.url };
	struct err err;
	int rc = store_schema_migrate(&options, &err);

	if (rc < 0)
		return fail(dev, rc, &err);
	say("schema     %d of %zu migrations applied now", rc, store_schema_count());
	return 0;
}

static int store_examples(struct dev *dev)
{
	struct err err;
	int rc = dev_examples_load(cli_args_text(dev->args, "examples", NULL),
				   &dev->examples, &err);

	if (rc == 0)
		rc = dev_examples_store(&dev->examples, dev->conf, &err);
	if (rc < 0)
		return fail(dev, rc, &err);
	say("examples   %d definitions of %s", rc, dev->examples.path);
	return 0;
}

/* The key of an earlier start is used again: it is in the same Postgres. */
static int make_key(struct dev *dev)
{
	char path[DEV_PATH_MAX], *text = NULL;
	struct new_key key;
	struct err err;
	int rc = fdutil_read_file(dev_dir_at(&dev->dir, "key", path), 1024, &text, NULL,
				  &err);

	if (rc == 0) {
		text[strcspn(text, "\n")] = '\0';
		str_add_text(&dev->api.key, text);
		mem_free(text);
	} else if (rc == ERR_NOT_FOUND) {
		rc = cli_key_make(dev->conf, "dev", NULL, &key, &err);
		if (rc == 0) {
			str_printf(&dev->api.key, "%s", key.key);
			rc = fdutil_write_file(path, key.key, strlen(key.key), 0600,
					       &err);
		}
		mem_wipe(&key, sizeof(key));
	}
	if (rc < 0)
		return fail(dev, rc, &err);
	say("key        %s", path);
	return 0;
}

static int start_daemon(struct dev *dev, const char *conf_path)
{
	char exe[PATH_MAX], log[DEV_PATH_MAX];
	const char *const argv[] = { exe, "-f", "-c", conf_path, NULL };
	struct dev_program program = { .name = "synapsed",
				       .argv = argv,
				       .env = dev->env,
				       .dir = dev->dir.path,
				       .death_signal = SIGTERM };
	struct err err;
	int rc;

	if (!realpath("/proc/self/exe", exe))
		return cli_args_fail(dev->args, EXIT_CODE_FAILED, "/proc/self/exe: %s",
				     strerror(errno));
	if (dev->demo)
		program.log = dev_dir_at(&dev->dir, "synapsed.log", log);
	rc = dev_process_start(&dev->daemon, &program, &err);
	return rc < 0 ? fail(dev, rc, &err) : 0;
}

static int daemon_failed(struct dev *dev, const char *why)
{
	struct str text = STR_INIT;

	if (why)
		str_add_text(&text, why);
	else
		dev_process_say_end(&dev->daemon, &text);
	(void)cli_args_fail(dev->args, EXIT_CODE_FAILED, "%s", str_text(&text));
	str_deinit(&text);
	if (dev->demo)
		show_log(dev, "synapsed.log");
	return EXIT_CODE_FAILED;
}

static bool is_healthy(const struct dev *dev)
{
	struct str url = STR_INIT;
	struct http_call call = { .method = "GET",
				  .deadline_ms = 2000,
				  .answer_max_bytes = 1024 * 1024 };
	struct http_answer answer;
	bool healthy = false;

	str_printf(&url, "%s/health", str_text(&dev->api.url));
	call.url = str_text(&url);
	if (http_call(&call, &answer, NULL) == 0) {
		healthy = answer.status == 200;
		http_answer_deinit(&answer);
	}
	str_deinit(&url);
	return healthy;
}

static int await_daemon(struct dev *dev)
{
	int64_t until_mono_ms = clock_mono_ms() + READY_MS;
	struct timespec pause = { 0, LOOK_MS * 1000000L };

	while (!is_healthy(dev)) {
		if (dev_process_ended(&dev->daemon))
			return daemon_failed(dev, NULL);
		if (stopped(dev))
			return 0;
		if (clock_mono_ms() > until_mono_ms)
			return daemon_failed(dev, "the daemon is not healthy in time");
		(void)nanosleep(&pause, NULL);
	}
	say("synapsed   is healthy, pid %d, %s", (int)dev->daemon.pid,
	    str_text(&dev->api.url));
	return 0;
}

/* --- in front --------------------------------------------------------------------- */

static void say_how(const struct dev *dev)
{
	const char *id = "ID", *path = dev->dir.path;

	if (dev->examples.count && dev->examples.files[0].count)
		id = dev->examples.files[0].items[0].id;
	say("\nStart a run:\n"
	    "  curl -s -X POST %s/api/v2/orchestrations/%s/run \\\n"
	    "    -H \"Authorization: Bearer $(cat %s/key)\" -d '{\"message\": \"hello\"}'",
	    str_text(&dev->api.url), id, path);
	say("Or with the verbs of synapsed in another terminal:\n"
	    "  export SYNAPSED_CONF=%s/synapsed.yaml SYNAPSED_KEY=$(cat %s/key)\n"
	    "  synapsed run start %s --message hello --wait\n\n"
	    "Ctrl-C stops it all; the data stays until `synapsed dev --clean`.\n",
	    path, path, id);
}

/* A terminal's or a pipe's end means stop; /dev/null has been at its end all along. */
static bool watches_input(void)
{
	struct stat st;

	return isatty(STDIN_FILENO) || (fstat(STDIN_FILENO, &st) == 0 &&
					(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)));
}

/* False: the input is at its end. */
static bool read_input(struct pollfd *watch)
{
	char bytes[256];
	ssize_t n = read(watch->fd, bytes, sizeof(bytes));

	if (n < 0)
		watch->fd = -1; /* not ours to read, in the background */
	return n != 0;
}

/* Until somebody stops us (0) or something that must run has ended. */
static int stay(struct dev *dev)
{
	struct dev_process *watched[] = { &dev->daemon, &dev->servers.redis,
					  &dev->servers.postgres };
	struct pollfd watch[5] = {
		{ .fd = dev->signal_fd, .events = POLLIN },
		{ .fd = watches_input() ? STDIN_FILENO : -1, .events = POLLIN },
	};
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < 3; i++)
		watch[2 + i] =
			(struct pollfd){ .fd = watched[i]->pidfd, .events = POLLIN };
	for (;;) {
		if (poll(watch, 5, -1) < 0 && errno != EINTR)
			return cli_args_fail(dev->args, EXIT_CODE_FAILED, "poll: %s",
					     strerror(errno));
		if (watch[0].revents)
			return EXIT_CODE_OK;
		if (watch[1].revents && !read_input(&watch[1]))
			return EXIT_CODE_OK;
		for (i = 0; i < 3; i++) {
			if (!watch[2 + i].revents || !dev_process_ended(watched[i]))
				continue;
			dev_process_say_end(watched[i], &text);
			(void)cli_args_fail(dev->args, EXIT_CODE_FAILED, "%s",
					    str_text(&text));
			str_deinit(&text);
			return EXIT_CODE_FAILED;
		}
	}
}

static int show_demo(struct dev *dev)
{
	int failed;

	say("%s", "");
	failed = dev_demo_run(&dev->api, &dev->examples, stopped, dev);
	if (failed < 0)
		return cli_args_fail(dev->args, EXIT_CODE_FAILED, "stopped");
	if (failed) {
		show_log(dev, "synapsed.log");
		return EXIT_CODE_FAILED;
	}
	return EXIT_CODE_OK;
}

/* All steps; a signal between two of them ends it as if nothing were wrong. */
static int bring_up(struct dev *dev)
{
	char conf_path[DEV_PATH_MAX];
	struct err err;
	int rc = dev_servers_find(&dev->servers, &err), code;

	if (rc < 0)
		return cli_args_fail(dev->args, EXIT_CODE_FAILED, "%s", err.text);
	code = choose_port(dev);
	if (code == 0)
		code = open_dir(dev);
	if (code == 0 && !stopped(dev))
		code = start_servers(dev);
	if (code == 0 && !stopped(dev))
		code = write_conf(dev, conf_path);
	if (code || stopped(dev))
		return code;
	make_env(dev);
	code = load_conf(dev, conf_path);
	if (code == 0)
		code = migrate(dev);
	if (code == 0)
		code = store_examples(dev);
	if (code == 0)
		code = make_key(dev);
	if (code || stopped(dev))
		return code;
	str_printf(&dev->api.url, "http://127.0.0.1:%d", dev->port);
	dev->api.timeout_ms = 10000;
	code = start_daemon(dev, conf_path);
	return code ? code : await_daemon(dev);
}

/* In the reverse order; nothing that we started is left. */
static int bring_down(struct dev *dev, int code)
{
	int64_t drain_ms = DRAIN_SPARE_MS;
	bool orderly;

	if (dev->conf)
		drain_ms += dev->conf->drain.deadline_ms;
	if (dev->daemon.pid > 0)
		say("stopping   synapsed, Postgres, Redis");
	orderly = dev_process_stop(&dev->daemon, SIGTERM, drain_ms);
	orderly = dev_servers_stop(&dev->servers) && orderly;
	if (!orderly)
		code = cli_args_fail(dev->args, EXIT_CODE_FAILED,
				     "not everything stopped in time and was killed");
	if (dev->dir.temporary && dev->keep)
		(void)fprintf(stderr, "  the logs stay in %s\n", dev->dir.path);
	dev_dir_close(&dev->dir, dev->keep);
	dev_examples_deinit(&dev->examples);
	cli_api_deinit(&dev->api);
	conf_free(dev->conf);
	mem_free(dev->env);
	fdutil_close(&dev->signal_fd);
	return code;
}

static int clean(const struct cli_args *args)
{
	const char *path = cli_args_text(args, "dir", NULL);
	struct str made = STR_INIT;
	struct conf *conf = NULL;
	struct err err;
	int code = 0, rc;

	if (!path) {
		code = cli_conf_load(args, false, &conf);
		if (code)
			return code;
		str_printf(&made, "%s/dev", conf->data_dir);
		path = str_text(&made);
		conf_free(conf);
	}
	rc = dev_dir_remove(path, &err);
	if (rc == 0)
		say("removed %s", path);
	else if (rc == ERR_NOT_FOUND)
		say("nothing to remove: %s", err.text);
	else
		code = cli_args_fail(args, store_call_exit_code(rc), "%s", err.text);
	str_deinit(&made);
	return code;
}

static int dev_act(const struct cli_args *args)
{
	struct dev dev = { .args = args,
			   .demo = cli_args_flag(args, "demo"),
			   .dir = { .lock_fd = -1 },
			   .signal_fd = -1,
			   .port_claim = -1,
			   .health_claim = -1 };
	int code;

	if (cli_args_flag(args, "clean"))
		return clean(args);
	dev.api.args = args;
	if (block_signals(&dev) < 0)
		return cli_args_fail(args, EXIT_CODE_FAILED, "signals: %s",
				     strerror(errno));
	code = bring_up(&dev);
	if (code == 0 && dev.daemon.pid > 0 && !stopped(&dev)) {
		if (dev.demo) {
			code = show_demo(&dev);
		} else {
			say_how(&dev);
			code = stay(&dev);
		}
	} else if (code == 0 && dev.demo) {
		code = cli_args_fail(args, EXIT_CODE_FAILED, "stopped");
	}
	return bring_down(&dev, code);
}

/* clang-format off */
static const struct cli_option options[] = {
	{ 0, "dir", "DIR", "its folder (data_dir/dev; of --demo a temporary one)" },
	{ 0, "port", "PORT", "of the API (8765, or a free one if that is taken)" },
	{ 0, "examples", "DIR", "definitions to import (those that come with the program)" },
	{ 0, "demo", NULL, "run every example, show what happens, and stop" },
	{ 0, "clean", NULL, "remove the folder and all data in it, and do nothing else" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "", "", 0, 0, 0, options,
	  "everything on this machine: a private Redis and Postgres, and the daemon",
	  "Runs in front until INT, TERM or the end of its input; data stays between two\n"
	  "starts. It needs redis-server and postgresql to be installed, not to be running.\n",
	  dev_act },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun dev_noun = { "dev", "all of it on this machine, for a try", verbs };
