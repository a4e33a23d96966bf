/* file_suspect.h - whose code was on the CPU when a process died, without a keeper */
#ifndef HOST_FILE_SUSPECT_H
#define HOST_FILE_SUSPECT_H

#include "base/err.h"
#include "base/ids.h"

#include <stdbool.h>
#include <stddef.h>

struct files_dir;

/* Embed it zeroed. All is private. */
struct file_suspect {
	int dir_fd;
	int fd;
	char *mark; /* mapped; NULL: not open */
	char name[IDS_MAX + 16];
};

/* The mark of this process. It outlives it, whatever ends it. ERR_SYS. */
int file_suspect_open(struct file_suspect *suspect, const struct files_dir *dir,
		      const char *incarnation, struct err *err);
/* The process goes in order: nobody is suspected. Fine on a zeroed struct. */
void file_suspect_close(struct file_suspect *suspect);

/* Around a run's code. Nothing when it is not open. */
void file_suspect_enter(struct file_suspect *suspect, const char *run_id);
void file_suspect_leave(struct file_suspect *suspect);

/* Runs whose code was on the CPU at a death, which are yet to be charged with it: a
 * process has one. Embed it zeroed. */
#define FILE_BLAMES_MAX 16
struct file_blames {
	char ids[FILE_BLAMES_MAX][IDS_MAX];
	size_t count;
};

/* The marks of dead processes: each run that was on the CPU is added to those that are
 * blamed already; then the marks are gone. */
void file_suspect_collect(const struct files_dir *dir, struct file_blames *blames);
/* Does another process live that has a mark? incarnation: this one's. */
bool file_suspect_others(const struct files_dir *dir, const char *incarnation);
/* How many deaths are laid to this run: told once. */
size_t file_blames_take(struct file_blames *blames, const char *run_id);

#endif
