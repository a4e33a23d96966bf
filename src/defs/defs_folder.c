/*
 * defs_folder.c - definitions in the stock files of a data folder: read and written
 *
 * What the functions of migration 8 are for Postgres, with one file a kind, one tenant
 * and one version. Tools have their names for keys here, as stock has it: an id that is
 * another is a member like others.
 */
#include "defs/defs_folder.h"

#include "base/digest.h"
#include "base/jsonr.h"
#include "defs/defs_secrets.h"
#include "store/files_edit.h"

#include <stdbool.h>
#include <string.h>

#define VERSION_DIGITS 12 /* of the digest: below 2^48, which any reader of JSON has */

static const struct {
	const char *file, *key;
} kinds[STORE_DEFINITION_KINDS] = {
	[STORE_ORCHESTRATION] = { "orchestrations.json", "id" },
	[STORE_AGENT] = { "user_agents.json", "id" },
	[STORE_TOOL] = { "custom_tools.json", "name" },
	[STORE_MCP_SERVER] = { "mcp_servers.json", "name" },
};

const char *defs_folder_file(enum store_definition_kind kind)
{
	return kinds[kind].file;
}

const char *defs_folder_key(enum store_definition_kind kind)
{
	return kinds[kind].key;
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

int64_t defs_folder_version(enum store_definition_kind kind, const struct json *doc)
{
	struct str shown = STR_INIT;
	char hex[DIGEST_HEX_SIZE];
	int64_t version = 0;
	size_t i;

	defs_secrets_hide(kind, doc, false, &shown, NULL, NULL);
	(void)digest_sha256(str_text(&shown), shown.len, hex);
	str_deinit(&shown);
	for (i = 0; i < VERSION_DIGITS; i++)
		version = version * 16 + digit(hex[i]);
	return version ? version : 1;
}

static int open_kind(const struct defs_folder *folder, enum store_definition_kind kind,
		     struct files_edit **ret, struct err *err)
{
	return files_edit_open(folder->data_dir, kinds[kind].file, kinds[kind].key,
			       folder->patience_ms, ret, err);
}

/* May it be written? Sets *ret if not. */
static bool expected(const struct defs_folder *folder, enum store_definition_kind kind,
		     const struct json *old, const char *only_tenant, int64_t expect,
		     struct store_put *ret)
{
	ret->version = old ? defs_folder_version(kind, old) : 0;
	if (only_tenant && strcmp(only_tenant, folder->tenant_id) != 0)
		ret->outcome = STORE_PUT_TENANT;
	else if (expect == STORE_EXPECT_NONE && old)
		ret->outcome = STORE_PUT_EXISTS;
	else if (expect > 0 && !old)
		ret->outcome = STORE_PUT_NONE;
	else if (expect > 0 && ret->version != expect)
		ret->outcome = STORE_PUT_CHANGED;
	else
		return true;
	return false;
}

static struct json *parse(const char *text)
{
	struct json *doc = NULL;

	if (text && jsonr_parse(text, strlen(text), &doc, NULL, NULL, NULL) < 0)
		doc = NULL; /* it was printed by us, or checked by who gave it */
	return doc;
}

static void put_one(const struct defs_folder *folder, struct files_edit *edit,
		    const struct store_definition_new *put, struct store_put *ret)
{
	struct json *doc = parse(put->definition), *old;
	const char *key = jsonr_get_text(doc, kinds[put->kind].key);
	struct str text = STR_INIT;
	const char *before;

	memset(ret, 0, sizeof(*ret));
	if (!key || !*key) {
		ret->outcome = STORE_PUT_BAD;
		ret->detail = "it has no name";
		jsonr_free(doc);
		return;
	}
	before = files_edit_find(edit, key);
	old = parse(before);
	if (expected(folder, put->kind, old, put->only_tenant, put->expect, ret)) {
		struct json *kept;

		defs_secrets_keep(put->kind, doc, old, &text);
		kept = parse(str_text(&text));
		ret->version = defs_folder_version(put->kind, kept);
		jsonr_free(kept);
		ret->created = !old;
		ret->outcome = STORE_PUT_STORED;
		if (before && strcmp(before, str_text(&text)) == 0)
			ret->outcome = STORE_PUT_SAME;
		else
			files_edit_put(edit, key, str_text(&text));
	}
	jsonr_free(old);
	jsonr_free(doc);
	str_deinit(&text);
}

static int put_kind(const struct defs_folder *folder, enum store_definition_kind kind,
		    const struct store_definition_new *puts, size_t n,
		    struct store_put *ret, struct err *err)
{
	struct files_edit *edit = NULL;
	bool changed = false;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		if (puts[i].kind != kind)
			continue;
		if (!edit)
			rc = open_kind(folder, kind, &edit, err);
		if (rc < 0)
			break;
		put_one(folder, edit, &puts[i], &ret[i]);
		changed = changed || ret[i].outcome == STORE_PUT_STORED;
	}
	if (rc == 0 && changed)
		rc = files_edit_write(edit, err);
	files_edit_close(edit);
	return rc;
}

int defs_folder_put(const struct defs_folder *folder,
		    const struct store_definition_new *puts, size_t n,
		    struct store_put *ret, struct err *err)
{
	int kind, rc = 0;

	for (kind = 0; rc == 0 && kind < STORE_DEFINITION_KINDS; kind++)
		rc = put_kind(folder, (enum store_definition_kind)kind, puts, n, ret,
			      err);
	return rc;
}

int defs_folder_delete(const struct defs_folder *folder, enum store_definition_kind kind,
		       const char *id, const char *only_tenant, int64_t expect,
		       struct store_put *ret, struct err *err)
{
	struct files_edit *edit = NULL;
	struct json *old;
	int rc = open_kind(folder, kind, &edit, err);

	if (rc < 0)
		return rc;
	memset(ret, 0, sizeof(*ret));
	old = parse(files_edit_find(edit, id));
	if (!old) {
		ret->outcome = STORE_PUT_NONE;
	} else if (expected(folder, kind, old, only_tenant, expect, ret)) {
		ret->outcome = STORE_PUT_DELETED;
		files_edit_delete(edit, id);
		rc = files_edit_write(edit, err);
	}
	jsonr_free(old);
	files_edit_close(edit);
	return rc;
}
