/*
 * cli_key.c - noun key: create, list, revoke
 */
#include "cli/cli_key.h"

#include "base/ids.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_nouns.h"
#include "cli/cli_table.h"
#include "cli/store_call.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/new_key.h"
#include "store/store_keys.h"

#include <stdio.h>
#include <string.h>

#define DEADLINE_MS 10000

int cli_key_make(const struct conf *conf, const char *name, const char *tenant,
		 struct new_key *ret, struct err *err)
{
	struct pg_batch *batch = pg_batch_new();

	new_key_make(ret);
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
	code = cli_conf_load(args, true, &conf);
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

static void read_table(const struct pg_reply *reply, struct str *out)
{
	static const char *const heads[] = { "ID",    "NAME",    "KEY",       "TENANT",
					     "STATE", "CREATED", "LAST USED", NULL };
	struct cli_table table;
	struct store_key key;
	int i;

	cli_table_init(&table, heads);
	for (i = 0; i < store_keys_count(reply, 0); i++) {
		store_keys_read(reply, 0, i, &key);
		cli_table_text(&table, key.id);
		cli_table_text(&table, key.name);
		cli_table_text(&table, key.key_prefix);
		cli_table_text(&table, key.tenant_id);
		cli_table_text(&table, key.is_active ? "active" : "revoked");
		cli_table_text(&table, key.created_at);
		cli_table_text(&table, key.last_used_at);
	}
	cli_table_print(&table, out);
	cli_table_deinit(&table);
}

static void read_json(const struct pg_reply *reply, struct str *out)
{
	struct store_key key;
	struct jsonw w;
	int i;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = 0; i < store_keys_count(reply, 0); i++) {
		store_keys_read(reply, 0, i, &key);
		jsonw_object(&w);
		jsonw_pair_text(&w, "id", key.id);
		jsonw_pair_text(&w, "name", key.name);
		jsonw_pair_text(&w, "key_prefix", key.key_prefix);
		jsonw_pair_text(&w, "tenant_id", key.tenant_id);
		jsonw_pair_text(&w, "created_at", key.created_at);
		jsonw_pair_text(&w, "last_used_at", key.last_used_at);
		jsonw_pair_bool(&w, "is_active", key.is_active);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	str_add_char(out, '\n');
}

struct listing {
	bool json;
	struct str out;
};

static void on_list(void *arg, const struct pg_reply *reply)
{
	struct listing *listing = arg;

	if (listing->json)
		read_json(reply, &listing->out);
	else
		read_table(reply, &listing->out);
}

static int list(const struct cli_args *args)
{
	struct listing listing = { .json = args->json };
	struct conf *conf = NULL;
	struct pg_batch *batch;
	struct err err;
	int code = cli_conf_load(args, true, &conf), rc;

	if (code)
		return code;
	batch = pg_batch_new();
	(void)store_keys_list(batch);
	rc = store_call(conf, batch, DEADLINE_MS, on_list, &listing, &err);
	if (rc < 0)
		code = fail(args, rc, &err);
	else
		(void)fputs(str_text(&listing.out), stdout);
	str_deinit(&listing.out);
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

static int revoke(const struct cli_args *args)
{
	const char *id = args->operands[0];
	struct conf *conf = NULL;
	struct pg_batch *batch;
	int64_t revoked = 0;
	struct err err;
	int code, rc;

	if (!is_uuid(id))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "%s is no id of a key; `synapsed key list` has them",
				     id);
	code = cli_conf_load(args, true, &conf);
	if (code)
		return code;
	batch = pg_batch_new();
	(void)store_keys_revoke(batch, id);
	rc = store_call(conf, batch, DEADLINE_MS, on_revoked, &revoked, &err);
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
	  "end a key", NULL, revoke },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_key_noun = { "key", "keys of the API", verbs };
