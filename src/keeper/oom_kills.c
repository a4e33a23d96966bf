/*
 * oom_kills.c - does the kernel say that it killed somebody here for want of memory
 *
 * SIGKILL looks the same whoever sent it. The kernel counts its own kills by cgroup; a
 * count that grew just before a death of SIGKILL is the evidence, and without it nobody
 * is charged. Where the count cannot be read there is no evidence.
 */
#include "keeper/oom_kills.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64 * 1024)

/* The number behind "oom_kill "; -1: there is none. */
static int64_t count_of(const char *path)
{
	static const char key[] = "oom_kill ";
	char *text = NULL;
	const char *line;
	int64_t n = -1;

	if (!*path || fdutil_read_file(path, FILE_MAX, &text, NULL, NULL) < 0)
		return -1; /* no such file here: no evidence */
	for (line = text; line && n < 0; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			n = strtoll(line + sizeof(key) - 1, NULL, 10);
	}
	mem_free(text);
	return n;
}

/* In a container the group's own path may not be there: its root is what is mounted. */
static bool find_in(char path[PATH_MAX], const char *mount, const char *group, int len,
		    const char *file)
{
	if (snprintf(path, PATH_MAX, "%s%.*s/%s", mount, len, group, file) < PATH_MAX &&
	    count_of(path) >= 0)
		return true;
	return snprintf(path, PATH_MAX, "%s/%s", mount, file) < PATH_MAX &&
	       count_of(path) >= 0;
}

static void find(char path[PATH_MAX])
{
	char *text = NULL;
	const char *line, *group;
	bool found = false;

	if (fdutil_read_file("/proc/self/cgroup", FILE_MAX, &text, NULL, NULL) < 0)
		text = NULL; /* no /proc: no evidence */
	for (line = text; line && *line && !found; line = strchr(line, '\n')) {
		int len;

		line += *line == '\n';
		group = strchr(line, ':');
		group = group ? strchr(group + 1, ':') : NULL;
		if (!group)
			break;
		group++;
		len = (int)strcspn(group, "\n");
		if (strncmp(line, "0::", 3) == 0)
			found = find_in(path, "/sys/fs/cgroup", group, len,
					"memory.events");
		else if (strncmp(strchr(line, ':'), ":memory:", 8) == 0)
			found = find_in(path, "/sys/fs/cgroup/memory", group, len,
					"memory.oom_control");
	}
	if (!found)
		path[0] = '\0';
	mem_free(text);
}

void oom_kills_init(struct oom_kills *kills, const char *path)
{
	memset(kills, 0, sizeof(*kills));
	if (path)
		(void)snprintf(kills->path, sizeof(kills->path), "%s", path);
	else
		find(kills->path);
	kills->seen = count_of(kills->path);
}

bool oom_kills_readable(const struct oom_kills *kills)
{
	return kills->seen >= 0;
}

void oom_kills_sample(struct oom_kills *kills, int64_t now_mono_ms)
{
	int64_t n = kills->seen >= 0 ? count_of(kills->path) : -1;

	if (now_mono_ms >= kills->fresh_until_mono_ms)
		kills->fresh = 0;
	if (n <= kills->seen)
		return;
	kills->fresh += n - kills->seen;
	kills->fresh_until_mono_ms = now_mono_ms + OOM_KILLS_FRESH_MS;
	kills->seen = n;
}

bool oom_kills_take(struct oom_kills *kills, int64_t now_mono_ms)
{
	oom_kills_sample(kills, now_mono_ms);
	if (!kills->fresh)
		return false;
	kills->fresh--;
	return true;
}
