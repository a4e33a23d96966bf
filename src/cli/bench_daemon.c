/*
 * bench_daemon.c - a daemon that a benchmark starts, and its scoreboard
 *
 * What it does is read off its scoreboard, which costs the daemon nothing: readiness,
 * who its children are, how many runs they have ended. A benchmark that asked Postgres
 * how far it is would measure its own questions.
 */
#include "cli/bench_daemon.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/bench_house.h"
#include "cli/dev_port.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READY_MS 30000
#define STOP_MS  30000
#define LOOK_MS  20
#define ENV_OURS 11

struct environment {
	struct str texts[ENV_OURS];
	const char *env[BENCH_HOUSE_ENV + ENV_OURS + 1];
	size_t ours;
};

static void add(struct environment *e, const char *name, const char *value)
{
	str_printf(&e->texts[e->ours++], "%s=%s", name, value);
}

static void add_int(struct environment *e, const char *name, int64_t value)
{
	str_printf(&e->texts[e->ours++], "%s=%lld", name, (long long)value);
}

static void add_port(struct environment *e, const char *name, int port)
{
	str_printf(&e->texts[e->ours++], "%s=127.0.0.1:%d", name, port);
}

static void make_environment(const struct bench_daemon *daemon, const char *roles,
			     int64_t workers, const char *data_dir, const char *run_dir,
			     struct environment *e)
{
	const struct bench_house *house = daemon->house;
	size_t i, n = 0;

	add(e, "REDIS_URL", house->servers.redis_url);
	add(e, "SCALE_POSTGRES_URL", house->servers.postgres_url);
	add(e, "SYNAPSED_DATA_DIR", data_dir);
	add(e, "SYNAPSED_RUN_DIR", run_dir);
	add(e, "SYNAPSED_ROLES", roles);
	if (geteuid() == 0)
		add(e, "SYNAPSED_USER", "root"); /* whose folder it is */
	else
		add(e, "SYNAPSED_CORE_DUMPS", "true"); /* else we see no smaps of it */
	add_port(e, "SYNAPSED_API_LISTEN", daemon->port);
	add_port(e, "SYNAPSED_WORKER_HEALTH_LISTEN", dev_port_free());
	add_int(e, "SYNAPSED_WORKER_PROCESSES", workers);
	/* limits are on and looked at, but out of reach */
	add_int(e, "SYNAPSED_LIMITS_RATE_PER_TENANT", 1000000);
	add_int(e, "SYNAPSED_LIMITS_QUEUED_PER_TENANT", 100000000);
	for (i = 0; i < house->env_count; i++)
		e->env[n++] = house->env[i];
	for (i = 0; i < e->ours; i++)
		e->env[n++] = str_text(&e->texts[i]);
	e->env[n] = NULL;
}

static void drop_environment(struct environment *e)
{
	size_t i;

	for (i = 0; i < e->ours; i++) {
		mem_wipe(e->texts[i].data, e->texts[i].len);
		str_deinit(&e->texts[i]);
	}
}

static char *path_of(const struct bench_daemon *daemon, const char *what, char *buf)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%s%s", daemon->name, what);
	return dev_dir_at(&daemon->house->dir, name, buf);
}

static int launch(struct bench_daemon *daemon, const char *roles, int64_t workers,
		  struct err *err)
{
	static const char nothing[] = "# the environment says it all\n";
	char exe[PATH_MAX], data_dir[DEV_PATH_MAX], run_dir[DEV_PATH_MAX];
	char log[DEV_PATH_MAX], file[DEV_PATH_MAX];
	const char *const argv[] = { exe, "-f", "-c", file, NULL };
	struct environment environment = { .ours = 0 };
	struct dev_program program = { .name = "synapsed",
				       .argv = argv,
				       .env = environment.env,
				       .dir = daemon->house->dir.path,
				       .log = path_of(daemon, ".log", log),
				       .death_signal = SIGTERM };
	int rc;

	if (!realpath("/proc/self/exe", exe))
		return err_errno(err, "/proc/self/exe");
	/* without one it would read the file of this machine's own daemon */
	rc = fdutil_write_file(path_of(daemon, ".yaml", file), nothing, strlen(nothing),
			       0600, err);
	if (rc < 0)
		return rc;
	daemon->port = dev_port_free();
	make_environment(daemon, roles, workers, path_of(daemon, "-data", data_dir),
			 path_of(daemon, "-run", run_dir), &environment);
	rc = dev_process_start(&daemon->process, &program, err);
	drop_environment(&environment);
	return rc;
}

static int64_t sum_pids(const struct bench_daemon *daemon)
{
	pid_t pids[BENCH_DAEMON_PIDS];
	size_t n = bench_daemon_pids(daemon, NULL, pids), i;
	int64_t sum = 0;

	for (i = 0; i < n; i++)
		sum += pids[i];
	return sum;
}

static int ended(struct bench_daemon *daemon, struct err *err)
{
	struct str how = STR_INIT;

	dev_process_say_end(&daemon->process, &how);
	(void)err_set(err, ERR_CONFLICT, "%s", str_text(&how));
	str_deinit(&how);
	return ERR_CONFLICT;
}

static bool is_running(const struct scoreboard *board)
{
	return board && atomic_load(&board->master_state) == SCORE_MASTER_RUNNING;
}

static int await(struct bench_daemon *daemon, struct err *err)
{
	int64_t until_mono_ms = clock_mono_ms() + READY_MS;
	char run_dir[DEV_PATH_MAX];
	int rc = 0;

	(void)path_of(daemon, "-run", run_dir);
	while (rc == 0 && !is_running(daemon->board)) {
		if (dev_process_ended(&daemon->process))
			return ended(daemon, err);
		if (clock_mono_ms() > until_mono_ms)
			return err_set(err, ERR_TIMEOUT,
				       "the daemon is not ready within %d s",
				       READY_MS / 1000);
		rc = bench_house_sleep(daemon->house, LOOK_MS, err);
		/* the file comes after the start; why it is not there yet is no news */
		if (rc == 0 && !daemon->board)
			(void)scoreboard_open_readonly(run_dir, &daemon->board, NULL);
	}
	daemon->pids_sum = rc == 0 ? sum_pids(daemon) : 0;
	return rc;
}

int bench_daemon_start(struct bench_daemon *daemon, struct bench_house *house,
		       const char *name, const char *roles, int64_t workers,
		       struct err *err)
{
	char log[32];
	int rc;

	daemon->house = house;
	daemon->name = name;
	rc = launch(daemon, roles, workers, err);
	if (rc == 0)
		rc = await(daemon, err);
	if (rc < 0 && rc != ERR_CLOSED) {
		(void)snprintf(log, sizeof(log), "%s.log", name);
		bench_house_show_log(house, log);
	}
	return rc;
}

int bench_daemon_stop(struct bench_daemon *daemon, struct err *err)
{
	bool orderly = dev_process_stop(&daemon->process, SIGTERM, STOP_MS);

	scoreboard_close(daemon->board);
	daemon->board = NULL;
	return orderly ? 0
		       : err_set(err, ERR_TIMEOUT,
				 "the daemon did not stop in time and was killed");
}

int bench_daemon_check(struct bench_daemon *daemon, struct err *err)
{
	if (dev_process_ended(&daemon->process))
		return ended(daemon, err);
	if (sum_pids(daemon) != daemon->pids_sum)
		return err_set(err, ERR_CONFLICT, "a child of the daemon was replaced");
	return 0;
}

/* ---- the scoreboard ---- */

static bool is_of(const struct score_slot *slot, const char *kind)
{
	char name[IDS_MAX];

	switch ((enum score_state)atomic_load(&slot->state)) {
	case SCORE_FREE:
	case SCORE_DEAD:
		return false;
	case SCORE_STARTING:
	case SCORE_READY:
	case SCORE_QUIET:
	case SCORE_DRAINING:
	case SCORE_KILLED:
	case SCORE_NSTATES:
		break;
	}
	return !kind || strcmp(score_text_get(&slot->kind, name), kind) == 0;
}

size_t bench_daemon_pids(const struct bench_daemon *daemon, const char *kind,
			 pid_t pids[BENCH_DAEMON_PIDS])
{
	const struct scoreboard *board = daemon->board;
	size_t n = 0;
	int i;

	for (i = 0; board && i < SCOREBOARD_SLOTS && n < BENCH_DAEMON_PIDS; i++)
		if (is_of(&board->slots[i], kind))
			pids[n++] = atomic_load(&board->slots[i].pid);
	return n;
}

int64_t bench_daemon_count(const struct bench_daemon *daemon, const char *kind,
			   enum score_counter counter)
{
	const struct scoreboard *board = daemon->board;
	int64_t sum = 0;
	int i;

	for (i = 0; board && i < SCOREBOARD_SLOTS; i++)
		if (is_of(&board->slots[i], kind))
			sum += score_get(&board->slots[i], counter);
	return sum;
}

int64_t bench_daemon_last_start_us(const struct bench_daemon *daemon)
{
	const struct scoreboard *board = daemon->board;
	int64_t last = 0, at;
	int i;

	for (i = 0; board && i < SCOREBOARD_SLOTS; i++) {
		if (atomic_load(&board->slots[i].state) == SCORE_FREE)
			continue;
		at = atomic_load(&board->slots[i].last_start_mono_us);
		if (at > last)
			last = at;
	}
	return last;
}
