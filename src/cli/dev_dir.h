/* dev_dir.h - the folder of `dev`: its data, sockets and logs */
#ifndef CLI_DEV_DIR_H
#define CLI_DEV_DIR_H

#include "base/err.h"

#include <stdbool.h>

#define DEV_DIR_MAX  64 /* bytes of its path: sockets lie below it */
#define DEV_PATH_MAX (DEV_DIR_MAX + 64)

struct dev_dir {
	char path[DEV_DIR_MAX + 1];
	int lock_fd;    /* -1: not ours */
	bool temporary; /* removed at the end */
};

/*
 * Make it, or take one that an earlier `dev` made, and lock it. path NULL: a temporary
 * one. ERR_CONFLICT: another `dev` uses it; ERR_REFUSED: it is somebody else's folder.
 */
int dev_dir_open(struct dev_dir *dir, const char *path, struct err *err);
/* Unlock; a temporary one is removed unless `keep`. */
void dev_dir_close(struct dev_dir *dir, bool keep);
/* Remove one with all that is in it. ERR_NOT_FOUND, or as dev_dir_open(). */
int dev_dir_remove(const char *path, struct err *err);
/* "<path>/<name>" into buf of DEV_PATH_MAX bytes; returns buf. */
char *dev_dir_at(const struct dev_dir *dir, const char *name, char *buf);

#endif
