/*
 * def_files.c - definitions in the stock files of this host, for handlers
 *
 * Reads are the catalog's, which looks at the files as often as anybody asks; writes go
 * through defs/defs_folder.c and are seen by the next look. All of it is local and
 * BLOCKING, for as long as a file of definitions takes to be written. A file has one
 * version of each: the one that is there.
 */
#include "api/def_files.h"

#include "api/file_catalog.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "defs/defs_folder.h"
#include "defs/defs_secrets.h"
#include "store/files_list.h"

#include <stdbool.h>
#include <string.h>

#define PATIENCE_MS 100 /* the loop stands meanwhile */

static struct def_files *files_of(void *self)
{
	return self;
}

static struct defs_folder folder_of(const struct def_files *files)
{
	return (struct defs_folder){
		.data_dir = files->conf->data_dir,
		.tenant_id = files->conf->limits.default_tenant,
		.patience_ms = PATIENCE_MS,
	};
}

static enum errors_code error_of(int rc, const struct err *err)
{
	if (rc == 0)
		return ERRORS_NONE;
	log_warn("definition.not_written", LOG_S("error", err->text));
	return rc == ERR_CONFLICT ? ERRORS_BUSY : ERRORS_DISK;
}

static const struct files_list *list_of(const struct def_files *files,
					enum store_definition_kind kind)
{
	return file_catalog_list(files->catalog, kind);
}

/* -- writes -- */

static void files_put(void *self, const struct store_definition_new *puts, size_t n,
		      def_put_cb cb, void *arg)
{
	struct def_files *files = files_of(self);
	const struct defs_folder folder = folder_of(files);
	struct store_put *outcomes = mem_new_n(struct store_put, n + 1);
	struct err err;
	int rc = defs_folder_put(&folder, puts, n, outcomes, &err);

	file_catalog_expire(files->catalog);
	cb(arg, error_of(rc, &err), outcomes);
	mem_free(outcomes);
}

static void files_remove(void *self, enum store_definition_kind kind, const char *id,
			 const char *only_tenant, int64_t expect, def_put_cb cb,
			 void *arg)
{
	struct def_files *files = files_of(self);
	const struct defs_folder folder = folder_of(files);
	struct store_put outcome;
	struct err err;
	int rc = defs_folder_delete(&folder, kind, id, only_tenant, expect, &outcome,
				    &err);

	file_catalog_expire(files->catalog);
	cb(arg, error_of(rc, &err), &outcome);
}

/* -- reads -- */

static struct json *read_item(const struct files_item *item)
{
	struct json *doc = NULL;

	if (item && jsonr_parse(item->text, item->len, &doc, NULL, NULL, NULL) < 0)
		return NULL; /* the catalog printed it itself */
	return doc;
}

static void files_list_kind(void *self, enum store_definition_kind kind, def_list_cb cb,
			    void *arg)
{
	struct def_files *files = files_of(self);
	const struct files_list *list = list_of(files, kind);
	size_t i, n = files_list_count(list);
	struct store_definition_item *items =
		mem_new_n(struct store_definition_item, n + 1);
	struct json **docs = mem_new_n(struct json *, n + 1);
	const char *type = kind == STORE_TOOL ? "tool_type" : "server_type";

	for (i = 0; i < n; i++) {
		const struct files_item *item = files_list_at(list, i);
		const char *label;

		docs[i] = read_item(item);
		label = jsonr_get_text(docs[i], "label");
		items[i] = (struct store_definition_item){
			.id = item->id,
			.name = kind == STORE_MCP_SERVER && label ? label : item->name,
			.description = item->description,
			.type = jsonr_get_text(docs[i], type),
			.tenant_id = files->conf->limits.default_tenant,
		};
	}
	cb(arg, ERRORS_NONE, items, n);
	for (i = 0; i < n; i++)
		jsonr_free(docs[i]);
	mem_free(docs);
	mem_free(items);
}

static void files_get(void *self, enum store_definition_kind kind, const char *id,
		      int64_t version, def_get_cb cb, void *arg)
{
	struct def_files *files = files_of(self);
	const struct files_item *item = files_list_find(list_of(files, kind), id);
	struct json *doc = read_item(item);
	struct store_definition found;
	struct str shown = STR_INIT;
	int64_t now = doc ? defs_folder_version(kind, doc) : 0;

	if (!doc || (version && version != now)) {
		cb(arg, ERRORS_NO_DEFINITION, NULL);
		jsonr_free(doc);
		return;
	}
	defs_secrets_hide(kind, doc, false, &shown, NULL, NULL);
	found = (struct store_definition){
		.id = item->id,
		.name = item->name,
		.definition = str_text(&shown),
		.version = now,
		.sha256 = item->sha256,
		.tenant_id = files->conf->limits.default_tenant,
	};
	cb(arg, ERRORS_NONE, &found);
	str_deinit(&shown);
	jsonr_free(doc);
}

static void files_versions(void *self, enum store_definition_kind kind, const char *id,
			   int64_t below, int limit, def_versions_cb cb, void *arg)
{
	struct def_files *files = files_of(self);
	const struct files_item *item = files_list_find(list_of(files, kind), id);
	struct json *doc = read_item(item);
	struct store_version version = { .version = 0 };

	if (doc) {
		version.version = defs_folder_version(kind, doc);
		version.sha256 = item->sha256;
		version.bytes = (int64_t)item->len;
	}
	cb(arg, ERRORS_NONE, &version,
	   doc && limit > 0 && version.version < below ? 1 : 0);
	jsonr_free(doc);
}

static bool is_asked(const struct store_export *ask, enum store_definition_kind kind,
		     const char *id)
{
	size_t i;

	if (ask->only && *ask->only != kind)
		return false;
	if (ask->all)
		return true;
	for (i = 0; i < ask->counts[kind]; i++)
		if (strcmp(ask->ids[kind][i], id) == 0)
			return true;
	return false;
}

static void files_export(void *self, const struct store_export *ask, def_export_cb cb,
			 void *arg)
{
	static const enum store_definition_kind order[] = {
		STORE_ORCHESTRATION,
		STORE_AGENT,
		STORE_MCP_SERVER,
		STORE_TOOL,
	};
	struct def_files *files = files_of(self);
	struct def_text *texts;
	size_t n = 0, room = 0, i, k;

	for (k = 0; k < sizeof(order) / sizeof(*order); k++)
		room += files_list_count(list_of(files, order[k]));
	texts = mem_new_n(struct def_text, room + 1);
	for (k = 0; k < sizeof(order) / sizeof(*order); k++) {
		const struct files_list *list = list_of(files, order[k]);

		for (i = 0; i < files_list_count(list) && n < room; i++) {
			const struct files_item *item = files_list_at(list, i);

			if (n < (size_t)ask->limit && is_asked(ask, order[k], item->id))
				texts[n++] = (struct def_text){ order[k], item->text };
		}
	}
	cb(arg, ERRORS_NONE, texts, n);
	mem_free(texts);
}

void def_files_init(struct def_files *files, const struct conf *conf,
		    struct file_catalog *catalog)
{
	files->conf = conf;
	files->catalog = catalog;
	files->port = (struct def_port){
		.self = files,
		.put = files_put,
		.remove = files_remove,
		.list = files_list_kind,
		.get = files_get,
		.versions = files_versions,
		.export = files_export,
	};
}
