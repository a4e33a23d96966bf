/* file_suspect.h - whose code was on the CPU when a process died, without a keeper */
#ifndef HOST_FILE_SUSPECT_H
#define HOST_FILE_SUSPECT_H

#include "base/err.h"
#include "base/ids.h"

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

/* The marks of dead processes: each run that was on the CPU, once; then they are gone. */
void file_suspect_collect(const struct files_dir *dir,
			  void (*blame)(void *arg, const char *run_id), void *arg);

#endif
