/*
 * top_proc.c - what the kernel says of a process: memory and processor time
 *
 * The children share most of their pages with the master, so their resident sizes do not
 * add up; the proportional ones do. Only the process' own user and root may read those.
 */
#include "cli/top_proc.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 16384

static char *read_proc(int pid, const char *name)
{
	char path[64], *text = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	/* gone, or not ours to read: NULL, and the caller shows a dash */
	(void)fdutil_read_file(path, FILE_MAX, &text, NULL, NULL);
	return text;
}

int64_t top_proc_field(const char *text, const char *name)
{
	size_t len = strlen(name);
	const char *line = text;

	while (line && *line) {
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			return strtoll(line + len + 1, NULL, 10);
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return -1;
}

int64_t top_proc_ticks(const char *text)
{
	/* the name in parentheses may hold anything; field 3 comes after the last */
	const char *at = strrchr(text, ')');
	long long user, system;

	if (!at ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld",
		   &user, &system) != 2)
		return -1;
	return user + system;
}

struct top_proc top_proc_look(int pid)
{
	struct top_proc proc = { -1, -1, -1 };
	long pages = -1, per_second = sysconf(_SC_CLK_TCK);
	int64_t ticks = -1, n;
	char *text;

	text = read_proc(pid, "smaps_rollup");
	if (text) {
		n = top_proc_field(text, "Pss");
		proc.pss_bytes = n < 0 ? -1 : n * 1024;
		n = top_proc_field(text, "Rss");
		proc.rss_bytes = n < 0 ? -1 : n * 1024;
		mem_free(text);
	}
	if (proc.rss_bytes < 0 && (text = read_proc(pid, "statm"))) {
		if (sscanf(text, "%*d %ld", &pages) == 1 && pages >= 0)
			proc.rss_bytes = (int64_t)pages * sysconf(_SC_PAGESIZE);
		mem_free(text);
	}
	text = read_proc(pid, "stat");
	if (text) {
		ticks = top_proc_ticks(text);
		mem_free(text);
	}
	if (ticks >= 0 && per_second > 0)
		proc.cpu_ms = ticks * 1000 / per_second;
	return proc;
}
