/*
 * key_files.c - the API keys of a host without Postgres behind auth
 *
 * The stock file, read again when it changes. `last_used_at` is not written back: stock
 * rewrites the whole file with each request, which is how keys get lost.
 *
 * A host that starts for the first time has nobody who could have made a key, so it makes
 * one, and leaves it where only its own user can read it.
 */
#include "api/key_files.h"

#include "api/auth.h"
#include "api/session_files.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/rng.h"
#include "base/str.h"
#include "store/files_list.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEYS_FILE "api_keys.json"
#define KEY_HEX   64

struct key_files {
	struct ev_loop *loop;
	struct files_list *list;
	struct session_files *sessions;
	struct auth *auth;
	struct list finds;
	ev_timer answer; /* auth wants its answer later, not inside */
};

struct find {
	struct list node;
	char hash[DIGEST_HEX_SIZE];
};

/* The active key with this hash, the caller's (jsonr_free); NULL: there is none. */
static struct json *active(struct key_files *keys, const char *hash)
{
	const struct files_item *item;
	struct json *doc = NULL;

	files_list_look(keys->list, clock_mono_ms());
	item = files_list_find(keys->list, hash);
	if (!item || jsonr_parse(item->text, item->len, &doc, NULL, NULL, NULL) < 0)
		return NULL;
	if (jsonr_bool(jsonr_get(doc, "is_active")) && jsonr_get_text(doc, "id"))
		return doc;
	jsonr_free(doc);
	return NULL;
}

static char *text_of(const struct json *doc, const char *member)
{
	const char *text = jsonr_get_text(doc, member);

	return text ? mem_dup(text) : NULL;
}

void key_files_changed(struct key_files *keys)
{
	files_list_expire(keys->list);
}

bool key_files_any(struct key_files *keys)
{
	bool found = false;
	size_t i;

	files_list_look(keys->list, clock_mono_ms());
	for (i = 0; i < files_list_count(keys->list) && !found; i++) {
		struct json *doc = active(keys, files_list_at(keys->list, i)->id);

		found = doc != NULL;
		jsonr_free(doc);
	}
	return found;
}

bool key_files_named(struct key_files *keys, const char *key_hash, char **ret_name,
		     char **ret_tenant)
{
	struct json *doc = active(keys, key_hash);

	if (!doc)
		return false;
	*ret_name = text_of(doc, "name");
	*ret_tenant = text_of(doc, "tenant_id");
	jsonr_free(doc);
	return true;
}

bool key_files_find(struct key_files *keys, const char *hash, char **ret_id,
		    char **ret_tenant)
{
	struct session_file session = { .key_hash = "" };
	struct json *doc = active(keys, hash);

	if (!doc) {
		if (*hash &&
		    !session_files_get(keys->sessions, hash, clock_wall_ms(), &session))
			return false;
		if (!*session.key_hash && !key_files_any(keys)) {
			*ret_id = mem_dup("");
			*ret_tenant = NULL;
			return true;
		}
		doc = active(keys, session.key_hash);
	}
	if (!doc)
		return false;
	*ret_id = text_of(doc, "id");
	*ret_tenant = text_of(doc, "tenant_id");
	jsonr_free(doc);
	return true;
}

struct session_files *key_files_sessions(struct key_files *keys)
{
	return keys->sessions;
}

static void answer_one(struct key_files *keys, const struct find *find)
{
	char *id = NULL, *tenant_id = NULL;

	(void)key_files_find(keys, find->hash, &id, &tenant_id);
	auth_found(keys->auth, find->hash, clock_mono_ms(), id, tenant_id);
	mem_free(id);
	mem_free(tenant_id);
}

static void on_answer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct key_files *keys = w->data;
	struct list *node;

	(void)loop;
	(void)revents;
	while ((node = list_shift(&keys->finds))) {
		struct find *find = list_entry(node, struct find, node);

		answer_one(keys, find);
		mem_free(find);
	}
}

static int on_fetch(void *ctx, const char *hash)
{
	struct key_files *keys = ctx;
	struct find *find = mem_new(struct find);

	(void)snprintf(find->hash, sizeof(find->hash), "%s", hash);
	list_push(&keys->finds, &find->node);
	ev_timer_set(&keys->answer, 0., 0.);
	ev_timer_start(keys->loop, &keys->answer);
	return 0;
}

struct key_files *key_files_new(struct ev_loop *loop, const char *data_dir)
{
	struct key_files *keys = mem_new(struct key_files);

	keys->loop = loop;
	keys->list = files_list_new(data_dir, KEYS_FILE, "key_hash");
	keys->sessions = session_files_new(data_dir);
	keys->auth = auth_new(on_fetch, keys);
	list_init(&keys->finds);
	ev_timer_init(&keys->answer, on_answer, 0., 0.);
	keys->answer.data = keys;
	return keys;
}

void key_files_free(struct key_files *keys)
{
	struct list *node;

	if (!keys)
		return;
	ev_timer_stop(keys->loop, &keys->answer);
	while ((node = list_shift(&keys->finds))) {
		struct find *find = list_entry(node, struct find, node);

		auth_failed(keys->auth, find->hash); /* the request is answered */
		mem_free(find);
	}
	auth_free(keys->auth);
	session_files_free(keys->sessions);
	files_list_free(keys->list);
	mem_free(keys);
}

struct auth *key_files_auth(struct key_files *keys)
{
	return keys->auth;
}

static void print_key(struct str *out, const char *raw)
{
	char id[IDS_MAX], hash[DIGEST_HEX_SIZE], prefix[13], at[MOMENT_MAX];
	struct jsonw w;

	(void)snprintf(prefix, sizeof(prefix), "%.12s", raw);
	jsonw_init(&w, out);
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", ids_uuid(id));
	jsonw_pair_text(&w, "name", "first key");
	jsonw_pair_text(&w, "key_hash", digest_sha256(raw, strlen(raw), hash));
	jsonw_pair_text(&w, "key_prefix", prefix);
	jsonw_pair_text(&w, "created_at", moment_text_sec(clock_wall_ms(), at));
	jsonw_pair_text(&w, "last_used_at", NULL);
	jsonw_pair_bool(&w, "is_active", true);
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	str_add_char(out, '\n');
}

int key_files_first(const char *data_dir, struct err *err)
{
	struct str file = STR_INIT, raw_path = STR_INIT, raw = STR_INIT, text = STR_INIT;
	char hex[KEY_HEX + 1];
	int rc = 0;

	str_printf(&file, "%s/" KEYS_FILE, data_dir);
	if (access(str_text(&file), F_OK) == 0)
		goto out;
	str_printf(&raw_path, "%s/api-key", data_dir);
	rng_hex(hex, KEY_HEX);
	str_printf(&raw, "sk-syn-%s", hex);
	print_key(&text, str_text(&raw));
	str_add_char(&raw, '\n');
	/* the key first: a file of keys without it would lock everybody out */
	rc = fdutil_write_file(str_text(&raw_path), raw.data, raw.len, 0600, err);
	if (rc == 0)
		rc = fdutil_write_file(str_text(&file), text.data, text.len, 0600, err);
	if (rc == 0)
		rc = 1;
out:
	str_deinit(&file);
	str_deinit(&raw_path);
	str_deinit(&raw);
	str_deinit(&text);
	return rc;
}
