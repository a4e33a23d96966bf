/*
 * dev_examples.c - the definitions that come with the program
 *
 * A developer's binary lies in build/ beside examples/; an installed one has them in its
 * share folder. Looking beside the binary first shows a developer the tree's own.
 */
#include "cli/dev_examples.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "cli/cli_def.h"
#include "engine/step_types.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define EXAMPLES_MAX 1000

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *find(void)
{
	char exe[PATH_MAX], path[PATH_MAX + 32];
	char *slash;

	if (realpath("/proc/self/exe", exe) && (slash = strrchr(exe, '/'))) {
		*slash = '\0';
		(void)snprintf(path, sizeof(path), "%s/../examples", exe);
		if (is_dir(path))
			return realpath(path, NULL);
	}
	return is_dir(CLI_PKGDATADIR "/examples") ? mem_dup(CLI_PKGDATADIR "/examples")
						  : NULL;
}

static int is_json(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	       strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int load_file(struct dev_examples *all, const char *name, struct err *err)
{
	char path[PATH_MAX], *text = NULL;
	size_t len;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", all->path, name);
	rc = fdutil_read_file(path, DEFS_FILE_BYTES_MAX, &text, &len, err);
	if (rc < 0)
		return rc;
	rc = defs_file_read(text, len, STORE_ORCHESTRATION, step_types_rules(),
			    &all->files[all->count], err);
	mem_free(text);
	if (rc < 0)
		return err_wrap(err, "%s", path);
	all->names[all->count++] = mem_dup(name);
	return 0;
}

int dev_examples_load(const char *path, struct dev_examples *ret, struct err *err)
{
	struct dev_examples all = { .path = path ? mem_dup(path) : find() };
	struct dirent **entries = NULL;
	int count, i, rc = 0;

	if (!all.path)
		return err_set(err, ERR_NOT_FOUND,
			       "the examples are not here; name their folder by "
			       "--examples");
	count = scandir(all.path, &entries, is_json, alphasort);
	if (count < 0) {
		rc = errno == ENOENT
			     ? err_set(err, ERR_NOT_FOUND, "there is no %s", all.path)
			     : err_errno(err, "%s", all.path);
	} else if (count > EXAMPLES_MAX) {
		rc = err_set(err, ERR_LIMIT, "%s: more than %d files", all.path,
			     EXAMPLES_MAX);
	} else {
		all.names = mem_new_n(char *, count);
		all.files = mem_new_n(struct defs_file, count);
	}
	for (i = 0; i < count; i++) {
		if (rc == 0)
			rc = load_file(&all, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	if (rc < 0)
		dev_examples_deinit(&all);
	else
		*ret = all;
	return rc;
}

void dev_examples_deinit(struct dev_examples *examples)
{
	size_t i;

	for (i = 0; i < examples->count; i++) {
		defs_file_deinit(&examples->files[i]);
		mem_free(examples->names[i]);
	}
	mem_free(examples->files);
	mem_free(examples->names);
	mem_free(examples->path);
}

int dev_examples_store(const struct dev_examples *examples, const struct conf *conf,
		       struct err *err)
{
	size_t i, k, total = 0;
	int rc;

	for (i = 0; i < examples->count; i++) {
		const struct defs_file *file = &examples->files[i];
		struct cli_def_stored *stored;

		for (k = 0; k < file->count; k++)
			if (file->items[k].broken)
				return err_set(err, ERR_INPUT, "%s/%s: %s: %s",
					       examples->path, examples->names[i],
					       file->items[k].problems.kept[0].where,
					       file->items[k].problems.kept[0].text);
		stored = mem_new_n(struct cli_def_stored, file->count);
		rc = cli_def_store(conf, file, stored, err);
		mem_free(stored);
		if (rc < 0)
			return rc;
		total += file->count;
	}
	return (int)total;
}
