/*
 * files_dir.c - where a host without Postgres keeps its runs
 *
 * A journal is moved when its run ends, so that a start looks at the unfinished runs
 * alone, however many there have been. Readers look under live/ first, then where it may
 * have gone meanwhile, and under live/ once more: a run may be opened again.
 */
#include "store/files_dir.h"

#include "base/fdutil.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define JOURNAL ".journal"

static int open_folder(const char *path, int *ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "%s is not there", path);
	if (fd < 0)
		return err_errno(err, "open %s", path);
	*ret = fd;
	return 0;
}

static int open_both(struct files_dir *dir, struct err *err)
{
	struct str live = STR_INIT;
	int rc;

	str_printf(&live, "%s/live", dir->path);
	rc = open_folder(dir->path, &dir->root, err);
	if (rc == 0)
		rc = open_folder(str_text(&live), &dir->live, err);
	str_deinit(&live);
	return rc;
}

static void begin(struct files_dir *dir, const char *data_dir)
{
	struct str path = STR_INIT;

	memset(dir, 0, sizeof(*dir));
	dir->root = dir->live = -1;
	str_printf(&path, "%s/" FILES_DIR_NAME, data_dir);
	dir->path = str_take(&path);
}

int files_dir_open(struct files_dir *dir, const char *data_dir, struct err *err)
{
	struct str live = STR_INIT;
	int rc;

	begin(dir, data_dir);
	str_printf(&live, "%s/live", dir->path);
	rc = fdutil_mkdirs(str_text(&live), 0700, err);
	str_deinit(&live);
	return rc < 0 ? rc : open_both(dir, err);
}

int files_dir_look(struct files_dir *dir, const char *data_dir, struct err *err)
{
	begin(dir, data_dir);
	return open_both(dir, err);
}

void files_dir_close(struct files_dir *dir)
{
	if (!dir->path)
		return;
	mem_free(dir->path);
	dir->path = NULL;
	fdutil_close(&dir->root);
	fdutil_close(&dir->live);
}

bool files_dir_name(const char *run_id, const char *suffix, char *buf)
{
	struct str name = STR_INIT;
	bool fits;

	ids_encode(&name, run_id);
	str_add_text(&name, suffix);
	/* a component of a path has 255 bytes at most; a leading dot hides, or worse */
	fits = name.len <= 255 && name.data[0] != '.';
	if (fits)
		memcpy(buf, name.data, name.len + 1);
	str_deinit(&name);
	return fits;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool files_dir_id(const char *name, const char *suffix, char *buf)
{
	size_t len = strlen(name), tail = strlen(suffix), used = 0, i;

	if (len <= tail || strcmp(name + len - tail, suffix) != 0)
		return false;
	for (i = 0; i < len - tail && used < IDS_MAX - 1; i++) {
		if (name[i] != '%') {
			buf[used++] = name[i];
			continue;
		}
		if (i + 2 >= len - tail || hex(name[i + 1]) < 0 || hex(name[i + 2]) < 0)
			return false;
		buf[used++] = (char)(hex(name[i + 1]) << 4 | hex(name[i + 2]));
		i += 2;
	}
	buf[used] = '\0';
	return i == len - tail && strlen(buf) == used;
}

int files_dir_read(const struct files_dir *dir, const char *run_id, int *ret_fd,
		   bool *ret_live, struct err *err)
{
	const int places[] = { dir->live, dir->root, dir->live };
	char name[FILES_NAME_MAX];
	size_t i;
	int fd;

	if (!files_dir_name(run_id, JOURNAL, name))
		return err_set(err, ERR_NOT_FOUND, "no such run");
	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		fd = openat(places[i], name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0) {
			*ret_fd = fd;
			*ret_live = places[i] == dir->live;
			return 0;
		}
		if (errno != ENOENT)
			return err_errno(err, "open %s", name);
	}
	return err_set(err, ERR_NOT_FOUND, "no such run");
}

int files_dir_move(struct files_dir *dir, const char *run_id, bool to_live,
		   struct err *err)
{
	char name[FILES_NAME_MAX];
	int from = to_live ? dir->root : dir->live, to = to_live ? dir->live : dir->root;

	if (!files_dir_name(run_id, JOURNAL, name))
		return err_set(err, ERR_INPUT, "an id that no file has");
	if (renameat(from, name, to, name) < 0)
		return err_errno(err, "move %s", name);
	/* a move away from live/ may be lost: the next start does it again */
	dir->changed |= to_live;
	return 0;
}

int files_dir_erase(struct files_dir *dir, const char *run_id, struct err *err)
{
	const char *const suffixes[] = { ".json", JOURNAL };
	char name[FILES_NAME_MAX];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		if (!files_dir_name(run_id, suffixes[i], name))
			return err_set(err, ERR_INPUT, "an id that no file has");
		if (unlinkat(dir->root, name, 0) < 0 && errno != ENOENT)
			return err_errno(err, "delete %s", name);
	}
	return 0;
}
