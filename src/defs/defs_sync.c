/*
 * defs_sync.c - the JSON files of a data folder on their way into the store
 *
 * The files are stock's: four lists of definitions, and settings. All that is good in
 * them becomes one commit, so counts are true and two syncs follow one another; an item
 * that is bad is named, and what the database cannot store is caught item by item inside
 * it (migration 8). What the folder had at its last sync and has no more is deleted in
 * the store. A file that cannot be read deletes nothing: it says nothing about what was
 * meant.
 *
 * Secrets stay in the folder: they are masked, which keeps what the store has under the
 * same name, and named in the answer.
 */
#include "defs/defs_sync.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "defs/defs_file.h"
#include "defs/defs_secrets.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_scale.h"
#include "store/store_syncs.h"
#include "store/store_time.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SOURCE_FILE  "sync_id"
#define LEFT_OUT_MAX 1000
#define NOWHERE      (-1)

static const struct {
	const char *file;
	const char *group; /* in the answer */
	enum store_definition_kind kind;
} lists[] = {
	{ "orchestrations.json", "orchestrations", STORE_ORCHESTRATION },
	{ "user_agents.json", "agents", STORE_AGENT },
	{ "custom_tools.json", "tools", STORE_TOOL },
	{ "mcp_servers.json", "mcp_servers", STORE_MCP_SERVER },
	{ "settings.json", "settings", STORE_DEFINITION_KINDS }, /* no definitions */
};

#define LISTS    (sizeof(lists) / sizeof(*lists))
#define SETTINGS (LISTS - 1)

struct list_file {
	bool found;      /* it is there and could be read */
	char error[600]; /* "": none */
	char sha256[DIGEST_HEX_SIZE];
	size_t bytes;
	struct defs_file items;
	struct json *doc; /* settings alone */
	int *statements;  /* one for each item */
	int gone;
};

struct defs_sync {
	struct arena arena;
	char source[IDS_MAX];
	struct list_file files[LISTS];
	int settings;         /* statement */
	size_t settings_sent; /* how many */
	int note;
	const char **left_out; /* secrets, as "tools/weather/headers/Authorization" */
	size_t left_out_count;
};

/* -- reading -- */

static int read_source(const char *data_dir, struct defs_sync *sync, struct err *err)
{
	struct str path = STR_INIT;
	char *text = NULL;
	size_t len;
	int rc;

	str_printf(&path, "%s/" SOURCE_FILE, data_dir);
	rc = fdutil_read_file(str_text(&path), IDS_MAX - 1, &text, &len, err);
	if (rc == 0 && len > 0) {
		(void)snprintf(sync->source, sizeof(sync->source), "%.*s",
			       (int)strcspn(text, "\n"), text);
	} else if (rc == 0 || rc == ERR_NOT_FOUND) {
		(void)ids_uuid(sync->source);
		rc = fdutil_write_file(str_text(&path), sync->source,
				       strlen(sync->source), 0640, err);
	}
	mem_free(text);
	str_deinit(&path);
	return rc;
}

static void read_list(struct list_file *file, const char *text, size_t len,
		      enum store_definition_kind kind,
		      const struct definition_rules *rules)
{
	struct err err;

	if (kind == STORE_DEFINITION_KINDS) {
		if (jsonr_parse(text, len, &file->doc, NULL, NULL, &err) < 0)
			(void)snprintf(file->error, sizeof(file->error), "not JSON: %s",
				       err.text);
		else if (jsonr_type(file->doc) != JSONR_OBJECT)
			(void)snprintf(file->error, sizeof(file->error),
				       "settings are an object");
		return;
	}
	if (defs_file_read(text, len, kind, rules, &file->items, &err) < 0)
		(void)snprintf(file->error, sizeof(file->error), "%s", err.text);
	else if (file->items.shape != DEFS_FILE_LIST)
		(void)snprintf(file->error, sizeof(file->error), "a list is expected");
}

static void read_file(const char *data_dir, size_t i, struct list_file *file,
		      const struct definition_rules *rules)
{
	struct str path = STR_INIT;
	char *text = NULL;
	struct err err;
	int rc;

	str_printf(&path, "%s/%s", data_dir, lists[i].file);
	rc = fdutil_read_file(str_text(&path), DEFS_SYNC_FILE_MAX, &text, &file->bytes,
			      &err);
	if (rc == 0) {
		file->found = true;
		(void)digest_sha256(text, file->bytes, file->sha256);
		read_list(file, text, file->bytes, lists[i].kind, rules);
	} else if (rc != ERR_NOT_FOUND) {
		(void)snprintf(file->error, sizeof(file->error), "%s", err.text);
	}
	if (text)
		mem_wipe(text, file->bytes);
	mem_free(text);
	str_deinit(&path);
}

int defs_sync_read(const char *data_dir, const struct definition_rules *rules,
		   struct defs_sync **ret, struct err *err)
{
	struct defs_sync *sync = mem_new(struct defs_sync);
	size_t i;
	int rc;

	arena_init(&sync->arena);
	rc = read_source(data_dir, sync, err);
	if (rc < 0) {
		defs_sync_free(sync);
		return rc;
	}
	for (i = 0; i < LISTS; i++)
		read_file(data_dir, i, &sync->files[i], rules);
	*ret = sync;
	return 0;
}

void defs_sync_free(struct defs_sync *sync)
{
	size_t i;

	if (!sync)
		return;
	for (i = 0; i < LISTS; i++) {
		defs_file_deinit(&sync->files[i].items);
		jsonr_free(sync->files[i].doc);
		mem_free(sync->files[i].statements);
	}
	mem_free(sync->left_out);
	arena_deinit(&sync->arena);
	mem_free(sync);
}

const char *defs_sync_source(const struct defs_sync *sync)
{
	return sync->source;
}

/* -- building -- */

static void leave_out(struct defs_sync *sync, const char *name)
{
	if (sync->left_out_count == LEFT_OUT_MAX)
		return; /* the answer is for people */
	if (!sync->left_out)
		sync->left_out = mem_new_n(const char *, LEFT_OUT_MAX);
	sync->left_out[sync->left_out_count++] = name;
}

struct hiding {
	struct defs_sync *sync;
	const char *group;
	const char *id;
};

static void on_hidden(void *arg, const char *name)
{
	struct hiding *hiding = arg;

	leave_out(hiding->sync, arena_printf(&hiding->sync->arena, "%s/%s/%s",
					     hiding->group, hiding->id, name));
}

static void add_item(struct defs_sync *sync, size_t list, const struct defs_item *item,
		     const char *tenant_id, bool force, struct pg_batch *batch, int *at)
{
	struct hiding hiding = { sync, lists[list].group, item->id };
	struct str text = STR_INIT;
	char sha256[DIGEST_HEX_SIZE];
	struct store_sync_new new = {
		.source = sync->source,
		.sha256 = sha256,
		.force = force,
		.put = {
			.kind = item->kind,
			.id = item->id,
			.name = item->name,
			.description = item->description,
			.tenant_id = tenant_id,
		},
	};

	defs_secrets_hide(item->kind, item->doc, false, &text, on_hidden, &hiding);
	(void)digest_sha256(str_text(&text), text.len, sha256);
	new.put.definition = str_text(&text);
	*at = store_syncs_put(batch, &new);
	str_deinit(&text);
}

static void add_list(struct defs_sync *sync, size_t list, const char *tenant_id,
		     bool force, struct pg_batch *batch)
{
	struct list_file *file = &sync->files[list];
	const char **ids = mem_new_n(const char *, file->items.count + 1);
	size_t i;

	file->statements = mem_new_n(int, file->items.count + 1);
	for (i = 0; i < file->items.count; i++) {
		const struct defs_item *item = &file->items.items[i];

		ids[i] = item->id; /* a broken one is not a deleted one */
		file->statements[i] = NOWHERE;
		if (!item->broken)
			add_item(sync, list, item, tenant_id, force, batch,
				 &file->statements[i]);
	}
	file->gone = store_syncs_gone(batch, sync->source, lists[list].kind, ids,
				      file->items.count);
	mem_free(ids);
}

static bool is_secret(const char *key)
{
	static const char *const words[] = { "key", "secret", "token", "password" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(key, words[i]) && strcmp(key, "huggingface_max_new_tokens"))
			return true;
	return false;
}

/* What stock copies of them: a worker's, not those of one host. */
static bool is_synced(const char *key)
{
	static const char *const keys[] = {
		"model",
		"mode",
		"openai_key",
		"anthropic_key",
		"gemini_key",
		"grok_key",
		"deepseek_key",
		"openai_compatible_key",
		"openai_compatible_base_url",
		"openai_compatible_models",
		"local_compatible_base_url",
		"local_compatible_key",
		"local_compatible_models",
		"openai_compatible_embed_models",
		"local_compatible_embed_models",
		"huggingface_token",
		"huggingface_models",
		"huggingface_max_new_tokens",
		"anthropic_cli_models",
		"gemini_cli_models",
		"codex_cli_models",
		"github_copilot_cli_models",
		"bedrock_api_key",
		"bedrock_inference_profile",
		"aws_access_key_id",
		"aws_secret_access_key",
		"aws_session_token",
		"aws_region",
		"embedding_model",
		"prompt_cache_enabled",
		"transform_runtime",
		"vault_enabled",
		"vault_threshold",
		"allow_db_write",
		"s3_bucket",
		"s3_region",
		"s3_prefix",
		"s3_access_key_id",
		"s3_secret_access_key",
		"s3_endpoint_url",
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static void add_settings(struct defs_sync *sync, struct pg_batch *batch)
{
	struct jsonr_iter it = jsonr_iter(sync->files[SETTINGS].doc);
	struct store_settings *settings = store_settings_begin(batch, &sync->settings);

	while (jsonr_next(&it)) {
		struct str value = STR_INIT;
		const char *text = jsonr_text(it.value);

		if (!is_synced(it.key) || jsonr_type(it.value) == JSONR_NULL)
			continue;
		if (is_secret(it.key)) {
			if (!text || *text)
				leave_out(sync, arena_printf(&sync->arena, "settings/%s",
							     it.key));
			continue;
		}
		jsonr_print(it.value, &value);
		store_settings_add(settings, it.key, str_text(&value));
		sync->settings_sent++;
		str_deinit(&value);
	}
	store_settings_end(settings);
}

static void print_files(const struct defs_sync *sync, struct str *out)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	for (i = 0; i < LISTS; i++)
		if (sync->files[i].found)
			jsonw_pair_text(&w, lists[i].file, sync->files[i].sha256);
	jsonw_object_end(&w);
}

void defs_sync_build(struct defs_sync *sync, const char *tenant_id, bool force,
		     struct pg_batch *batch)
{
	struct str files = STR_INIT;
	size_t i;

	store_definitions_lock(batch);
	for (i = 0; i < SETTINGS; i++)
		if (sync->files[i].found && !sync->files[i].error[0])
			add_list(sync, i, tenant_id, force, batch);
	if (sync->files[SETTINGS].doc && !sync->files[SETTINGS].error[0])
		add_settings(sync, batch);
	print_files(sync, &files);
	sync->note = store_syncs_note(batch, sync->source, str_text(&files));
	str_deinit(&files);
}

/* -- the answer -- */

struct report {
	struct jsonw errors; /* texts */
	size_t count;
};

static void tell(struct report *report, const char *group, const char *id,
		 const char *where, const char *text)
{
	struct str line = STR_INIT;

	str_printf(&line, "%s%s%s%s%s: %s", group, id[0] ? "/" : "", id,
		   where[0] ? " at " : "", where, text);
	jsonw_text(&report->errors, str_text(&line));
	report->count++;
	str_deinit(&line);
}

static const char *outcome_word(enum store_put_outcome outcome)
{
	switch (outcome) {
	case STORE_PUT_STORED:
		return "synced";
	case STORE_PUT_SAME:
		return "unchanged";
	case STORE_PUT_NEWER:
		return "newer_in_store";
	case STORE_PUT_DELETED:
		return "deleted_in_store";
	case STORE_PUT_EXISTS:
	case STORE_PUT_NONE:
	case STORE_PUT_CHANGED:
	case STORE_PUT_TENANT:
	case STORE_PUT_BAD:
		break;
	}
	return "error";
}

/* One item into "items", if there is anything to say of it; whether it is in. */
static bool report_item(const struct pg_reply *reply, const char *group,
			const struct defs_item *item, int statement, struct jsonw *w,
			struct report *report)
{
	struct store_put put = { .outcome = STORE_PUT_BAD, .detail = NULL };

	if (statement == NOWHERE) {
		tell(report, group, item->id,
		     item->problems.count ? item->problems.kept[0].where : item->where,
		     item->problems.count ? item->problems.kept[0].text
					  : "it cannot be stored");
	} else {
		store_syncs_put_read(reply, statement, &put);
		if (put.outcome == STORE_PUT_BAD)
			tell(report, group, item->id, "",
			     put.detail ? put.detail : "it cannot be stored");
	}
	if (put.outcome != STORE_PUT_SAME || item->problems.count) {
		jsonw_object(w);
		jsonw_pair_text(w, "id", item->id);
		jsonw_pair_text(w, "outcome", outcome_word(put.outcome));
		if (put.version > 0)
			jsonw_pair_int(w, "version", put.version);
		if (item->problems.count) /* it is stored and cannot be used */
			jsonw_pair_text(w, "problem", item->problems.kept[0].text);
		jsonw_object_end(w);
	}
	return put.outcome == STORE_PUT_STORED || put.outcome == STORE_PUT_SAME;
}

static size_t report_list(const struct defs_sync *sync, const struct pg_reply *reply,
			  size_t list, struct jsonw *w, struct report *report)
{
	const struct list_file *file = &sync->files[list];
	size_t i, synced = 0, before = report->count;
	int gone = 0, k;

	jsonw_key(w, lists[list].group);
	jsonw_object(w);
	if (file->error[0])
		tell(report, lists[list].file, "", "", file->error);
	jsonw_key(w, "items");
	jsonw_array(w);
	for (i = 0; file->statements && i < file->items.count; i++)
		synced += report_item(reply, lists[list].group, &file->items.items[i],
				      file->statements[i], w, report);
	jsonw_array_end(w);
	jsonw_key(w, "deleted");
	jsonw_array(w);
	if (file->statements)
		gone = store_syncs_gone_count(reply, file->gone);
	for (k = 0; k < gone; k++)
		jsonw_text(w, store_syncs_gone_read(reply, file->gone, k));
	jsonw_array_end(w);
	jsonw_pair_int(w, "synced", (int64_t)synced);
	jsonw_pair_int(w, "errors", (int64_t)(report->count - before));
	jsonw_object_end(w);
	return synced;
}

static size_t report_settings(const struct defs_sync *sync, struct jsonw *w,
			      struct report *report)
{
	const struct list_file *file = &sync->files[SETTINGS];

	if (file->error[0])
		tell(report, lists[SETTINGS].file, "", "", file->error);
	jsonw_key(w, lists[SETTINGS].group);
	jsonw_object(w);
	jsonw_pair_int(w, "synced", (int64_t)sync->settings_sent);
	jsonw_pair_int(w, "errors", file->error[0] ? 1 : 0);
	jsonw_object_end(w);
	return sync->settings_sent;
}

size_t defs_sync_report(const struct defs_sync *sync, const struct pg_reply *reply,
			struct str *out)
{
	struct str errors = STR_INIT;
	struct report report = { .count = 0 };
	char moment[STORE_TIME_MAX];
	struct jsonw w;
	size_t i, total = 0;

	jsonw_init(&report.errors, &errors);
	jsonw_array(&report.errors);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "details");
	jsonw_object(&w);
	for (i = 0; i < SETTINGS; i++)
		total += report_list(sync, reply, i, &w, &report);
	total += report_settings(sync, &w, &report);
	jsonw_object_end(&w);
	jsonw_array_end(&report.errors);
	jsonw_pair_int(&w, "total_synced", (int64_t)total);
	jsonw_pair_raw(&w, "errors", str_text(&errors), errors.len);
	jsonw_key(&w, "secrets_left_out");
	jsonw_array(&w);
	for (i = 0; i < sync->left_out_count; i++)
		jsonw_text(&w, sync->left_out[i]);
	jsonw_array_end(&w);
	if (store_time_text(store_syncs_note_read(reply, sync->note), moment)) {
		moment[strlen("2026-06-01")] = 'T'; /* stock's ISO form, here alone */
		jsonw_pair_text(&w, "synced_at", moment);
	} else {
		jsonw_pair_text(&w, "synced_at", NULL);
	}
	jsonw_object_end(&w);
	str_deinit(&errors);
	return report.count;
}

void defs_sync_files(const struct defs_sync *sync, const char *noted, struct jsonw *w)
{
	struct json *doc = NULL;
	struct err err;
	size_t i;

	if (noted && jsonr_parse(noted, strlen(noted), &doc, NULL, NULL, &err) < 0)
		doc = NULL; /* ours; unreadable means that nothing is known */
	jsonw_array(w);
	for (i = 0; i < LISTS; i++) {
		const char *before = jsonr_get_text(doc, lists[i].file);
		const struct list_file *file = &sync->files[i];

		jsonw_object(w);
		jsonw_pair_text(w, "file", lists[i].file);
		jsonw_pair_bool(w, "found", file->found);
		jsonw_pair_int(w, "bytes", (int64_t)file->bytes);
		jsonw_pair_bool(w, "changed",
				file->found ? !before || strcmp(before, file->sha256) != 0
					    : before != NULL);
		jsonw_pair_text(w, "error", file->error[0] ? file->error : NULL);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonr_free(doc);
}

uint64_t defs_sync_mark(const char *data_dir)
{
	uint64_t mark = 14695981039346656037u; /* FNV-1a over what stat() tells */
	size_t i, k;

	for (i = 0; i < LISTS; i++) {
		struct str path = STR_INIT;
		struct stat st = { .st_size = 0 };
		uint64_t seen[4];

		str_printf(&path, "%s/%s", data_dir, lists[i].file);
		if (stat(str_text(&path), &st) < 0)
			memset(&st, 0, sizeof(st));
		seen[0] = (uint64_t)st.st_ino;
		seen[1] = (uint64_t)st.st_size;
		seen[2] = (uint64_t)st.st_mtim.tv_sec;
		seen[3] = (uint64_t)st.st_mtim.tv_nsec;
		for (k = 0; k < 4; k++)
			mark = (mark ^ seen[k]) * 1099511628211u;
		str_deinit(&path);
	}
	return mark;
}
