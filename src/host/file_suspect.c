/*
 * file_suspect.c - whose code was on the CPU when a process died, without a keeper
 *
 * A page of a file, mapped: what is written there is the kernel's at once, so it survives
 * every death of the process. Two stores around a run's code, as on the scoreboard, which
 * nobody reads here. The file is locked while its process lives. It lies beside the
 * journals of live runs: the folder of those that have ended is long, and this is looked
 * for all the time.
 *
 * Who kills the process from outside in such a moment makes a suspect of an innocent run:
 * it takes max_crashes of them in a row, without a row of the journal between them, to
 * end one.
 */
#include "host/file_suspect.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "store/files_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define PREFIX    "suspect."
#define MARK_SIZE 4096

static int map_mark(struct file_suspect *suspect, struct err *err)
{
	void *at;

	if (flock(suspect->fd, LOCK_EX | LOCK_NB) < 0)
		return err_errno(err, "lock %s", suspect->name);
	if (ftruncate(suspect->fd, MARK_SIZE) < 0)
		return err_errno(err, "make %s", suspect->name);
	at = mmap(NULL, MARK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, suspect->fd, 0);
	if (at == MAP_FAILED)
		return err_errno(err, "map %s", suspect->name);
	suspect->mark = at;
	return 0;
}

int file_suspect_open(struct file_suspect *suspect, const struct files_dir *dir,
		      const char *incarnation, struct err *err)
{
	int rc;

	suspect->dir_fd = dir->live;
	(void)snprintf(suspect->name, sizeof(suspect->name), PREFIX "%s", incarnation);
	suspect->fd =
		openat(dir->live, suspect->name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (suspect->fd < 0)
		return err_errno(err, "create %s", suspect->name);
	rc = map_mark(suspect, err);
	if (rc < 0) {
		(void)unlinkat(dir->live, suspect->name, 0);
		fdutil_close(&suspect->fd);
	}
	return rc;
}

void file_suspect_close(struct file_suspect *suspect)
{
	if (!suspect->mark)
		return;
	(void)munmap(suspect->mark, MARK_SIZE);
	suspect->mark = NULL;
	(void)unlinkat(suspect->dir_fd, suspect->name, 0);
	fdutil_close(&suspect->fd);
}

void file_suspect_enter(struct file_suspect *suspect, const char *run_id)
{
	size_t len = strlen(run_id);

	if (!suspect->mark || len >= IDS_MAX)
		return;
	/* the first byte last: it says that the others are there */
	memcpy(suspect->mark + 1, run_id, len + 1);
	atomic_signal_fence(memory_order_seq_cst);
	*(volatile char *)suspect->mark = 1;
}

void file_suspect_leave(struct file_suspect *suspect)
{
	if (suspect->mark)
		*(volatile char *)suspect->mark = 0;
}

static void blame(struct file_blames *blames, const char *run_id)
{
	if (blames->count < FILE_BLAMES_MAX)
		(void)snprintf(blames->ids[blames->count++], IDS_MAX, "%s", run_id);
}

size_t file_blames_take(struct file_blames *blames, const char *run_id)
{
	size_t i, kept = 0, taken;

	for (i = 0; i < blames->count; i++) {
		if (strcmp(blames->ids[i], run_id) == 0)
			continue;
		if (kept != i)
			memcpy(blames->ids[kept], blames->ids[i], IDS_MAX);
		kept++;
	}
	taken = blames->count - kept;
	blames->count = kept;
	return taken;
}

static void collect_one(const struct files_dir *dir, const char *name,
			struct file_blames *blames)
{
	int fd = openat(dir->live, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char mark[IDS_MAX + 1] = "";
	ssize_t got;

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) { /* its process lives */
		fdutil_close(&fd);
		return;
	}
	got = pread(fd, mark, sizeof(mark) - 1, 0);
	if (got > 1 && mark[0] == 1) {
		log_warn("run.suspected", LOG_S("run", mark + 1),
			 LOG_S("process", name + strlen(PREFIX)));
		blame(blames, mark + 1);
	}
	(void)unlinkat(dir->live, name, 0);
	fdutil_close(&fd);
}

void file_suspect_collect(const struct files_dir *dir, struct file_blames *blames)
{
	struct dirent *entry;
	int fd = openat(dir->live, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !list)
		fdutil_close(&fd);
	while (list && (entry = readdir(list)))
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
			collect_one(dir, entry->d_name, blames);
	if (list)
		(void)closedir(list);
}

static bool lives(const struct files_dir *dir, const char *name)
{
	int fd = openat(dir->live, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;

	fdutil_close(&fd);
	return locked;
}

bool file_suspect_others(const struct files_dir *dir, const char *incarnation)
{
	struct dirent *entry;
	int fd = openat(dir->live, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	bool found = false;

	if (fd >= 0 && !list)
		fdutil_close(&fd);
	while (list && !found && (entry = readdir(list)))
		found = strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
			strcmp(entry->d_name + strlen(PREFIX), incarnation) != 0 &&
			lives(dir, entry->d_name);
	if (list)
		(void)closedir(list);
	return found;
}
