/*
 * score_before.c - the scoreboards of masters that were succeeded and still drain
 *
 * A second name for the same file: the old master has it mapped and goes on writing to
 * it. Whoever dies without removing its name leaves a file of a dead master, which
 * readers pass over and the next start removes.
 */
#include "ipc/score_before.h"

#include "ipc/scoreboard.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int path_of(const char *run_dir, int pid, char path[PATH_MAX], struct err *err)
{
	if (snprintf(path, PATH_MAX, "%s/%s.%d", run_dir, SCOREBOARD_FILE, pid) >=
	    PATH_MAX)
		return err_set(err, ERR_LIMIT, "path too long: %.80s", run_dir);
	return 0;
}

int score_before_keep(const char *run_dir, int pid, struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];
	int rc = path_of(run_dir, pid, to, err);

	if (rc < 0)
		return rc;
	(void)snprintf(from, sizeof(from), "%s/%s", run_dir, SCOREBOARD_FILE);
	if (unlink(to) < 0 && errno != ENOENT)
		return err_errno(err, "remove %s", to);
	if (link(from, to) < 0)
		return err_errno(err, "link %s", to);
	return 0;
}

void score_before_drop(const char *run_dir, int pid)
{
	char path[PATH_MAX];

	if (path_of(run_dir, pid, path, NULL) == 0)
		(void)unlink(path); /* it may not have been kept */
}

/* The pid in such a name, or 0. */
static int pid_in(const char *name)
{
	const size_t head = sizeof(SCOREBOARD_FILE ".") - 1;
	char *end;
	long pid;

	if (strncmp(name, SCOREBOARD_FILE ".", head) != 0 || name[head] < '1' ||
	    name[head] > '9')
		return 0;
	pid = strtol(name + head, &end, 10);
	return *end || pid > INT_MAX ? 0 : (int)pid;
}

static void each(const char *run_dir,
		 void (*see)(void *arg, const struct scoreboard *board), void *arg,
		 bool remove_dead)
{
	DIR *dir = opendir(run_dir);
	const struct dirent *entry;

	if (!dir)
		return; /* no folder, nobody */
	while ((entry = readdir(dir))) {
		const struct scoreboard *board = NULL;
		char path[PATH_MAX];
		int pid = pid_in(entry->d_name);
		bool alive;

		if (!pid || path_of(run_dir, pid, path, NULL) < 0)
			continue;
		/* one of another layout tells us nothing, and nobody else would ask */
		alive = scoreboard_open_file(path, &board, NULL) == 0 &&
			scoreboard_master_alive(board);
		if (alive && see)
			see(arg, board);
		if (!alive && remove_dead)
			(void)unlink(path); /* tried again by the next start */
		scoreboard_close(board);
	}
	(void)closedir(dir); /* it was read only */
}

void score_before_sweep(const char *run_dir)
{
	each(run_dir, NULL, NULL, true);
}

void score_before_each(const char *run_dir,
		       void (*see)(void *arg, const struct scoreboard *board), void *arg)
{
	each(run_dir, see, arg, false);
}
