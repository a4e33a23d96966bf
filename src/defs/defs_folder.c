/*
 * defs_folder.c - definitions in the stock files of a data folder: read and written
 *
 * What the functions of migration 8 are for Postgres, with one file a kind and one
 * tenant. A file has one version of each; what it had before is kept beside it
 * (defs_past.h), what a hand wrote as soon as we replace it. Tools have their names for
 * keys here, as stock has it: an id that is another is a member like others.
 */
#include "defs/defs_folder.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/mem.h"
#include "defs/defs_past.h"
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

/* A text that is not kept is no reason to refuse the next: it is said. */
static void keep(const struct defs_folder *folder, enum store_definition_kind kind,
		 const char *id, const struct json *doc, int64_t at_ms)
{
	struct str shown = STR_INIT;
	struct err err;

	defs_secrets_hide(kind, doc, false, &shown, NULL, NULL);
	if (defs_past_keep(folder->data_dir, kind, id, defs_folder_version(kind, doc),
			   at_ms, str_text(&shown), &err) < 0)
		log_warn("definition.version_not_kept", LOG_S("id", id),
			 LOG_S("error", err.text));
	str_deinit(&shown);
}

/* Before the file is written: what it was, unless that is known. */
static void keep_old(const struct defs_folder *folder, const struct files_edit *edit,
		     enum store_definition_kind kind, const char *id,
		     const struct json *old)
{
	int64_t old_ms = files_edit_changed_ms(edit);
	struct defs_past last;
	bool known = defs_past_newest(folder->data_dir, kind, id, &last);

	if (known && last.version == defs_folder_version(kind, old))
		return;
	/* a file that was put back from a copy has the copy's time */
	if (known && old_ms <= last.at_ms)
		old_ms = last.at_ms + 1;
	keep(folder, kind, id, old, old_ms);
}

/* And when it is: what it has become. */
static void keep_new(const struct defs_folder *folder, enum store_definition_kind kind,
		     const char *id, const struct json *new)
{
	int64_t now_ms = clock_wall_ms();
	struct defs_past last;

	if (defs_past_newest(folder->data_dir, kind, id, &last) && now_ms <= last.at_ms)
		now_ms = last.at_ms + 1;
	keep(folder, kind, id, new, now_ms);
}

/* What an item was that is going to be another. Owned. */
struct change {
	char *key; /* NULL: it stays */
	char *old; /* NULL: it is new */
};

/* Would a secret go to another server? Says so. */
static bool astray(enum store_definition_kind kind, const struct json *doc,
		   const struct json *old, struct store_put *ret)
{
	if (!defs_secrets_astray(kind, doc, old))
		return false;
	ret->outcome = STORE_PUT_BAD;
	ret->detail = DEFS_SECRETS_ASTRAY;
	return true;
}

static void put_one(const struct defs_folder *folder, struct files_edit *edit,
		    const struct store_definition_new *put, struct change *change,
		    struct store_put *ret)
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
	if (expected(folder, put->kind, old, put->only_tenant, put->expect, ret) &&
	    !astray(put->kind, doc, old, ret)) {
		struct json *kept;

		defs_secrets_keep(put->kind, doc, old, &text);
		kept = parse(str_text(&text));
		ret->version = defs_folder_version(put->kind, kept);
		ret->created = !old;
		ret->outcome = STORE_PUT_STORED;
		if (before && strcmp(before, str_text(&text)) == 0) {
			ret->outcome = STORE_PUT_SAME;
		} else {
			change->key = mem_dup(key);
			change->old = before ? mem_dup(before) : NULL;
			files_edit_put(edit, key, str_text(&text));
		}
		jsonr_free(kept);
	}
	jsonr_free(old);
	jsonr_free(doc);
	str_deinit(&text);
}

/* What is to become of the files: all of them are read before one is written. */
struct putting {
	struct files_edit *edits[STORE_DEFINITION_KINDS]; /* NULL: it is not asked for */
	bool changed[STORE_DEFINITION_KINDS];
	struct change *changes; /* owned; one for each item */
};

static int put_all(const struct defs_folder *folder, struct putting *putting,
		   const struct store_definition_new *puts, size_t n,
		   struct store_put *ret, struct err *err)
{
	const struct files_edit *first = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		enum store_definition_kind kind = puts[i].kind;
		struct files_edit **edit = &putting->edits[kind];
		int rc = 0;

		if (!*edit && first)
			rc = files_edit_also(first, folder->data_dir, kinds[kind].file,
					     kinds[kind].key, edit, err);
		else if (!*edit)
			rc = open_kind(folder, kind, edit, err);
		if (rc < 0)
			return rc;
		first = *edit;
		put_one(folder, *edit, &puts[i], &putting->changes[i], &ret[i]);
		if (ret[i].outcome == STORE_PUT_STORED)
			putting->changed[kind] = true;
	}
	return 0;
}

/* What was said of them is not true. */
static void take_back(const struct store_definition_new *puts, size_t n,
		      enum store_definition_kind kind, struct store_put *ret)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (puts[i].kind == kind && ret[i].outcome == STORE_PUT_STORED)
			ret[i] = (struct store_put){
				.outcome = STORE_PUT_BAD,
				.detail = "its file could not be written",
			};
}

/* Of each item of a kind that changes: what it was, or (written) what it is now. */
static void keep_all(const struct defs_folder *folder, const struct putting *putting,
		     const struct store_definition_new *puts, size_t n,
		     enum store_definition_kind kind, bool written)
{
	const struct files_edit *edit = putting->edits[kind];
	size_t i;

	for (i = 0; i < n; i++) {
		const struct change *change = &putting->changes[i];
		struct json *doc;

		if (puts[i].kind != kind || !change->key || (!written && !change->old))
			continue;
		doc = parse(written ? files_edit_find(edit, change->key) : change->old);
		if (written)
			keep_new(folder, kind, change->key, doc);
		else
			keep_old(folder, edit, kind, change->key, doc);
		jsonr_free(doc);
	}
}

/* The disk may take one file and not the next: an error only if it took none. */
static int write_all(const struct defs_folder *folder, const struct putting *putting,
		     const struct store_definition_new *puts, size_t n,
		     struct store_put *ret, struct err *err)
{
	bool written = false;
	int kind, rc = 0;

	for (kind = 0; kind < STORE_DEFINITION_KINDS; kind++) {
		if (!putting->changed[kind])
			continue;
		keep_all(folder, putting, puts, n, (enum store_definition_kind)kind,
			 false);
		if (files_edit_write(putting->edits[kind], err) == 0) {
			written = true;
			keep_all(folder, putting, puts, n,
				 (enum store_definition_kind)kind, true);
			continue;
		}
		rc = err->code;
		log_warn("definition.not_written", LOG_S("file", kinds[kind].file),
			 LOG_S("error", err->text));
		take_back(puts, n, (enum store_definition_kind)kind, ret);
	}
	return written ? 0 : rc;
}

int defs_folder_put(const struct defs_folder *folder,
		    const struct store_definition_new *puts, size_t n,
		    struct store_put *ret, struct err *err)
{
	struct putting putting = { .changes = mem_new_n(struct change, n + 1) };
	int kind, rc = put_all(folder, &putting, puts, n, ret, err);
	size_t i;

	if (rc == 0)
		rc = write_all(folder, &putting, puts, n, ret, err);
	for (i = 0; i < n; i++) {
		mem_free(putting.changes[i].key);
		mem_free(putting.changes[i].old);
	}
	mem_free(putting.changes);
	for (kind = 0; kind < STORE_DEFINITION_KINDS; kind++)
		files_edit_close(putting.edits[kind]);
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
		keep_old(folder, edit, kind, id, old);
		files_edit_delete(edit, id);
		rc = files_edit_write(edit, err);
	}
	jsonr_free(old);
	files_edit_close(edit);
	return rc;
}
