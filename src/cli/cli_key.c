/*
 * cli_key.c - noun key: create, list, revoke
 *
 * Where postgres.url is set a key is the fleet's; without, it is this host's, in the
 * stock file of its data folder. Keys of that file are known in either case.
 */
#include "cli/cli_key.h"

#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_list.h"
#include "cli/cli_nouns.h"
#include "cli/cli_table.h"
#include "cli/store_call.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/files_keys.h"
#include "store/new_key.h"
#include "store/store_keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEADLINE_MS 10000
#define FILE_MS     2000 /* for another writer of the file */

int cli_key_make(const struct conf *conf, const char *name, const char *tenant,
		 struct new_key *ret, struct err *err)
{
	struct pg_batch *batch;

	new_key_make(ret);
	if (!*conf->postgres.url)
		return files_keys_add(conf->data_dir, FILE_MS, ret->id, name, ret->hash,
				      ret->shown, tenant, err);
	batch = pg_batch_new();
	(void)store_keys_create(batch, ret->id, name, ret->hash, ret->shown, tenant);
	return store_call(conf, batch, DEADLINE_MS, NULL, NULL, err);
}

static int fail(const struct cli_args *args, int rc, const struct err *err)
{
	return cli_args_fail(args, store_call_exit_code(rc), "%s", err->text);
}

static bool text_ok(const char *text, size_t max)
{
	return text[0] && strlen(text) <= max && utf8_valid(text, strlen(text), NULL);
}

static void print_key(const struct cli_args *args, const char *name, const char *tenant,
		      const struct new_key *key)
{
	struct str out = STR_INIT;
	struct jsonw w;

	if (args->json) {
		jsonw_init(&w, &out);
		jsonw_object(&w);
		jsonw_pair_text(&w, "id", key->id);
		jsonw_pair_text(&w, "name", name);
		jsonw_pair_text(&w, "tenant_id", tenant);
		jsonw_pair_text(&w, "key", key->key);
		jsonw_object_end(&w);
		str_add_char(&out, '\n');
	} else {
		(void)fprintf(stderr, "key %s, shown this once:\n", key->id);
		str_printf(&out, "%s\n", key->key);
	}
	(void)fputs(str_text(&out), stdout);
	mem_wipe(out.data, out.len);
	str_deinit(&out);
}

static int create(const struct cli_args *args)
{
	const char *name = cli_args_text(args, "name", "");
	const char *tenant = cli_args_text(args, "tenant", NULL);
	struct conf *conf = NULL;
	struct new_key key;
	struct err err;
	int code, rc;

	if (!text_ok(name, NEW_KEY_NAME_MAX))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--name is needed: 1 to %d bytes of UTF-8",
				     NEW_KEY_NAME_MAX);
	if (tenant && !text_ok(tenant, IDS_MAX - 1))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--tenant is 1 to %d bytes of UTF-8", IDS_MAX - 1);
	code = cli_conf_load(args, false, &conf);
	if (code)
		return code;
	rc = cli_key_make(conf, name, tenant, &key, &err);
	if (rc < 0)
		code = fail(args, rc, &err);
	else
		print_key(args, name, tenant, &key);
	mem_wipe(&key, sizeof(key));
	conf_free(conf);
	return code;
}

struct listing {
	struct map ids; /* those that were listed; keys are in the arena */
	struct arena arena;
	struct str json;
	struct jsonw w;
};

static void on_key(void *arg, const struct store_key *key)
{
	struct listing *listing = arg;
	const char *id = arena_dup(&listing->arena, key->id);

	/* one of the host's file is the fleet's as well, once the keeper has seen it */
	if (map_put(&listing->ids, id, strlen(id), listing))
		return;
	jsonw_object(&listing->w);
	jsonw_pair_text(&listing->w, "id", key->id);
	jsonw_pair_text(&listing->w, "name", key->name);
	jsonw_pair_text(&listing->w, "key_prefix", key->key_prefix);
	jsonw_pair_text(&listing->w, "tenant_id", key->tenant_id);
	jsonw_pair_text(&listing->w, "created_at", key->created_at);
	jsonw_pair_text(&listing->w, "last_used_at", key->last_used_at);
	jsonw_pair_bool(&listing->w, "is_active", key->is_active);
	jsonw_object_end(&listing->w);
}

static void on_list(void *arg, const struct pg_reply *reply)
{
	struct store_key key;
	int i;

	for (i = 0; i < store_keys_count(reply, 0); i++) {
		store_keys_read(reply, 0, i, &key);
		on_key(arg, &key);
	}
}

static int list_fleet(const struct conf *conf, struct listing *listing, struct err *err)
{
	struct pg_batch *batch;

	if (!*conf->postgres.url)
		return 0;
	batch = pg_batch_new();
	(void)store_keys_list(batch);
	return store_call(conf, batch, DEADLINE_MS, on_list, listing, err);
}

/* A host that has no folder yet has no keys of its own. */
static int list_host(const struct conf *conf, struct listing *listing, struct err *err)
{
	if (access(conf->data_dir, F_OK) < 0)
		return 0;
	return files_keys_each(conf->data_dir, FILE_MS, on_key, listing, err);
}

static void add_state(struct cli_table *table, const struct json *row)
{
	cli_table_text(table,
		       jsonr_bool(jsonr_get(row, "is_active")) ? "active" : "revoked");
}

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "ID", .member = "id" },
		{ .head = "NAME", .member = "name" },
		{ .head = "KEY", .member = "key_prefix" },
		{ .head = "TENANT", .member = "tenant_id" },
		{ .head = "STATE", .cell = add_state },
		{ .head = "CREATED", .member = "created_at" },
		{ .head = "LAST USED", .member = "last_used_at" },
		{ .head = NULL },
	};
	static const struct cli_list keys = { .columns = columns };
	struct listing listing = { .json = STR_INIT };
	struct conf *conf = NULL;
	struct err err;
	int code = cli_conf_load(args, false, &conf), rc;

	if (code)
		return code;
	map_init(&listing.ids);
	arena_init(&listing.arena);
	jsonw_init(&listing.w, &listing.json);
	jsonw_array(&listing.w);
	rc = list_fleet(conf, &listing, &err);
	if (rc == 0)
		rc = list_host(conf, &listing, &err);
	jsonw_array_end(&listing.w);
	code = rc < 0 ? fail(args, rc, &err) : cli_list_show(args, &listing.json, &keys);
	str_deinit(&listing.json);
	map_deinit(&listing.ids);
	arena_deinit(&listing.arena);
	conf_free(conf);
	return code;
}

static void on_revoked(void *arg, const struct pg_reply *reply)
{
	*(int64_t *)arg = pg_reply_affected(reply, 0);
}

static bool is_uuid(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23
			    ? text[i] != '-'
			    : !strchr("0123456789abcdef", text[i]))
			return false;
	return i == 36;
}

static int revoke_fleet(const struct conf *conf, const char *id, int64_t *revoked,
			struct err *err)
{
	struct pg_batch *batch;

	if (!*conf->postgres.url)
		return 0;
	batch = pg_batch_new();
	(void)store_keys_revoke(batch, id);
	return store_call(conf, batch, DEADLINE_MS, on_revoked, revoked, err);
}

static int revoke_key(const struct cli_args *args)
{
	const char *id = args->operands[0];
	struct conf *conf = NULL;
	int64_t revoked = 0;
	struct err err;
	int code, rc;

	if (!is_uuid(id))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "%s is no id of a key; `synapsed key list` has them",
				     id);
	code = cli_conf_load(args, false, &conf);
	if (code)
		return code;
	rc = revoke_fleet(conf, id, &revoked, &err);
	if (rc == 0 && access(conf->data_dir, F_OK) == 0) {
		rc = files_keys_revoke(conf->data_dir, FILE_MS, id, &err);
		revoked = revoked || rc > 0;
	}
	if (rc < 0)
		code = fail(args, rc, &err);
	else if (!revoked)
		code = cli_args_fail(args, EXIT_CODE_NOT_FOUND,
				     "there is no active key %s", id);
	else
		(void)printf("revoked %s\n", id);
	conf_free(conf);
	return code;
}

/* clang-format off */
static const struct cli_option create_options[] = {
	{ 0, "name", "NAME", "what it is for" },
	{ 0, "tenant", "ID", "only for this tenant (for any)" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "create", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, create_options,
	  "make a key and print it, this once", NULL, create },
	{ "list", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, NULL,
	  "all keys by name, without what opens", NULL, list },
	{ "revoke", "<id>", 1, 1, CLI_GROUP_CONF, NULL,
	  "end a key", NULL, revoke_key },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_key_noun = { "key", "keys of the API", verbs };
