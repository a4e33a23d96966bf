/*
 * saved_file.c - data_dir/settings.json, changed member by member
 *
 * The file is stock's own and has much in it that is none of our business: what is not
 * changed is printed as it was read. Options that stock knows have stock's names, so that
 * a stock server on the same folder goes on with them; others are in "synapsed".
 */
#include "api/saved_file.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf_rows.h"
#include "conf/conf_saved.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

int saved_file_read(const char *data_dir, struct str *ret, struct err *err)
{
	struct str path = STR_INIT;
	struct json *doc = NULL;
	char *text = NULL;
	size_t len;
	int rc;

	str_printf(&path, "%s/" CONF_SAVED_HOST, data_dir);
	rc = fdutil_read_file(str_text(&path), CONF_SAVED_MAX, &text, &len, err);
	str_deinit(&path);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	rc = jsonr_parse(text, len, &doc, NULL, NULL, err);
	if (rc == 0 && jsonr_type(doc) != JSONR_OBJECT)
		rc = err_set(err, ERR_INPUT, "an object is expected");
	if (rc == 0)
		str_add(ret, text, len);
	else
		err_wrap(err, CONF_SAVED_HOST);
	jsonr_free(doc);
	mem_wipe(text, len);
	mem_free(text);
	return rc;
}

/* Numbers and truth as stock writes them, everything else as text. */
static void print_value(struct jsonw *w, const struct conf_row *row, const char *value)
{
	if (row->kind == CONF_BOOL || row->kind == CONF_COUNT)
		jsonw_raw(w, value, strlen(value));
	else
		jsonw_text(w, value);
}

static const struct saved_change *changed(const struct saved_change *changes,
					  size_t count, const char *stock,
					  const char *ours)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const char *name = conf_saved_stock(changes[i].row);

		if (stock ? name && strcmp(name, stock) == 0
			  : !name && strcmp(changes[i].row->key, ours) == 0)
			return &changes[i];
	}
	return NULL;
}

static void copy(struct jsonw *w, const struct jsonr_iter *it)
{
	struct str value = STR_INIT;

	jsonr_print(it->value, &value);
	jsonw_pair_raw(w, it->key, str_text(&value), value.len);
	str_deinit(&value);
}

/* The members of one object that stay, then those that come. */
static void merge(struct jsonw *w, const struct json *object,
		  const struct saved_change *changes, size_t count, bool stock)
{
	size_t i;

	if (jsonr_type(object) == JSONR_OBJECT) {
		struct jsonr_iter it = jsonr_iter(object);

		while (jsonr_next(&it)) {
			if (stock && strcmp(it.key, CONF_SAVED_OURS) == 0)
				continue;
			if (!changed(changes, count, stock ? it.key : NULL, it.key))
				copy(w, &it);
		}
	}
	for (i = 0; i < count; i++) {
		const char *name = conf_saved_stock(changes[i].row);

		if (!changes[i].value || stock != (name != NULL))
			continue;
		jsonw_key(w, name ? name : changes[i].row->key);
		print_value(w, changes[i].row, changes[i].value);
	}
}

void saved_file_change(const char *text, const struct saved_change *changes, size_t count,
		       struct str *ret)
{
	struct json *doc = NULL;
	struct jsonw w;
	struct err err;

	if (*text && jsonr_parse(text, strlen(text), &doc, NULL, NULL, &err) < 0)
		doc = NULL; /* saved_file_read() has read it */
	jsonw_init(&w, ret);
	jsonw_object(&w);
	merge(&w, doc, changes, count, true);
	jsonw_key(&w, CONF_SAVED_OURS);
	jsonw_object(&w);
	merge(&w, jsonr_get(doc, CONF_SAVED_OURS), changes, count, false);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	str_add_char(ret, '\n');
	jsonr_free(doc);
}

int saved_file_write(const char *data_dir, const char *text, struct err *err)
{
	struct str path = STR_INIT;
	int rc = 0;

	str_printf(&path, "%s/" CONF_SAVED_HOST, data_dir);
	if (*text)
		rc = fdutil_write_file(str_text(&path), text, strlen(text), 0600, err);
	else if (unlink(str_text(&path)) < 0 && errno != ENOENT)
		rc = err_errno(err, "%s", str_text(&path));
	str_deinit(&path);
	return rc;
}
