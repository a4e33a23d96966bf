/* files_dir.h - where a host without Postgres keeps its runs */
#ifndef STORE_FILES_DIR_H
#define STORE_FILES_DIR_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define FILES_DIR_NAME "orchestration_runs"

/*
 *	<data_dir>/orchestration_runs/
 *		live/<run id>.journal	 of runs that have not ended
 *		<run id>.journal	 of those that have
 *		<run id>.json		 for stock readers (CONTRACT 5.3)
 *
 * Ids are percent-encoded in names. For readers: root, live.
 */
struct files_dir {
	char *path; /* owned: the folder's own */
	int root;   /* -1: not open */
	int live;
	bool changed; /* names in live/ that are not on the disk yet */
};

/* Make what is missing. The caller closes it in any case. ERR_SYS. */
int files_dir_open(struct files_dir *dir, const char *data_dir, struct err *err);
/* The same without making anything. ERR_NOT_FOUND: this host has no such runs. */
int files_dir_look(struct files_dir *dir, const char *data_dir, struct err *err);
/* Fine on what look and open left. */
void files_dir_close(struct files_dir *dir);

#define FILES_NAME_MAX 800
/* "<id><suffix>" into buf[FILES_NAME_MAX]; false: the id is too long for a name. */
bool files_dir_name(const char *run_id, const char *suffix, char *buf);
/* The id of a name with this suffix, into buf[IDS_MAX]; false: it is none. */
bool files_dir_id(const char *name, const char *suffix, char *buf);

/*
 * Open a run's journal to read it, wherever it is; *ret_live: under live/. ERR_NOT_FOUND,
 * ERR_SYS.
 */
int files_dir_read(const struct files_dir *dir, const char *run_id, int *ret_fd,
		   bool *ret_live, struct err *err);
/* Move a journal from live/ to where those of ended runs are, or back. ERR_SYS. */
int files_dir_move(struct files_dir *dir, const char *run_id, bool to_live,
		   struct err *err);
/* Delete the files of a run that has ended: the journal last, so that a piece is found
 * again. Not durable by itself. ERR_SYS. */
int files_dir_erase(struct files_dir *dir, const char *run_id, struct err *err);

#endif
