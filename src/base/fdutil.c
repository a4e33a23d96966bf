/*
 * fdutil.c - descriptors and small files
 */
#include "base/fdutil.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int fdutil_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ERR_SYS;
	return 0;
}

int fdutil_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? ERR_SYS : 0;
}

void fdutil_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* it may: soft is below hard */
}

void fdutil_close(int *fd)
{
	if (*fd >= 0)
		(void)close(
			*fd); /* nothing was written through it that could fail late */
	*fd = -1;
}

int fdutil_read_file(const char *path, size_t max_bytes, char **ret, size_t *ret_len,
		     struct err *err)
{
	/* a FIFO would block in open(2) until somebody writes */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *bytes = NULL;
	size_t len = 0, room = 4096;
	struct stat st;
	ssize_t n;
	int rc;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "open %s: %s", path,
			       "No such file or directory");
	if (fd < 0)
		return err_errno(err, "open %s", path);
	if (fstat(fd, &st) < 0) {
		rc = err_errno(err, "stat %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		rc = err_set(err, ERR_INPUT, "%s is not a regular file", path);
		goto out;
	}
	bytes = mem_resize(NULL, room);
	for (;;) {
		if (len + 1 == room) {
			room *= 2;
			bytes = mem_resize(bytes, room);
		}
		n = read(fd, bytes + len, room - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = err_errno(err, "read %s", path);
			goto out;
		}
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max_bytes) {
			rc = err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path,
				     max_bytes);
			goto out;
		}
	}
	bytes[len] = '\0';
	*ret = bytes;
	if (ret_len)
		*ret_len = len;
	bytes = NULL;
	rc = 0;
out:
	mem_free(bytes);
	fdutil_close(&fd);
	return rc;
}

/* Whether all of it is on the disk, or nothing can be there that is not behind it. */
static int settle(int fd, bool durable)
{
	if (!durable &&
	    sync_file_range(fd, 0, 0,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER) == 0)
		return 0;
	return fsync(fd);
}

static int write_file(const char *path, const void *bytes, size_t len, mode_t mode,
		      bool durable, struct err *err)
{
	char tmp[PATH_MAX];
	const char *p = bytes;
	int fd, rc = 0;
	ssize_t n;

	if (snprintf(tmp, sizeof(tmp), "%s.%ld.tmp", path, (long)getpid()) >=
	    (int)sizeof(tmp))
		return err_set(err, ERR_LIMIT, "path too long: %s", path);
	/* a scrap that a crash left would keep its own mode: it goes first */
	if (unlink(tmp) < 0 && errno != ENOENT)
		return err_errno(err, "remove %s", tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_errno(err, "create %s", tmp);
	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = err_errno(err, "write %s", tmp);
			goto out;
		}
		p += n;
		len -= (size_t)n;
	}
	if (settle(fd, durable) < 0) {
		rc = err_errno(err, "fsync %s", tmp);
		goto out;
	}
	if (rename(tmp, path) < 0)
		rc = err_errno(err, "rename %s to %s", tmp, path);
out:
	fdutil_close(&fd);
	if (rc < 0)
		(void)unlink(tmp); /* the first error is the one to tell */
	return rc;
}

int fdutil_write_file(const char *path, const void *bytes, size_t len, mode_t mode,
		      struct err *err)
{
	return write_file(path, bytes, len, mode, true, err);
}

int fdutil_show_file(const char *path, const void *bytes, size_t len, mode_t mode,
		     struct err *err)
{
	return write_file(path, bytes, len, mode, false, err);
}

int fdutil_mkdirs(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	size_t i, len = strlen(path);
	struct stat st;

	if (len == 0 || len >= sizeof(part))
		return err_set(err, ERR_LIMIT, "path empty or too long: %.80s", path);
	memcpy(part, path, len + 1);
	for (i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return err_errno(err, "mkdir %s", part);
		part[i] = path[i];
	}
	if (stat(path, &st) < 0)
		return err_errno(err, "stat %s", path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return err_errno(err, "mkdir %s", path);
	}
	return 0;
}

bool fdutil_same_file(int fd, const char *path)
{
	struct stat a, b;

	return fd >= 0 && fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
