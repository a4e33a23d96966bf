/*
 * dev_servers.c - a private Redis and a private Postgres
 *
 * Their data lies in the folder of `dev` and survives it; nothing of an installed cluster
 * or a running server is touched. Both keep what they were told: Redis appends each write
 * to its file, Postgres syncs each commit.
 *
 * Redis listens on a unix socket and on a loopback port of its own, with a random
 * password, since whoever can write to a Redis of root's can write files. Postgres has
 * its socket only, in a folder that its user alone may enter (and root), so it needs no
 * password. As root it runs as user postgres by setpriv, because it refuses to be root.
 */
#include "cli/dev_servers.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "cli/dev_port.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define POSTGRES_HOME "/usr/lib/postgresql"
#define START_MS      60000
#define STOP_MS       20000
#define LOOK_MS       20
#define SECRET_HEX    48
#define REDIS_TRIES   5

static void pause_look(void)
{
	struct timespec left = { 0, LOOK_MS * 1000000L };

	(void)nanosleep(&left, NULL);
}

static bool in_path(const char *name)
{
	const char *dirs = getenv("PATH"), *end;
	char path[PATH_MAX];

	for (; dirs && *dirs; dirs = *end ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)(end - dirs), dirs,
			     name) < (int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* The newest version that has what we need; false: none. */
static bool find_postgres(char *ret, size_t size)
{
	DIR *home = opendir(POSTGRES_HOME);
	const struct dirent *entry;
	char path[PATH_MAX];
	long newest = 0, version;
	char *end;

	if (!home)
		return false;
	while ((entry = readdir(home))) {
		version = strtol(entry->d_name, &end, 10);
		(void)snprintf(path, sizeof(path), POSTGRES_HOME "/%ld/bin/initdb",
			       version);
		if (*end || version <= newest || access(path, X_OK) < 0)
			continue;
		newest = version;
		(void)snprintf(ret, size, POSTGRES_HOME "/%ld/bin", version);
	}
	(void)closedir(home);
	return newest > 0;
}

/* Who owns the data of Postgres when we are root. False: there is no such user. */
static bool find_user(uid_t *uid, gid_t *gid)
{
	struct passwd user, *found = NULL;
	char texts[4096];

	if (getpwnam_r("postgres", &user, texts, sizeof(texts), &found) != 0 || !found)
		return false;
	*uid = user.pw_uid;
	*gid = user.pw_gid;
	return true;
}

int dev_servers_find(struct dev_servers *servers, struct err *err)
{
	bool redis = in_path("redis-server");
	bool postgres =
		find_postgres(servers->postgres_bin, sizeof(servers->postgres_bin));
	const char *what = redis ? "Postgres is" : "Redis is";
	uid_t uid;
	gid_t gid;

	if (!redis && !postgres)
		what = "Redis and Postgres are";
	if (!redis || !postgres)
		return err_set(
			err, ERR_NOT_FOUND, "%s not installed: apt-get install%s%s", what,
			redis ? "" : " redis-server", postgres ? "" : " postgresql");
	if (geteuid() == 0 && !find_user(&uid, &gid))
		return err_set(
			err, ERR_NOT_FOUND,
			"there is no user postgres, whom Postgres runs as: apt-get "
			"install postgresql");
	return 0;
}

static int make_dir(const struct dev_dir *dir, const char *name, char *path,
		    struct err *err)
{
	return fdutil_mkdirs(dev_dir_at(dir, name, path), 0700, err);
}

/* Why it did not start; nothing of it is left. */
static int start_failed(struct dev_process *process, int code, struct err *err)
{
	struct str text = STR_INIT;

	if (process->pid > 0) {
		(void)dev_process_stop(process, SIGTERM, STOP_MS);
		str_printf(&text, "%s does not answer within %d s", process->name,
			   START_MS / 1000);
	} else {
		dev_process_say_end(process, &text);
	}
	(void)err_set(err, code, "%s", str_text(&text));
	str_deinit(&text);
	return code;
}

/* Until `ready` says so. 0, or the server ended or is too slow. */
static int await(struct dev_process *process, bool (*ready)(const struct dev_servers *),
		 const struct dev_servers *servers, struct err *err)
{
	int64_t until_mono_ms = clock_mono_ms() + START_MS;

	while (!ready(servers)) {
		if (dev_process_ended(process))
			return start_failed(process, ERR_REFUSED, err);
		if (clock_mono_ms() > until_mono_ms)
			return start_failed(process, ERR_TIMEOUT, err);
		pause_look();
	}
	return 0;
}

/* AUTH and PING by hand: one line each, one answer each. */
static bool redis_ready(const struct dev_servers *servers)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct timeval limit = { 1, 0 };
	char path[DEV_PATH_MAX], answer[64] = "", ask[128];
	const char *secret = strchr(servers->redis_url, ':') + strlen("://:");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ready = false;
	size_t len = 0;
	ssize_t n;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s",
		       dev_dir_at(servers->dir, "run/redis.sock", path));
	(void)snprintf(ask, sizeof(ask), "AUTH %.*s\r\nPING\r\n", SECRET_HEX, secret);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    write(fd, ask, strlen(ask)) != (ssize_t)strlen(ask))
		goto out;
	while (len < sizeof(answer) - 1 && !strstr(answer, "+PONG")) {
		n = read(fd, answer + len, sizeof(answer) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		answer[len] = '\0';
	}
	ready = strcmp(answer, "+OK\r\n+PONG\r\n") == 0;
out:
	mem_wipe(ask, sizeof(ask));
	fdutil_close(&fd);
	return ready;
}

static int write_redis_conf(const struct dev_servers *servers, const char *secret,
			    struct err *err)
{
	struct str text = STR_INIT;
	char path[DEV_PATH_MAX];
	int rc;

	str_printf(&text,
		   "bind 127.0.0.1\nport %d\nunixsocket %s\nunixsocketperm 700\n"
		   "requirepass %s\nappendonly yes\nmaxmemory-policy noeviction\n"
		   "save \"\"\ndaemonize no\n",
		   servers->redis_port, dev_dir_at(servers->dir, "run/redis.sock", path),
		   secret);
	str_printf(&text, "dir %s\n", dev_dir_at(servers->dir, "redis", path));
	if (servers->redis_setting)
		str_printf(&text, "%s\n", servers->redis_setting);
	rc = fdutil_write_file(dev_dir_at(servers->dir, "redis.conf", path),
			       str_text(&text), text.len, 0600, err);
	mem_wipe(text.data, text.len);
	str_deinit(&text);
	return rc;
}

static int try_redis(struct dev_servers *servers, struct err *err)
{
	char secret[SECRET_HEX + 1], conf[DEV_PATH_MAX], log[DEV_PATH_MAX];
	const char *const argv[] = { "redis-server",
				     dev_dir_at(servers->dir, "redis.conf", conf), NULL };
	struct dev_program program = { .name = "Redis",
				       .argv = argv,
				       .dir = servers->dir->path,
				       .log = dev_dir_at(servers->dir, "redis.log", log),
				       .death_signal = SIGTERM };
	char path[DEV_PATH_MAX];
	int rc;

	servers->redis_port = dev_port_free();
	rng_hex(secret, SECRET_HEX);
	(void)snprintf(servers->redis_url, sizeof(servers->redis_url), "unix://:%s@%s",
		       secret, dev_dir_at(servers->dir, "run/redis.sock", path));
	rc = write_redis_conf(servers, secret, err);
	mem_wipe(secret, sizeof(secret));
	if (rc == 0)
		rc = dev_process_start(&servers->redis, &program, err);
	if (rc == 0)
		rc = await(&servers->redis, redis_ready, servers, err);
	return rc;
}

int dev_servers_start_redis(struct dev_servers *servers, struct dev_dir *dir,
			    struct err *err)
{
	char path[DEV_PATH_MAX];
	int rc, tries;

	servers->dir = dir;
	rc = make_dir(dir, "redis", path, err);
	if (rc == 0)
		rc = make_dir(dir, "run", path, err);
	if (rc < 0)
		return rc;
	/* somebody may take the free port before Redis does */
	for (tries = 0; tries < REDIS_TRIES; tries++) {
		rc = try_redis(servers, err);
		if (rc != ERR_REFUSED)
			break;
	}
	return rc;
}

/* argv of a program of Postgres', as its user when we are root; argv has room for 24. */
static void postgres_argv(const char **argv, const char *path, const char *const *more)
{
	static const char *const drop[] = { "setpriv",
					    "--reuid=postgres",
					    "--regid=postgres",
					    "--clear-groups",
					    "--pdeathsig=INT",
					    "--",
					    NULL };
	size_t n = 0, i;

	for (i = 0; geteuid() == 0 && drop[i]; i++)
		argv[n++] = drop[i];
	argv[n++] = path;
	for (i = 0; more[i]; i++)
		argv[n++] = more[i];
	argv[n] = NULL;
}

static int give_to_postgres(const char *path, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0)
		return 0;
	if (!find_user(&uid, &gid))
		return err_set(err, ERR_NOT_FOUND, "there is no user postgres");
	if (chown(path, uid, gid) < 0)
		return err_errno(err, "chown %s", path);
	return 0;
}

static int init_postgres(struct dev_servers *servers, const char *data, struct err *err)
{
	char log[DEV_PATH_MAX], program_path[PATH_MAX + 16];
	const char *argv[24];
	/* a temporary folder needs no syncs before its first commit */
	const char *const more[] = {
		"-D",
		data,
		"-U",
		"synapsed",
		"-A",
		"trust",
		"--no-locale",
		"-E",
		"UTF8",
		servers->dir->temporary ? "--no-sync" : "--auth-host=reject",
		NULL
	};
	struct dev_program program = { .name = "initdb",
				       .argv = argv,
				       .dir = servers->dir->path,
				       .log = dev_dir_at(servers->dir, "postgres.log",
							 log),
				       .death_signal = SIGTERM };

	(void)snprintf(program_path, sizeof(program_path), "%s/initdb",
		       servers->postgres_bin);
	postgres_argv(argv, program_path, more);
	return dev_process_run(&program, START_MS, err);
}

/* The eighth line of its pid file says "ready" when it takes connections. */
static bool postgres_ready(const struct dev_servers *servers)
{
	char path[DEV_PATH_MAX], *text = NULL;
	const char *line;
	bool ready = false;
	int i;

	if (fdutil_read_file(dev_dir_at(servers->dir, "postgres/postmaster.pid", path),
			     4096, &text, NULL, NULL) < 0)
		return false;
	line = text;
	for (i = 1; line && i < 8; i++) {
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	/* a pid file of an earlier life has another pid in its first line; under setpriv
	 * the pid is the one we forked, since setpriv becomes the server */
	ready = line && strncmp(line, "ready", 5) == 0 &&
		atol(text) == (long)servers->postgres.pid;
	mem_free(text);
	return ready;
}

int dev_servers_start_postgres(struct dev_servers *servers, struct dev_dir *dir,
			       struct err *err)
{
	char data[DEV_PATH_MAX], sockets[DEV_PATH_MAX], log[DEV_PATH_MAX];
	char version[DEV_PATH_MAX], program_path[PATH_MAX + 16];
	const char *argv[24];
	const char *const more[] = { "-D",
				     data,
				     "-k",
				     sockets,
				     "-h",
				     "",
				     servers->postgres_setting ? "-c" : NULL,
				     servers->postgres_setting,
				     NULL };
	struct dev_program program = { .name = "Postgres",
				       .argv = argv,
				       .dir = dir->path,
				       .log = dev_dir_at(dir, "postgres.log", log),
				       .death_signal = SIGINT };
	char run[DEV_PATH_MAX];
	int rc;

	servers->dir = dir;
	rc = make_dir(dir, "postgres", data, err);
	if (rc == 0)
		rc = make_dir(dir, "run", run, err);
	if (rc == 0)
		rc = make_dir(dir, "run/pg", sockets, err);
	if (rc == 0)
		rc = give_to_postgres(data, err);
	if (rc == 0)
		rc = give_to_postgres(sockets, err);
	/* run/ is ours alone; Postgres must get through it to its own */
	if (rc == 0 && geteuid() == 0 && chmod(run, 0711) < 0)
		rc = err_errno(err, "chmod %s", run);
	if (rc == 0 && access(dev_dir_at(dir, "postgres/PG_VERSION", version), F_OK) < 0)
		rc = init_postgres(servers, data, err);
	if (rc < 0)
		return rc;
	(void)snprintf(program_path, sizeof(program_path), "%s/postgres",
		       servers->postgres_bin);
	postgres_argv(argv, program_path, more);
	(void)snprintf(servers->postgres_url, sizeof(servers->postgres_url),
		       "postgresql://synapsed@/postgres?host=%s", sockets);
	rc = dev_process_start(&servers->postgres, &program, err);
	if (rc == 0)
		rc = await(&servers->postgres, postgres_ready, servers, err);
	return rc;
}

bool dev_servers_stop(struct dev_servers *servers)
{
	/* SIGINT is its fast shutdown: clients go, everything is written */
	bool postgres = dev_process_stop(&servers->postgres, SIGINT, STOP_MS);
	bool redis = dev_process_stop(&servers->redis, SIGTERM, STOP_MS);

	return postgres && redis;
}
