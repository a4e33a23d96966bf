/*
 * limits.c - what the kernel lets our processes do, and take
 *
 * Secrets of providers and of the stores are in the memory of every process. So no core
 * file is written unless `core_dumps` asks for it, and our processes are not dumpable,
 * which hides memory, environment and descriptors from all others of our user: a plain
 * MCP server is one. It also makes /proc/self root's, so who writes there is dumpable for
 * a moment (oom_adjust). Sanitized builds are left alone: the leak checker traces.
 *
 * When memory is gone the kernel shall take a worker, whose runs go on elsewhere, before
 * the master, without which the host is gone. A process may always make itself more
 * likely to go, and only root less; so children add to it, and a master that began as
 * root, or whose unit says OOMScoreAdjust=, is below.
 */
#include "master/limits.h"

#include "base/log.h"
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define OOM_FILE   "/proc/self/oom_score_adj"
#define OOM_MASTER (-250)
/* beside connections: stores, ipc, logs, what libraries open for a moment */
#define FILES_SPARE 256

#ifdef SYN_SANITIZED
static const bool sanitized = true;
#else
static const bool sanitized;
#endif

/* Descriptors that the hungriest kind needs when all its connections are open. */
static rlim_t files_needed(const struct conf *conf)
{
	int64_t most = 0;

	if (conf->roles & CONF_ROLE_API)
		most = conf->api.connections;
	if ((conf->roles & CONF_ROLE_WORKER) && conf->llm.connections > most)
		most = conf->llm.connections;
	return (rlim_t)(most + FILES_SPARE);
}

static void limit_files(const struct conf *conf)
{
	rlim_t need = files_needed(conf);
	struct rlimit limit, wanted;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return; /* a legal question: cannot fail */
	wanted = limit;
	if (wanted.rlim_max < need)
		wanted.rlim_max = need;
	wanted.rlim_cur = wanted.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
		return;
	/* above the hard limit only root may go */
	wanted = limit;
	wanted.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &wanted); /* it may: soft is below hard */
	if (limit.rlim_max < need)
		log_warn("limits.nofile", LOG_N("need", need),
			 LOG_N("have", limit.rlim_max),
			 LOG_S("what",
			       "connections beyond it wait; raise LimitNOFILE= or "
			       "ulimit -n, or lower api.connections and "
			       "llm.connections"));
}

static void limit_core(const struct conf *conf)
{
	struct rlimit limit = { 0, 0 };

	if (conf->core_dumps) {
		if (getrlimit(RLIMIT_CORE, &limit) < 0)
			return; /* a legal question: cannot fail */
		limit.rlim_cur = limit.rlim_max;
	}
	(void)setrlimit(RLIMIT_CORE,
			&limit); /* downwards, or up to the hard one: it may */
}

/* 0, or errno. */
static int oom_write(int value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", value);
	int fd = open(OOM_FILE, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, (size_t)len) != len)
		rc = errno;
	(void)close(fd); /* the write has said it */
	return rc;
}

static bool oom_read(int *value)
{
	char text[16] = "";
	int fd = open(OOM_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (len <= 0)
		return false;
	*value = (int)strtol(text, NULL, 10);
	return true;
}

/* A sandbox may have no /proc, and a container no right: nothing depends on it. */
static void oom_adjust(int value)
{
	int dumpable = prctl(PR_GET_DUMPABLE), rc;

	(void)prctl(PR_SET_DUMPABLE, 1); /* legal values: cannot fail */
	rc = oom_write(value);
	if (dumpable == 0)
		(void)prctl(PR_SET_DUMPABLE, 0);
	if (rc)
		log_debug("limits.oom_score_adj", LOG_N("value", value),
			  LOG_S("error", strerror(rc)));
}

void limits_master(const struct conf *conf)
{
	mode_t before = umask(0077);
	int oom;

	(void)umask(before | 0027);
	limit_files(conf);
	limit_core(conf);
	if (geteuid() == 0 && oom_read(&oom) && oom > OOM_MASTER)
		oom_adjust(OOM_MASTER);
}

void limits_seal(const struct conf *conf)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_warn("limits.no_new_privs", LOG_S("error", strerror(errno)));
	/* after a change of user it is off; we say what it is, either way */
	if (!sanitized)
		(void)prctl(PR_SET_DUMPABLE, conf->core_dumps ? 1 : 0);
}

void limits_child(int oom_score_adj)
{
	int inherited;

	if (oom_read(&inherited) && inherited < oom_score_adj)
		oom_adjust(oom_score_adj);
}
