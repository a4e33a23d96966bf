/*
 * file_once.c - Idempotency-Keys of a host without Postgres
 *
 * A file for each, named by the digest of tenant and key: the digest of the body and the
 * run. It is there before the run is, so that a process which dies between the two has
 * accepted nothing twice.
 */
#include "api/file_once.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/fdutil.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/files_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER   "keys"
#define KEPT_SEC (24 * 3600)
#define NOTE_MAX 512

static void path_of(struct str *path, const struct files_dir *dir, const char *tenant_id,
		    const char *key)
{
	struct str both = STR_INIT;
	char hex[DIGEST_HEX_SIZE];

	str_add(&both, tenant_id, strlen(tenant_id) + 1);
	str_add_text(&both, key);
	str_printf(path, "%s/" FOLDER "/%s", dir->path,
		   digest_sha256(both.data, both.len, hex));
	str_deinit(&both);
}

static bool is_old(const struct stat *st)
{
	return clock_wall_ms() / 1000 - st->st_mtim.tv_sec > KEPT_SEC;
}

static bool was_accepted(const struct files_dir *dir, const char *run_id)
{
	bool live;
	struct err err;
	int fd;

	if (files_dir_read(dir, run_id, &fd, &live, &err) < 0)
		return false;
	fdutil_close(&fd);
	return true;
}

/* What the note says, if it counts. */
static bool read_note(const struct files_dir *dir, const char *path, char *sha256,
		      char *run_id)
{
	char *text = NULL;
	struct stat st;
	struct err err;
	size_t len;
	bool good;

	if (stat(path, &st) < 0 || is_old(&st) ||
	    fdutil_read_file(path, NOTE_MAX, &text, &len, &err) < 0)
		return false;
	good = sscanf(text, "%64s %255s", sha256, run_id) == 2 &&
	       was_accepted(dir, run_id);
	mem_free(text);
	return good;
}

/* Whoever reads it sees nothing or all of it. */
static int write_note(const struct files_dir *dir, const char *path,
		      const struct str *note, file_once_sync sync, void *arg,
		      struct err *err)
{
	struct str fresh = STR_INIT;
	int fd, folder = -1, rc = 0;

	str_printf(&fresh, "%s.new", path);
	fd = open(str_text(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, note->data, note->len) != (ssize_t)note->len ||
	    rename(str_text(&fresh), path) < 0)
		rc = err_errno(err, "write %s", str_text(&fresh));
	if (rc == 0) {
		folder = openat(dir->root, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder < 0)
			rc = err_errno(err, "open " FOLDER);
	}
	str_deinit(&fresh);
	if (rc < 0) {
		fdutil_close(&fd);
		return rc;
	}
	rc = sync(arg, fd, note->data, note->len, err);
	if (rc == 0)
		rc = sync(arg, folder, NULL, 0, err);
	else
		fdutil_close(&folder);
	return rc;
}

int file_once_take(const struct files_dir *dir, const char *tenant_id, const char *key,
		   const char *body_sha256, const char *run_id, char ret_run_id[IDS_MAX],
		   file_once_sync sync, void *arg, struct err *err)
{
	struct str path = STR_INIT, note = STR_INIT;
	char sha256[DIGEST_HEX_SIZE];
	int rc;

	path_of(&path, dir, tenant_id, key);
	if (read_note(dir, str_text(&path), sha256, ret_run_id)) {
		rc = strcmp(sha256, body_sha256) == 0 ? FILE_ONCE_REPLAYED
						      : FILE_ONCE_OTHER;
	} else {
		if (mkdirat(dir->root, FOLDER, 0700) == 0)
			(void)fsync(dir->root); /* once in the life of a folder */
		str_printf(&note, "%s %s\n", body_sha256, run_id);
		rc = write_note(dir, str_text(&path), &note, sync, arg, err);
		if (rc == 0)
			rc = FILE_ONCE_FRESH;
	}
	str_deinit(&path);
	str_deinit(&note);
	return rc;
}

void file_once_forget(const struct files_dir *dir, const char *tenant_id, const char *key)
{
	struct str path = STR_INIT;

	path_of(&path, dir, tenant_id, key);
	(void)unlink(
		str_text(&path)); /* one that stays is answered as one that was used */
	str_deinit(&path);
}

void file_once_sweep(const struct files_dir *dir)
{
	struct str path = STR_INIT;
	struct dirent *entry;
	struct stat st;
	DIR *list;

	str_printf(&path, "%s/" FOLDER, dir->path);
	list = opendir(str_text(&path));
	while (list && (entry = readdir(list)))
		if (fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && is_old(&st))
			(void)unlinkat(dirfd(list), entry->d_name, 0);
	if (list)
		(void)closedir(list);
	str_deinit(&path);
}
