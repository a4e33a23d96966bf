/*
 * bench_house.c - where a benchmark lives: a folder, servers of its own, signals
 *
 * The servers are those of `dev`: every write is appended, every commit synced. Nothing
 * of what runs on this machine is used, and what the environment configures for a daemon
 * of the user's does not reach ours: of the environment it gets only what a process needs
 * to start (path, locale, sanitizers).
 *
 * Signals are blocked and read from a descriptor, so that one is seen between two steps
 * and everything is stopped and removed in its order.
 */
#include "cli/bench_house.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_def.h"
#include "cli/cli_key.h"
#include "conf/conf.h"
#include "defs/defs_file.h"
#include "engine/step_types.h"
#include "store/store_schema.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SETTLE_MS 1000

void bench_house_say(const char *format, ...)
{
	va_list list;

	(void)fputs("bench: ", stderr);
	va_start(list, format);
	(void)vfprintf(stderr, format, list);
	va_end(list);
	(void)fputc('\n', stderr);
}

void bench_house_show_log(struct bench_house *house, const char *name)
{
	struct str text = STR_INIT;
	char path[DEV_PATH_MAX];

	dev_process_tail(dev_dir_at(&house->dir, name, path), &text);
	if (text.len)
		(void)fprintf(stderr, "  %s:\n%s", name, str_text(&text));
	str_deinit(&text);
}

/* ---- signals ---- */

static int block_signals(struct bench_house *house, struct err *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_errno(err, "block signals");
	house->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return house->signal_fd < 0 ? err_errno(err, "signalfd") : 0;
}

static bool wait_for_signal(struct bench_house *house, int64_t ms)
{
	struct pollfd watch = { .fd = house->signal_fd, .events = POLLIN };

	/* what is in the descriptor stays there: stopped is for good */
	if (!house->stopped && poll(&watch, 1, (int)ms) > 0)
		house->stopped = true;
	return house->stopped;
}

bool bench_house_stopped(void *house)
{
	return wait_for_signal(house, 0);
}

int bench_house_sleep(struct bench_house *house, int64_t ms, struct err *err)
{
	return wait_for_signal(house, ms) ? err_set(err, ERR_CLOSED, "stopped") : 0;
}

int bench_house_settle(struct bench_house *house, struct err *err)
{
	/* any descriptor in the folder names its file system */
	if (syncfs(house->dir.lock_fd) < 0)
		return err_errno(err, "syncfs %s", house->dir.path);
	return bench_house_sleep(house, SETTLE_MS, err);
}

/* ---- environment and configuration ---- */

static void keep_env(struct bench_house *house)
{
	static const char *const kept[] = {
		"PATH=",         "HOME=",         "TZ=",           "LANG=",
		"LC_",           "TMPDIR=",       "LD_",           "GLIBC_TUNABLES=",
		"ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS="
	};
	char **from;
	size_t i;

	for (from = environ; *from; from++)
		for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if (strncmp(*from, kept[i], strlen(kept[i])) == 0 &&
			    house->env_count < BENCH_HOUSE_ENV / 2)
				house->env[house->env_count++] = *from;
}

static int load_conf(struct bench_house *house, struct err *err)
{
	struct conf_errors errors = { .count = 0 };
	struct str redis = STR_INIT, postgres = STR_INIT, data = STR_INIT;
	const char *env[4];
	struct conf_inputs in = { .env = env, .uid = geteuid(), .cores = 1 };
	char *text;
	int rc;

	str_printf(&redis, "REDIS_URL=%s", house->servers.redis_url);
	str_printf(&postgres, "SCALE_POSTGRES_URL=%s", house->servers.postgres_url);
	str_printf(&data, "SYNAPSED_DATA_DIR=%s", house->dir.path);
	env[0] = str_text(&redis);
	env[1] = str_text(&postgres);
	env[2] = str_text(&data);
	env[3] = NULL;
	rc = conf_load(&in, &house->conf, &errors);
	if (rc < 0) {
		text = conf_errors_text(&errors);
		(void)err_set(err, rc, "%s", text);
		mem_free(text);
	}
	conf_errors_deinit(&errors);
	mem_wipe(redis.data, redis.len);
	str_deinit(&redis);
	str_deinit(&postgres);
	str_deinit(&data);
	return rc;
}

/* ---- what is stored ---- */

static int prepare_postgres(struct bench_house *house, struct err *err)
{
	struct store_schema_options options;
	int rc = load_conf(house, err);

	if (rc < 0)
		return rc;
	options = (struct store_schema_options){ .url = house->conf->postgres.url };
	rc = store_schema_migrate(&options, err);
	if (rc < 0)
		return rc;
	return cli_key_make(house->conf, "bench", NULL, &house->key, err);
}

static void write_definition(struct jsonw *w, const char *id)
{
	jsonw_object(w);
	jsonw_pair_text(w, "id", id);
	jsonw_pair_text(w, "name", id);
	jsonw_pair_text(w, "entry_step_id", "say");
	jsonw_key(w, "steps");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_pair_text(w, "id", "say");
	jsonw_pair_text(w, "name", "Say it");
	jsonw_pair_text(w, "type", "print");
	jsonw_pair_text(w, "print_content", "{state.user_input}");
	jsonw_pair_text(w, "output_key", "said");
	jsonw_object_end(w);
	jsonw_array_end(w);
	jsonw_object_end(w);
}

int bench_house_define(struct bench_house *house, const char *const *ids, size_t count,
		       int64_t *versions, struct err *err)
{
	struct cli_def_stored *stored = mem_new_n(struct cli_def_stored, count);
	struct defs_file all;
	struct str text = STR_INIT;
	struct jsonw w;
	size_t i;
	int rc;

	jsonw_init(&w, &text);
	jsonw_array(&w);
	for (i = 0; i < count; i++)
		write_definition(&w, ids[i]);
	jsonw_array_end(&w);
	rc = defs_file_read(str_text(&text), text.len, STORE_ORCHESTRATION,
			    step_types_rules(), &all, err);
	str_deinit(&text);
	if (rc == 0) {
		rc = cli_def_store(house->conf, &all, stored, err);
		defs_file_deinit(&all);
	}
	for (i = 0; i < count && rc == 0; i++)
		versions[i] = stored[i].version;
	mem_free(stored);
	return rc;
}

/* ---- life ---- */

int bench_house_open(struct bench_house *house, const struct cli_args *args,
		     bool postgres, struct err *err)
{
	int rc;

	house->args = args;
	house->signal_fd = -1;
	house->dir.lock_fd = -1;
	keep_env(house);
	/* a server that has run for hours makes no new files for its log, it uses old
	 * ones again; bench_store_checkpoint() makes ours do so */
	house->servers.postgres_setting = "min_wal_size=1GB";
	/* 64 MB, as it comes, are full after 13 s of 1,000 runs a second, and each
	 * rewrite holds up the commits of a Postgres on the same disk */
	house->servers.redis_setting = "auto-aof-rewrite-min-size 1gb";
	rc = dev_servers_find(&house->servers, err);
	if (rc == 0)
		rc = block_signals(house, err);
	if (rc == 0)
		rc = dev_dir_open(&house->dir, NULL, err);
	if (rc == 0)
		rc = dev_servers_start_redis(&house->servers, &house->dir, err);
	if (rc == 0 && postgres)
		rc = bench_house_sleep(house, 0, err);
	if (rc == 0 && postgres)
		rc = dev_servers_start_postgres(&house->servers, &house->dir, err);
	if (rc == 0 && postgres)
		rc = prepare_postgres(house, err);
	if (rc == 0)
		rc = bench_house_sleep(house, 0, err);
	return rc;
}

void bench_house_close(struct bench_house *house, bool failed)
{
	if (failed && !house->stopped && house->dir.temporary) {
		bench_house_show_log(house, "redis.log");
		bench_house_show_log(house, "postgres.log");
	}
	if (!dev_servers_stop(&house->servers))
		bench_house_say("a server did not stop in time and was killed");
	dev_dir_close(&house->dir, false);
	conf_free(house->conf);
	mem_wipe(&house->key, sizeof(house->key));
	fdutil_close(&house->signal_fd);
}
