/*
 * bench_procs.c - what processes cost, as /proc tells it
 *
 * CPU is utime and stime of /proc/<pid>/stat, in ticks of 10 ms: fine over a phase of
 * seconds. A server that forks (Postgres) is asked as a family: the living children, and
 * what the parent has taken over from those that it waited for.
 */
#include "cli/bench_procs.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX  65536
#define STAT_LAST 17 /* field cstime */
#define LOOKS_MAX 20 /* a family in which somebody ends in each look is taken as seen */

int bench_procs_parse_stat(const char *text, struct bench_stat *ret)
{
	/* the name in the second field may hold blanks and parentheses */
	const char *at = strrchr(text, ')');
	long long fields[STAT_LAST + 1] = { 0 };
	char *end;
	int i;

	if (!at || at[1] != ' ' || !at[2] || at[3] != ' ')
		return ERR_INPUT;
	at += 3; /* behind the state, which is field 3 */
	for (i = 4; i <= STAT_LAST; i++) {
		fields[i] = strtoll(at, &end, 10);
		if (end == at)
			return ERR_INPUT;
		at = end;
	}
	*ret = (struct bench_stat){
		.parent = (pid_t)fields[4],
		.own_ticks = fields[14] + fields[15],
		.reaped_ticks = fields[16] + fields[17],
	};
	return 0;
}

int bench_procs_parse_pss(const char *text, int64_t *ret_kib)
{
	const char *at = strstr(text, "\nPss:");
	long long kib;
	char *end;

	if (!at)
		return ERR_INPUT;
	at += strlen("\nPss:");
	kib = strtoll(at, &end, 10);
	if (end == at || kib < 0 || strncmp(end, " kB", 3) != 0)
		return ERR_INPUT;
	*ret_kib = kib;
	return 0;
}

static int read_file(pid_t pid, const char *name, char **ret, struct err *err)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fdutil_read_file(path, TEXT_MAX, ret, NULL, err);
}

static int read_stat(pid_t pid, struct bench_stat *ret, struct err *err)
{
	char *text = NULL;
	int rc = read_file(pid, "stat", &text, err);

	if (rc < 0)
		return rc;
	rc = bench_procs_parse_stat(text, ret);
	mem_free(text);
	return rc < 0 ? err_set(err, rc, "/proc/%d/stat is not understood", (int)pid) : 0;
}

static int64_t us_of(int64_t ticks)
{
	return ticks * (1000000 / sysconf(_SC_CLK_TCK));
}

int bench_procs_cpu_us(pid_t pid, int64_t *ret, struct err *err)
{
	struct bench_stat stat;
	int rc = read_stat(pid, &stat, err);

	if (rc == 0)
		*ret = us_of(stat.own_ticks);
	return rc;
}

/* All processes whose parent it is. */
static int64_t children_ticks(DIR *proc, pid_t parent)
{
	const struct dirent *entry;
	struct bench_stat stat;
	int64_t ticks = 0;
	char *end;
	long pid;

	while ((entry = readdir(proc))) {
		pid = strtol(entry->d_name, &end, 10);
		if (*end || pid <= 0 || read_stat((pid_t)pid, &stat, NULL) < 0)
			continue;
		if (stat.parent == parent)
			ticks += stat.own_ticks + stat.reaped_ticks;
	}
	return ticks;
}

/* One look at a family; *ret_torn: the parent waited for somebody meanwhile. */
static int look_at_family(pid_t pid, int64_t *ret, bool *ret_torn, struct err *err)
{
	struct bench_stat before, after = { .reaped_ticks = 0 };
	DIR *proc = opendir("/proc");
	int64_t ticks = 0;
	int rc;

	if (!proc)
		return err_errno(err, "open /proc");
	rc = read_stat(pid, &before, err);
	if (rc == 0) {
		ticks = children_ticks(proc, pid);
		rc = read_stat(pid, &after, err);
	}
	(void)closedir(proc);
	if (rc < 0)
		return rc;
	*ret = us_of(ticks + after.own_ticks + after.reaped_ticks);
	*ret_torn = after.reaped_ticks != before.reaped_ticks;
	return 0;
}

/* A child that ends during a look is counted twice, once as itself and once as its
 * parent's: a phase that began then would have cost less than nothing. */
int bench_procs_family_cpu_us(pid_t pid, int64_t *ret, struct err *err)
{
	bool torn = true;
	int i, rc = 0;

	for (i = 0; i < LOOKS_MAX && torn && rc == 0; i++)
		rc = look_at_family(pid, ret, &torn, err);
	return rc;
}

int bench_procs_pss_kib(pid_t pid, int64_t *ret, struct err *err)
{
	char *text = NULL;
	int rc = read_file(pid, "smaps_rollup", &text, err);

	if (rc < 0)
		return rc;
	rc = bench_procs_parse_pss(text, ret);
	mem_free(text);
	return rc < 0 ? err_set(err, rc, "/proc/%d/smaps_rollup is not understood",
				(int)pid)
		      : 0;
}
