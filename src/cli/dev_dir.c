/*
 * dev_dir.c - the folder of `dev`: its data, sockets and logs
 *
 * A file `dev.lock` marks a folder as ours and is locked while a `dev` uses it. `--clean`
 * removes only what has the mark, so that no typing error removes a home directory; and
 * `dev` moves only into a folder that is marked, empty or not there.
 *
 *	dev.lock     the mark and the lock
 *	key          the API key, mode 600
 *	data/        data_dir of the daemon
 *	postgres/    data of Postgres
 *	redis/       data of Redis
 *	run/         run_dir of the daemon, and the servers' sockets
 *	*.log        what the servers have to say
 */
#include "cli/dev_dir.h"

#include "base/fdutil.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "dev.lock"

char *dev_dir_at(const struct dev_dir *dir, const char *name, char *buf)
{
	(void)snprintf(buf, DEV_PATH_MAX, "%s/%s", dir->path, name);
	return buf;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool empty = true;

	if (!dir)
		return false;
	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0;
	(void)closedir(dir);
	return empty;
}

/* make: put the mark there if the folder is empty. */
static int lock(struct dev_dir *dir, bool make, struct err *err)
{
	char mark[DEV_PATH_MAX];
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;

	if (make && is_empty(dir->path))
		flags |= O_CREAT;
	dir->lock_fd = open(dev_dir_at(dir, MARK, mark), flags, 0600);
	if (dir->lock_fd < 0 && errno == ENOENT)
		return err_set(err, ERR_REFUSED,
			       "%s was not made by `synapsed dev` and is not empty",
			       dir->path);
	if (dir->lock_fd < 0)
		return err_errno(err, "open %s", mark);
	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	fdutil_close(&dir->lock_fd);
	if (errno == EWOULDBLOCK)
		return err_set(err, ERR_CONFLICT, "another `synapsed dev` uses %s",
			       dir->path);
	return err_errno(err, "lock %s", mark);
}

static int make_temporary(struct dev_dir *dir, struct err *err)
{
	(void)snprintf(dir->path, sizeof(dir->path), "/tmp/synapsed-demo.XXXXXX");
	if (!mkdtemp(dir->path))
		return err_errno(err, "make %s", dir->path);
	dir->temporary = true;
	/* as root, Postgres is another user and must get through; secrets have modes of
	 * their own */
	if (chmod(dir->path, geteuid() == 0 ? 0711 : 0700) < 0)
		return err_errno(err, "chmod %s", dir->path);
	return 0;
}

/* The path without links and dots, into dir->path. */
static int resolve(struct dev_dir *dir, const char *path, struct err *err)
{
	char full[PATH_MAX];

	if (!realpath(path, full))
		return errno == ENOENT
			       ? err_set(err, ERR_NOT_FOUND, "there is no %s", path)
			       : err_errno(err, "%s", path);
	if (strlen(full) > DEV_DIR_MAX)
		return err_set(err, ERR_LIMIT,
			       "%s is longer than %d bytes, which is too long for the "
			       "sockets in it; choose another --dir",
			       full, DEV_DIR_MAX);
	memcpy(dir->path, full, strlen(full) + 1);
	return 0;
}

int dev_dir_open(struct dev_dir *dir, const char *path, struct err *err)
{
	int rc;

	memset(dir, 0, sizeof(*dir));
	dir->lock_fd = -1;
	if (path) {
		rc = fdutil_mkdirs(path, geteuid() == 0 ? 0755 : 0700, err);
		if (rc == 0)
			rc = resolve(dir, path, err);
	} else {
		rc = make_temporary(dir, err);
	}
	if (rc == 0)
		rc = lock(dir, true, err);
	return rc;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int remove_tree(const char *path)
{
	return nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void dev_dir_close(struct dev_dir *dir, bool keep)
{
	/* what cannot be removed is in /tmp, and nobody needs it to have gone */
	if (dir->temporary && !keep)
		(void)remove_tree(dir->path);
	fdutil_close(&dir->lock_fd);
}

int dev_dir_remove(const char *path, struct err *err)
{
	struct dev_dir dir = { .lock_fd = -1 };
	int rc = resolve(&dir, path, err);

	if (rc == 0)
		rc = lock(&dir, false, err);
	if (rc == 0 && remove_tree(dir.path) < 0)
		rc = err_errno(err, "remove %s", dir.path);
	fdutil_close(&dir.lock_fd);
	return rc;
}
