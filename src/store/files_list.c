/*
 * files_list.c - a stock file of definitions: a JSON list
 *
 * People and stock programs edit these files while we run. A change shows in the file's
 * time, size or number, since whoever replaces it writes another one; what was read is
 * kept until the new one was read whole.
 */
#include "store/files_list.h"

#include "base/arena.h"
#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct content {
	struct arena arena;
	struct files_item *items;
	size_t count;
	struct map by_id;
};

struct files_list {
	char *path; /* owned */
	const char *key;
	struct content content;
	struct stamp stamp;
	int64_t next_mono_ms;
};

static void content_init(struct content *content)
{
	memset(content, 0, sizeof(*content));
	arena_init(&content->arena);
	map_init(&content->by_id);
}

static void content_deinit(struct content *content)
{
	map_deinit(&content->by_id);
	arena_deinit(&content->arena);
}

struct files_list *files_list_new(const char *data_dir, const char *file, const char *key)
{
	struct files_list *list = mem_new(struct files_list);
	struct str path = STR_INIT;

	str_printf(&path, "%s/%s", data_dir, file);
	list->path = str_take(&path);
	list->key = key;
	content_init(&list->content);
	return list;
}

void files_list_free(struct files_list *list)
{
	if (!list)
		return;
	content_deinit(&list->content);
	mem_free(list->path);
	mem_free(list);
}

static void add_item(const struct files_list *list, struct content *content, size_t at,
		     const struct json *value)
{
	const char *id = jsonr_get_text(value, list->key);
	const char *name = jsonr_get_text(value, "name");
	const char *about = jsonr_get_text(value, "description");
	struct files_item *item = &content->items[content->count];
	struct str text = STR_INIT;

	if (!id || !*id || map_get(&content->by_id, id, strlen(id))) {
		log_warn("definition.ignored", LOG_S("file", list->path), LOG_N("at", at),
			 LOG_S("id", id ? id : ""),
			 LOG_S("error",
			       id && *id ? "the id is there twice" : "it has no id"));
		return;
	}
	jsonr_print(value, &text);
	item->id = arena_dup(&content->arena, id);
	item->name = arena_dup(&content->arena, name ? name : id);
	item->description = about ? arena_dup(&content->arena, about) : NULL;
	item->text = arena_dup_n(&content->arena, text.data, text.len);
	item->len = text.len;
	(void)digest_sha256(text.data, text.len, item->sha256);
	(void)map_put(&content->by_id, item->id, strlen(item->id), item);
	content->count++;
	str_deinit(&text);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct files_item *)a)->id,
		      ((const struct files_item *)b)->id);
}

static int parse(const struct files_list *list, const char *text, size_t len,
		 struct content *content, struct err *err)
{
	struct json *doc = NULL;
	size_t i, count;
	int rc = jsonr_parse(text, len, &doc, NULL, NULL, err);

	if (rc < 0)
		return rc;
	if (jsonr_type(doc) != JSONR_ARRAY) {
		jsonr_free(doc);
		return err_set(err, ERR_INPUT, "a JSON list is expected");
	}
	count = jsonr_count(doc);
	content->items = arena_new_n(&content->arena, struct files_item, count + 1);
	for (i = 0; i < count; i++)
		add_item(list, content, i, jsonr_at(doc, i));
	jsonr_free(doc);
	/* sorted, every item is somewhere else */
	qsort(content->items, content->count, sizeof(*content->items), by_id);
	for (i = 0; i < content->count; i++)
		(void)map_put(&content->by_id, content->items[i].id,
			      strlen(content->items[i].id), &content->items[i]);
	return 0;
}

static void read_again(struct files_list *list)
{
	struct content next;
	char *text = NULL;
	size_t len;
	struct err err = { .code = 0 };
	int rc;

	content_init(&next);
	rc = fdutil_read_file(list->path, FILES_LIST_BYTES_MAX, &text, &len, &err);
	if (rc == 0)
		rc = parse(list, text, len, &next, &err);
	mem_free(text);
	if (rc < 0) {
		log_warn("definitions.unreadable", LOG_S("file", list->path),
			 LOG_S("error", err.text),
			 LOG_S("what", "what was read before stays"));
		content_deinit(&next);
		return;
	}
	content_deinit(&list->content);
	list->content = next;
	log_info("definitions.read", LOG_S("file", list->path),
		 LOG_N("count", list->content.count));
}

void files_list_look(struct files_list *list, int64_t now_mono_ms)
{
	struct stamp stamp;
	struct stat st;

	if (now_mono_ms < list->next_mono_ms)
		return;
	list->next_mono_ms = now_mono_ms + FILES_LIST_LOOK_MS;
	memset(&stamp, 0, sizeof(stamp));
	if (stat(list->path, &st) == 0) {
		stamp.dev = st.st_dev;
		stamp.ino = st.st_ino;
		stamp.size = st.st_size;
		stamp.changed = st.st_mtim;
	} else if (errno != ENOENT) {
		return; /* as if nothing had changed */
	}
	if (memcmp(&stamp, &list->stamp, sizeof(stamp)) == 0)
		return;
	list->stamp = stamp;
	if (stamp.ino) {
		read_again(list);
		return;
	}
	content_deinit(&list->content);
	content_init(&list->content);
}

void files_list_expire(struct files_list *list)
{
	list->next_mono_ms = 0;
}

const struct files_item *files_list_find(const struct files_list *list, const char *id)
{
	return map_get(&list->content.by_id, id, strlen(id));
}

size_t files_list_count(const struct files_list *list)
{
	return list->content.count;
}

const struct files_item *files_list_at(const struct files_list *list, size_t index)
{
	return &list->content.items[index];
}
