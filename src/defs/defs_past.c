/*
 * defs_past.c - what definitions of a data folder were before
 *
 *	<data_dir>/definition_versions/<kind>/<id>/<since, ms>-<version>.json
 *
 * The stock files have one version of each item, which is what stock programs read and
 * what hands edit. Beside them is what people ask for when an edit was wrong: what it was
 * yesterday, to be compared and put back. Runs do not need it: they have their version in
 * their journals. A file for each version, since a name says all that a list tells. As in
 * Postgres there are no secrets in it: a mask that is put back keeps what is there.
 */
#include "defs/defs_past.h"

#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER   "definition_versions"
#define TEXT_MAX ((size_t)16 * 1024 * 1024)

static const char *const folders[STORE_DEFINITION_KINDS] = {
	[STORE_ORCHESTRATION] = "orchestrations",
	[STORE_AGENT] = "agents",
	[STORE_TOOL] = "tools",
	[STORE_MCP_SERVER] = "mcp-servers",
};

/* The name of its folder; false: none can have that name. */
static bool folder_of(const char *id, struct str *out)
{
	if (id[0] == '.') /* "." and ".." are other folders */
		str_add_text(out, "%2E");
	ids_encode(out, id[0] == '.' ? id + 1 : id);
	return out->len > 0 && out->len <= NAME_MAX;
}

static bool read_name(const char *name, struct defs_past *ret)
{
	int len = 0;

	return sscanf(name, "%" SCNd64 "-%" SCNd64 ".json%n", &ret->at_ms, &ret->version,
		      &len) == 2 &&
	       len > 0 && !name[len];
}

static const char *name_of(const struct defs_past *one, char name[NAME_MAX])
{
	(void)snprintf(name, NAME_MAX, "%" PRId64 "-%" PRId64 ".json", one->at_ms,
		       one->version);
	return name;
}

static int newest_first(const void *a, const void *b)
{
	const struct defs_past *one = a, *other = b;

	return (one->at_ms < other->at_ms) - (one->at_ms > other->at_ms);
}

/* All that are there, the newest first, the caller's (mem_free), without their bytes;
 * 0 and NULL: none. */
static size_t read_folder(int fd, struct defs_past **ret)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *list = own < 0 ? NULL : fdopendir(own);
	struct defs_past *found = NULL, one = { 0, 0, 0 };
	size_t count = 0, room = 0;
	const struct dirent *entry;

	*ret = NULL;
	if (!list) {
		fdutil_close(&own);
		return 0;
	}
	rewinddir(list); /* the place in it is shared with the one it was made of */
	while ((entry = readdir(list))) {
		if (!read_name(entry->d_name, &one))
			continue;
		if (count == room) {
			room = room ? room * 2 : DEFS_PAST_MAX;
			found = mem_resize(found, room * sizeof(*found));
		}
		found[count++] = one;
	}
	(void)closedir(list);
	if (count)
		qsort(found, count, sizeof(*found), newest_first);
	*ret = found;
	return count;
}

/* Those that the new one replaces, and what is too old. */
static void forget(int fd, int64_t version, int64_t at_ms)
{
	struct defs_past *found;
	char name[NAME_MAX];
	size_t i, kept = 0, count = read_folder(fd, &found);

	for (i = 0; i < count; i++) {
		bool same = found[i].version == version && found[i].at_ms != at_ms;

		if (!same && kept++ < DEFS_PAST_MAX)
			continue;
		/* one that stays is forgotten next time */
		(void)unlinkat(fd, name_of(&found[i], name), 0);
	}
	mem_free(found);
}

/*
 * Step into a folder, made if it is not there. What a verb of root makes is the daemon's,
 * whose user may write in these folders: no link is followed, or that user would have
 * root give it the folder of somebody else.
 */
static int step_into(int *fd, const char *name, const struct stat *owner, struct err *err)
{
	int next;

	if (mkdirat(*fd, name, 0700) < 0 && errno != EEXIST)
		return err_errno(err, "make the folder %s", name);
	next = openat(*fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0)
		return err_errno(err, "open the folder %s", name);
	fdutil_close(fd);
	*fd = next;
	if (geteuid() == 0 && fchown(next, owner->st_uid, owner->st_gid) < 0)
		return err_errno(err, "give the folder %s to its owner", name);
	return 0;
}

static int make_folder(const char *data_dir, enum store_definition_kind kind,
		       const char *id, struct stat *owner, int *ret, struct err *err)
{
	int fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fstat(fd, owner) < 0)
		rc = err_errno(err, "open %s", data_dir);
	if (rc == 0)
		rc = step_into(&fd, FOLDER, owner, err);
	if (rc == 0)
		rc = step_into(&fd, folders[kind], owner, err);
	if (rc == 0)
		rc = step_into(&fd, id, owner, err);
	if (rc < 0)
		fdutil_close(&fd);
	*ret = fd;
	return rc;
}

int defs_past_keep(const char *data_dir, enum store_definition_kind kind, const char *id,
		   int64_t version, int64_t at_ms, const char *shown, struct err *err)
{
	const struct defs_past one = { version, at_ms, 0 };
	struct str folder = STR_INIT, path = STR_INIT;
	char name[NAME_MAX];
	struct stat owner;
	int fd = -1, rc = 0;

	if (!folder_of(id, &folder))
		goto out;
	rc = make_folder(data_dir, kind, str_text(&folder), &owner, &fd, err);
	if (rc < 0)
		goto out;
	(void)name_of(&one, name);
	str_printf(&path, "/proc/self/fd/%d/%s", fd, name); /* in that very folder */
	rc = fdutil_show_file(str_text(&path), shown, strlen(shown), 0600, err);
	if (rc == 0 && geteuid() == 0 &&
	    fchownat(fd, name, owner.st_uid, owner.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		rc = err_errno(err, "give %s to its owner", name);
	if (rc == 0)
		forget(fd, version, at_ms);
out:
	fdutil_close(&fd);
	str_deinit(&folder);
	str_deinit(&path);
	return rc;
}

/* -1: it has no past. */
static int open_folder(const char *data_dir, enum store_definition_kind kind,
		       const char *id)
{
	struct str folder = STR_INIT, path = STR_INIT;
	int fd = -1;

	if (folder_of(id, &folder)) {
		str_printf(&path, "%s/" FOLDER "/%s/%s", data_dir, folders[kind],
			   str_text(&folder));
		fd = open(str_text(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	str_deinit(&folder);
	str_deinit(&path);
	return fd;
}

bool defs_past_newest(const char *data_dir, enum store_definition_kind kind,
		      const char *id, struct defs_past *ret)
{
	int fd = open_folder(data_dir, kind, id);
	struct defs_past *found = NULL;
	size_t count = fd < 0 ? 0 : read_folder(fd, &found);

	if (count)
		*ret = found[0];
	mem_free(found);
	fdutil_close(&fd);
	return count > 0;
}

size_t defs_past_list(const char *data_dir, enum store_definition_kind kind,
		      const char *id, struct defs_past ret[DEFS_PAST_MAX])
{
	int fd = open_folder(data_dir, kind, id);
	struct defs_past *found = NULL;
	size_t i, n = 0, count = fd < 0 ? 0 : read_folder(fd, &found);
	char name[NAME_MAX];

	for (i = 0; i < count && n < DEFS_PAST_MAX; i++) {
		struct stat st;

		if (fstatat(fd, name_of(&found[i], name), &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		ret[n] = found[i];
		ret[n++].bytes = (int64_t)st.st_size;
	}
	mem_free(found);
	fdutil_close(&fd);
	return n;
}

/* Nobody waits for a version to be on the disk: a power cut may leave an empty one. */
static bool is_whole(const char *text, size_t len)
{
	struct json *doc = NULL;
	bool whole = jsonr_parse(text, len, &doc, NULL, NULL, NULL) == 0 &&
		     jsonr_type(doc) == JSONR_OBJECT;

	jsonr_free(doc);
	return whole;
}

int defs_past_read(const char *data_dir, enum store_definition_kind kind, const char *id,
		   int64_t version, char **ret, struct err *err)
{
	int fd = open_folder(data_dir, kind, id);
	struct str path = STR_INIT;
	struct defs_past *found = NULL;
	size_t i, len, count = fd < 0 ? 0 : read_folder(fd, &found);
	char name[NAME_MAX];
	int rc = 0;

	for (i = 0; i < count && found[i].version != version; i++)
		;
	if (i < count) {
		str_printf(&path, "/proc/self/fd/%d/%s", fd, name_of(&found[i], name));
		rc = fdutil_read_file(str_text(&path), TEXT_MAX, ret, &len, err);
		if (rc == 0 && !is_whole(*ret, len)) {
			mem_free(*ret);
			i = count;
		}
	}
	if (i == count)
		rc = err_set(err, ERR_NOT_FOUND, "it was never so");
	mem_free(found);
	fdutil_close(&fd);
	str_deinit(&path);
	return rc;
}
