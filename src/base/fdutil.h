/* fdutil.h - descriptors: always close-on-exec, never blocking where the loop waits */
#ifndef BASE_FDUTIL_H
#define BASE_FDUTIL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

int fdutil_nonblock(int fd);
int fdutil_cloexec(int fd, bool on);
/* Close if >= 0 and set to -1. */
void fdutil_close(int *fd);
/* As many open descriptors as the system lets this process have (RLIMIT_NOFILE). */
void fdutil_raise_limit(void);
/* The whole content of a regular file of at most max_bytes, NUL-terminated, the caller's
 * (mem_free). ERR_SYS, ERR_NOT_FOUND, ERR_LIMIT, or ERR_INPUT for what is no
 * regular file. */
int fdutil_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_len,
		     struct err *err);
/*
 * Write a file so that readers see the old or the new content: temporary, fsync, rename.
 */
int fdutil_write_file(const char *path, const void *bytes, size_t len, mode_t mode,
		      struct err *err);
/*
 * The same without waiting for it to be durable, for what can be made again: the bytes
 * are with the disk before they get their name, so that a machine that loses power has
 * the old content, the new one or no file, but no half (on file systems that keep that
 * order).
 */
int fdutil_show_file(const char *path, const void *bytes, size_t len, mode_t mode,
		     struct err *err);
/* mkdir -p; existing folders are fine. */
int fdutil_mkdirs(const char *path, mode_t mode, struct err *err);

/* Whether the descriptor (-1: no) is of what is at the path now. */
bool fdutil_same_file(int fd, const char *path);

#endif
