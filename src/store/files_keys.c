/*
 * files_keys.c - the stock file of API keys, for who makes and ends them
 *
 * What a key opens is not in it (CONTRACT 1.2): hash and first characters alone.
 * `tenant_id` is ours; stock programs leave it as it is and let such a key do everything.
 */
#include "store/files_keys.h"

#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "base/str.h"
#include "store/files_edit.h"
#include "store/store_keys.h"

#include <string.h>

#define FILE_NAME "api_keys.json"

static int open_file(const char *data_dir, int patience_ms, struct files_edit **ret,
		     struct err *err)
{
	return files_edit_open(data_dir, FILE_NAME, "id", patience_ms, ret, err);
}

int files_keys_add(const char *data_dir, int patience_ms, const char *id,
		   const char *name, const char *key_hash, const char *key_prefix,
		   const char *tenant_id, struct err *err)
{
	struct files_edit *edit = NULL;
	char at[MOMENT_MAX];
	struct str text = STR_INIT;
	struct jsonw w;
	int rc = open_file(data_dir, patience_ms, &edit, err);

	if (rc < 0)
		return rc;
	jsonw_init(&w, &text);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", id);
	jsonw_pair_text(&w, "name", name);
	jsonw_pair_text(&w, "key_hash", key_hash);
	jsonw_pair_text(&w, "key_prefix", key_prefix);
	jsonw_pair_text(&w, "created_at", moment_text_sec(clock_wall_ms(), at));
	jsonw_pair_text(&w, "last_used_at", NULL);
	jsonw_pair_bool(&w, "is_active", true);
	if (tenant_id)
		jsonw_pair_text(&w, "tenant_id", tenant_id);
	jsonw_object_end(&w);
	files_edit_put(edit, id, str_text(&text));
	rc = files_edit_write(edit, err);
	files_edit_close(edit);
	str_deinit(&text);
	return rc;
}

/* The item with is_active false, all else as it is. */
static void print_ended(const struct json *doc, struct str *out)
{
	struct jsonr_iter it = jsonr_iter(doc);
	struct str value = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	while (jsonr_next(&it)) {
		if (strcmp(it.key, "is_active") == 0)
			continue;
		str_reset(&value, 4096);
		jsonr_print(it.value, &value);
		jsonw_pair_raw(&w, it.key, str_text(&value), value.len);
	}
	jsonw_pair_bool(&w, "is_active", false);
	jsonw_object_end(&w);
	str_deinit(&value);
}

int files_keys_revoke(const char *data_dir, int patience_ms, const char *id,
		      struct err *err)
{
	struct files_edit *edit = NULL;
	struct str text = STR_INIT;
	struct json *doc = NULL;
	const char *found;
	int rc = open_file(data_dir, patience_ms, &edit, err);

	if (rc < 0)
		return rc;
	found = files_edit_find(edit, id);
	/* the edit printed it itself */
	if (found && jsonr_parse(found, strlen(found), &doc, NULL, NULL, NULL) == 0 &&
	    jsonr_bool(jsonr_get(doc, "is_active"))) {
		print_ended(doc, &text);
		files_edit_put(edit, id, str_text(&text));
		rc = files_edit_write(edit, err);
		if (rc == 0)
			rc = 1;
	}
	jsonr_free(doc);
	str_deinit(&text);
	files_edit_close(edit);
	return rc;
}

static void show(const char *text, void (*cb)(void *arg, const struct store_key *key),
		 void *arg)
{
	struct json *doc = NULL;
	struct store_key key;

	if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, NULL) < 0)
		return; /* the edit printed it itself */
	key = (struct store_key){
		.id = jsonr_get_text(doc, "id"),
		.name = jsonr_get_text(doc, "name"),
		.key_prefix = jsonr_get_text(doc, "key_prefix"),
		.tenant_id = jsonr_get_text(doc, "tenant_id"),
		.created_at = jsonr_get_text(doc, "created_at"),
		.last_used_at = jsonr_get_text(doc, "last_used_at"),
		.is_active = jsonr_bool(jsonr_get(doc, "is_active")),
	};
	if (key.id)
		cb(arg, &key);
	jsonr_free(doc);
}

int files_keys_each(const char *data_dir, int patience_ms,
		    void (*cb)(void *arg, const struct store_key *key), void *arg,
		    struct err *err)
{
	struct files_edit *edit = NULL;
	size_t i;
	int rc = open_file(data_dir, patience_ms, &edit, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < files_edit_count(edit); i++)
		show(files_edit_at(edit, i), cb, arg);
	files_edit_close(edit);
	return 0;
}
