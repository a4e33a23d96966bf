/*
 * files_edit.c - changing items of a stock file: a JSON list that others write as well
 *
 * Items that are not changed keep their texts, what we know of them and what we do not;
 * only the white space between becomes ours, two blanks a level, as stock prints. Writers
 * of this program wait for one another on the folder; a stock program or an editor that
 * writes between our read and our write is not noticed, as among themselves.
 */
#include "store/files_edit.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/files_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20

struct edit_item {
	char *id;   /* owned; NULL: it has none */
	char *text; /* owned */
};

struct files_edit {
	int folder;
	char *path; /* owned */
	const char *key;
	struct edit_item *items; /* owned */
	size_t count, room;
	struct stat old; /* st_ino 0: there was no file */
};

static void set_item(struct edit_item *item, const char *id, const char *text)
{
	char *old_id = item->id;

	item->id = id ? mem_dup(id) : NULL;
	mem_free(old_id);
	mem_free(item->text);
	item->text = mem_dup(text);
}

static void add_item(struct files_edit *edit, const char *id, const char *text)
{
	if (edit->count == edit->room) {
		edit->room = edit->room ? edit->room * 2 : 64;
		edit->items = mem_resize(edit->items, edit->room * sizeof(*edit->items));
	}
	edit->items[edit->count] = (struct edit_item){ NULL, NULL };
	set_item(&edit->items[edit->count++], id, text);
}

static void free_item(struct edit_item *item)
{
	mem_free(item->id);
	mem_free(item->text);
}

static int lock(int fd, int patience_ms, struct err *err)
{
	const struct timespec pause = { 0, LOOK_MS * 1000000L };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_errno(err, "lock the data folder");
		if (patience_ms <= 0)
			return err_set(err, ERR_CONFLICT,
				       "somebody else is writing the data folder");
		(void)nanosleep(&pause, NULL);
		patience_ms -= LOOK_MS;
	}
	return 0;
}

static int read_items(struct files_edit *edit, const char *text, size_t len,
		      struct err *err)
{
	struct json *doc = NULL;
	struct str print = STR_INIT;
	size_t i;
	int rc = jsonr_parse(text, len, &doc, NULL, NULL, err);

	if (rc == 0 && jsonr_type(doc) != JSONR_ARRAY)
		rc = err_set(err, ERR_INPUT, "a JSON list is expected");
	for (i = 0; rc == 0 && i < jsonr_count(doc); i++) {
		str_reset(&print, 65536);
		jsonr_print(jsonr_at(doc, i), &print);
		add_item(edit, jsonr_get_text(jsonr_at(doc, i), edit->key),
			 str_text(&print));
	}
	str_deinit(&print);
	jsonr_free(doc);
	return rc < 0 ? err_wrap(err, "%s", edit->path) : 0;
}

static int read_file(struct files_edit *edit, struct err *err)
{
	char *text = NULL;
	size_t len;
	int rc;

	if (stat(edit->path, &edit->old) < 0)
		memset(&edit->old, 0, sizeof(edit->old));
	rc = fdutil_read_file(edit->path, FILES_LIST_BYTES_MAX, &text, &len, err);
	if (rc == 0)
		rc = read_items(edit, text, len, err);
	else if (rc == ERR_NOT_FOUND)
		rc = 0;
	mem_free(text);
	return rc;
}

/* Takes the folder, which is locked unless rc says so. */
static int begin(int folder, int rc, const char *data_dir, const char *file,
		 const char *key, struct files_edit **ret, struct err *err)
{
	struct files_edit *edit = mem_new(struct files_edit);
	struct str path = STR_INIT;

	edit->key = key;
	str_printf(&path, "%s/%s", data_dir, file);
	edit->path = str_take(&path);
	edit->folder = folder;
	if (rc == 0)
		rc = read_file(edit, err);
	if (rc < 0) {
		files_edit_close(edit);
		return rc;
	}
	*ret = edit;
	return 0;
}

int files_edit_open(const char *data_dir, const char *file, const char *key,
		    int patience_ms, struct files_edit **ret, struct err *err)
{
	int folder = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = folder < 0 ? err_errno(err, "open %s", data_dir)
			    : lock(folder, patience_ms, err);

	return begin(folder, rc, data_dir, file, key, ret, err);
}

int files_edit_also(const struct files_edit *edit, const char *data_dir, const char *file,
		    const char *key, struct files_edit **ret, struct err *err)
{
	/* the lock is the open file's, so it holds until both are closed */
	int folder = fcntl(edit->folder, F_DUPFD_CLOEXEC, 0);
	int rc = folder < 0 ? err_errno(err, "open %s", data_dir) : 0;

	return begin(folder, rc, data_dir, file, key, ret, err);
}

void files_edit_close(struct files_edit *edit)
{
	size_t i;

	if (!edit)
		return;
	for (i = 0; i < edit->count; i++)
		free_item(&edit->items[i]);
	mem_free(edit->items);
	mem_free(edit->path);
	fdutil_close(&edit->folder); /* and the lock is gone */
	mem_free(edit);
}

static struct edit_item *find(const struct files_edit *edit, const char *id)
{
	size_t i;

	for (i = 0; i < edit->count; i++)
		if (edit->items[i].id && strcmp(edit->items[i].id, id) == 0)
			return &edit->items[i];
	return NULL;
}

const char *files_edit_find(const struct files_edit *edit, const char *id)
{
	const struct edit_item *item = find(edit, id);

	return item ? item->text : NULL;
}

int64_t files_edit_changed_ms(const struct files_edit *edit)
{
	return edit->old.st_ino ? (int64_t)edit->old.st_mtim.tv_sec * 1000 +
					  edit->old.st_mtim.tv_nsec / 1000000
				: 0;
}

size_t files_edit_count(const struct files_edit *edit)
{
	return edit->count;
}

const char *files_edit_at(const struct files_edit *edit, size_t index)
{
	return edit->items[index].text;
}

void files_edit_put(struct files_edit *edit, const char *id, const char *text)
{
	struct edit_item *item = find(edit, id);

	if (item)
		set_item(item, id, text);
	else
		add_item(edit, id, text);
}

void files_edit_delete(struct files_edit *edit, const char *id)
{
	size_t i, kept = 0;

	for (i = 0; i < edit->count; i++) {
		struct edit_item item = edit->items[i];

		if (item.id && strcmp(item.id, id) == 0)
			free_item(&item);
		else
			edit->items[kept++] = item;
	}
	edit->count = kept;
}

static void new_line(struct str *out, size_t depth)
{
	str_add_char(out, '\n');
	while (depth--)
		str_add_text(out, "  ");
}

/* Compact JSON, one member or element a line. */
static void indent(struct str *out, const char *text, size_t depth)
{
	bool quoted = false;

	for (; *text; text++) {
		if (quoted || *text == '"') {
			str_add_char(out, *text);
			if (quoted && *text == '\\')
				str_add_char(out, *++text);
			else if (*text == '"')
				quoted = !quoted;
			continue;
		}
		if ((*text == '{' && text[1] == '}') ||
		    (*text == '[' && text[1] == ']')) {
			str_add_char(out, *text++);
			str_add_char(out, *text);
			continue;
		}
		if (*text == '}' || *text == ']')
			new_line(out, --depth);
		str_add_char(out, *text);
		if (*text == '{' || *text == '[')
			new_line(out, ++depth);
		else if (*text == ',')
			new_line(out, depth);
		else if (*text == ':')
			str_add_char(out, ' ');
	}
}

static void print(const struct files_edit *edit, struct str *out)
{
	size_t i;

	str_add_char(out, '[');
	for (i = 0; i < edit->count; i++) {
		if (i)
			str_add_char(out, ',');
		new_line(out, 1);
		indent(out, edit->items[i].text, 1);
	}
	if (edit->count)
		new_line(out, 0);
	str_add_text(out, "]\n");
}

/* A verb of root writes what the daemon's user has to read: the file stays whose it was,
 * and a new one is whose the folder is. */
static int keep_owner(const struct files_edit *edit, struct err *err)
{
	struct stat folder;

	if (geteuid() != 0)
		return 0;
	if (edit->old.st_ino)
		folder = edit->old;
	else if (fstat(edit->folder, &folder) < 0)
		return err_errno(err, "look at the data folder");
	/* never what a link in a folder of the daemon's user leads to */
	if (lchown(edit->path, folder.st_uid, folder.st_gid) < 0)
		return err_errno(err, "give %s to its owner", edit->path);
	return 0;
}

int files_edit_write(struct files_edit *edit, struct err *err)
{
	mode_t mode = edit->old.st_ino ? edit->old.st_mode & 0777 : 0600;
	struct str text = STR_INIT;
	int rc;

	print(edit, &text);
	if (text.len > FILES_LIST_BYTES_MAX)
		rc = err_set(err, ERR_FULL, "%s would be longer than %zu bytes",
			     edit->path, FILES_LIST_BYTES_MAX);
	else
		rc = fdutil_write_file(edit->path, text.data, text.len, mode, err);
	mem_wipe(text.data, text.len);
	str_deinit(&text);
	return rc < 0 ? rc : keep_owner(edit, err);
}
