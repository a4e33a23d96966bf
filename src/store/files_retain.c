/*
 * files_retain.c - files of runs that ended long ago are deleted
 *
 * Runs by the index, the oldest first. Turns of conversations are in no index: once an
 * hour the folder is gone through for them, some names at a time, and those go whose file
 * is older than the bound of time; their number has no bound of its own.
 */
#include "store/files_retain.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/chat_run.h"
#include "store/files_dir.h"
#include "store/files_index.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#define RUNS_MAX   100  /* deleted at a time */
#define UNREAD_MAX 1000 /* that are passed over: they go on, or nobody has looked yet */
#define NAMES_MAX  2000
#define EVERY_MS   3600000

struct files_retain {
	struct files_dir *dir;
	struct files_index *index;
	int64_t keep_runs;
	int64_t keep_ms;
	DIR *list; /* a pass over the folder is under way */
	int64_t passed_at_ms;
};

struct files_retain *files_retain_new(struct files_dir *dir, struct files_index *index,
				      int64_t keep_runs, int64_t keep_ms)
{
	struct files_retain *retain = mem_new(struct files_retain);

	retain->dir = dir;
	retain->index = index;
	retain->keep_runs = keep_runs;
	retain->keep_ms = keep_ms;
	return retain;
}

void files_retain_free(struct files_retain *retain)
{
	if (retain && retain->list)
		(void)closedir(retain->list);
	mem_free(retain);
}

static bool erase(struct files_retain *retain, const char *run_id)
{
	struct err err;

	if (files_dir_erase(retain->dir, run_id, &err) == 0)
		return true;
	log_warn("run.not_erased", LOG_S("run", run_id), LOG_S("error", err.text));
	return false;
}

/* The oldest that nothing keeps, or NULL. */
static const struct files_indexed *next_run(const struct files_retain *retain,
					    int64_t now_ms)
{
	size_t n = files_index_count(retain->index), i;
	bool many = retain->keep_runs &&
		    (int64_t)files_index_known(retain->index) > retain->keep_runs;

	for (i = 0; i < n && i < UNREAD_MAX; i++) {
		const struct files_indexed *one =
			files_index_at(retain->index, n - 1 - i);

		if (!one->known)
			continue;
		if (many || (retain->keep_ms &&
			     one->summary.ended_at_ms < now_ms - retain->keep_ms))
			return one;
		return NULL; /* those behind are younger */
	}
	return NULL;
}

static void retain_runs(struct files_retain *retain, int64_t now_ms)
{
	const struct files_indexed *one;
	char run_id[IDS_MAX];
	size_t i;

	for (i = 0; i < RUNS_MAX && (one = next_run(retain, now_ms)); i++) {
		(void)snprintf(run_id, sizeof(run_id), "%s", one->run_id);
		if (!erase(retain, run_id))
			return;
		files_index_forget(retain->index, run_id);
	}
	if (i)
		log_info("runs.erased", LOG_N("runs", i));
}

static void retain_turn(struct files_retain *retain, const char *name, int64_t now_ms)
{
	char run_id[IDS_MAX];
	struct stat st;

	if (files_dir_id(name, ".journal", run_id) && chat_run_turn(run_id) &&
	    fstatat(retain->dir->root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtim.tv_sec < (now_ms - retain->keep_ms) / 1000)
		(void)erase(retain, run_id);
}

static void retain_turns(struct files_retain *retain, int64_t now_ms)
{
	struct dirent *entry = NULL;
	size_t i;

	if (!retain->list && now_ms - retain->passed_at_ms < EVERY_MS)
		return;
	if (!retain->list) {
		retain->passed_at_ms = now_ms;
		retain->list = opendir(retain->dir->path);
	}
	for (i = 0; retain->list && i < NAMES_MAX && (entry = readdir(retain->list)); i++)
		retain_turn(retain, entry->d_name, now_ms);
	if (retain->list && !entry) {
		(void)closedir(retain->list);
		retain->list = NULL;
	}
}

void files_retain_some(struct files_retain *retain, int64_t now_wall_ms)
{
	if (retain->keep_runs || retain->keep_ms)
		retain_runs(retain, now_wall_ms);
	if (retain->keep_ms)
		retain_turns(retain, now_wall_ms);
}
