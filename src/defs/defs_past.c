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
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
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

/* false: no folder can have that name. */
static bool folder_of(const char *data_dir, enum store_definition_kind kind,
		      const char *id, struct str *out)
{
	size_t before;

	str_printf(out, "%s/" FOLDER "/%s/", data_dir, folders[kind]);
	before = out->len;
	if (id[0] == '.') /* "." and ".." are other folders */
		str_add_text(out, "%2E");
	ids_encode(out, id[0] == '.' ? id + 1 : id);
	return out->len - before <= NAME_MAX;
}

static bool read_name(const char *name, struct defs_past *ret)
{
	int len = 0;

	return sscanf(name, "%" SCNd64 "-%" SCNd64 ".json%n", &ret->at_ms, &ret->version,
		      &len) == 2 &&
	       len > 0 && !name[len];
}

static void path_of(const struct str *folder, const struct defs_past *one,
		    struct str *out)
{
	str_reset(out, PATH_MAX);
	str_printf(out, "%s/%" PRId64 "-%" PRId64 ".json", str_text(folder), one->at_ms,
		   one->version);
}

static int newest_first(const void *a, const void *b)
{
	const struct defs_past *one = a, *other = b;

	return (one->at_ms < other->at_ms) - (one->at_ms > other->at_ms);
}

/* All that are there, the newest first, the caller's (mem_free); 0 and NULL: none. */
static size_t read_folder(const struct str *folder, struct defs_past **ret)
{
	struct defs_past *found = NULL, one;
	size_t count = 0, room = 0;
	const struct dirent *entry;
	DIR *list = opendir(str_text(folder));

	*ret = NULL;
	if (!list)
		return 0;
	while ((entry = readdir(list))) {
		struct stat st;

		if (!read_name(entry->d_name, &one) ||
		    fstatat(dirfd(list), entry->d_name, &st, 0) < 0)
			continue;
		one.bytes = (int64_t)st.st_size;
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
static void forget(const struct str *folder, int64_t version, int64_t at_ms)
{
	struct defs_past *found;
	struct str path = STR_INIT;
	size_t i, kept = 0, count = read_folder(folder, &found);

	for (i = 0; i < count; i++) {
		bool same = found[i].version == version && found[i].at_ms != at_ms;

		if (!same && kept++ < DEFS_PAST_MAX)
			continue;
		path_of(folder, &found[i], &path);
		(void)unlink(str_text(&path)); /* one that stays is forgotten next time */
	}
	str_deinit(&path);
	mem_free(found);
}

/* What a verb of root makes is the daemon's, as the folder is. */
static int give(const char *path, const struct stat *owner, struct err *err)
{
	if (geteuid() == 0 && chown(path, owner->st_uid, owner->st_gid) < 0)
		return err_errno(err, "give %s to its owner", path);
	return 0;
}

static int make_folders(const char *data_dir, enum store_definition_kind kind,
			const struct str *folder, const struct stat *owner,
			struct err *err)
{
	struct str path = STR_INIT;
	int rc = fdutil_mkdirs(str_text(folder), 0700, err);

	str_printf(&path, "%s/" FOLDER, data_dir);
	if (rc == 0)
		rc = give(str_text(&path), owner, err);
	str_printf(&path, "/%s", folders[kind]);
	if (rc == 0)
		rc = give(str_text(&path), owner, err);
	if (rc == 0)
		rc = give(str_text(folder), owner, err);
	str_deinit(&path);
	return rc;
}

int defs_past_keep(const char *data_dir, enum store_definition_kind kind, const char *id,
		   int64_t version, int64_t at_ms, const char *shown, struct err *err)
{
	const struct defs_past one = { version, at_ms, 0 };
	struct str folder = STR_INIT, path = STR_INIT;
	struct stat owner;
	int rc = 0;

	if (!folder_of(data_dir, kind, id, &folder))
		goto out;
	if (stat(data_dir, &owner) < 0) {
		rc = err_errno(err, "look at %s", data_dir);
		goto out;
	}
	rc = make_folders(data_dir, kind, &folder, &owner, err);
	path_of(&folder, &one, &path);
	if (rc == 0)
		rc = fdutil_show_file(str_text(&path), shown, strlen(shown), 0600, err);
	if (rc == 0)
		rc = give(str_text(&path), &owner, err);
	if (rc == 0)
		forget(&folder, version, at_ms);
out:
	str_deinit(&folder);
	str_deinit(&path);
	return rc;
}

size_t defs_past_list(const char *data_dir, enum store_definition_kind kind,
		      const char *id, struct defs_past ret[DEFS_PAST_MAX])
{
	struct str folder = STR_INIT;
	struct defs_past *found = NULL;
	size_t count = 0;

	if (folder_of(data_dir, kind, id, &folder))
		count = read_folder(&folder, &found);
	if (count > DEFS_PAST_MAX)
		count = DEFS_PAST_MAX;
	if (count)
		memcpy(ret, found, count * sizeof(*ret));
	mem_free(found);
	str_deinit(&folder);
	return count;
}

int defs_past_read(const char *data_dir, enum store_definition_kind kind, const char *id,
		   int64_t version, char **ret, struct err *err)
{
	struct str folder = STR_INIT, path = STR_INIT;
	struct defs_past *found = NULL;
	size_t i, len, count = 0;
	int rc = err_set(err, ERR_NOT_FOUND, "it was never so");

	if (folder_of(data_dir, kind, id, &folder))
		count = read_folder(&folder, &found);
	for (i = 0; i < count && found[i].version != version; i++)
		;
	if (i < count) {
		path_of(&folder, &found[i], &path);
		rc = fdutil_read_file(str_text(&path), TEXT_MAX, ret, &len, err);
	}
	mem_free(found);
	str_deinit(&folder);
	str_deinit(&path);
	return rc;
}
