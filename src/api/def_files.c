/*
 * def_files.c - definitions in the stock files of this host, for handlers
 *
 * Reads are the catalog's, which looks at the files as often as anybody asks; writes go
 * through defs/defs_folder.c and are seen by the next look. All of it is local and
 * BLOCKING, for as long as a file of definitions takes to be written, but not for
 * another writer of the folder: that is waited for between turns (file_patience.h). A
 * file has one version of each: the one that is there. Those before it are in
 * defs/defs_past.h.
 */
#include "api/def_files.h"

#include "api/file_catalog.h"
#include "api/file_patience.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "conf/conf.h"
#include "defs/defs_folder.h"
#include "defs/defs_past.h"
#include "defs/defs_secrets.h"
#include "store/files_list.h"

#include <stdbool.h>
#include <string.h>

static struct def_files *files_of(void *self)
{
	return self;
}

static struct defs_folder folder_of(const struct def_files *files)
{
	return (struct defs_folder){
		.data_dir = files->conf->data_dir,
		.tenant_id = files->conf->limits.default_tenant,
	};
}

static enum errors_code error_of(int rc, const struct err *err)
{
	if (rc == 0)
		return ERRORS_NONE;
	log_warn("definition.not_written", LOG_S("error", err->text));
	if (rc == ERR_CLOSED)
		return ERRORS_DRAINING;
	return rc == ERR_CONFLICT ? ERRORS_BUSY : ERRORS_DISK;
}

static const struct files_list *list_of(const struct def_files *files,
					enum store_definition_kind kind)
{
	return file_catalog_list(files->catalog, kind);
}

/* -- writes -- */

/* The fleet's definitions are in Postgres: it and the other hosts hear of this by a
 * sync. */
static void tell_where(const struct def_files *files, const char *id, size_t n)
{
	if (conf_has_stores(files->conf))
		log_warn("definition.only_here", LOG_S("id", id), LOG_N("count", n),
			 LOG_S("folder", files->conf->data_dir),
			 LOG_S("advice", files->conf->definitions.auto_sync
						 ? "it is synced when Postgres is back"
						 : "synapsed def sync, when Postgres is "
						   "back"));
}

struct write {
	struct file_patience wait;
	struct list node;
	struct def_files *files;
	struct arena arena;
	struct store_definition_new
		*puts; /* owned, texts in the arena; NULL: a removal */
	size_t n;
	struct store_put *outcomes; /* owned: n, or one */
	enum store_definition_kind kind;
	const char *id, *only_tenant; /* in the arena */
	int64_t expect;
	def_put_cb cb;
	void *arg;
};

static int try_write(struct file_patience *wait, struct err *err)
{
	struct write *write = list_entry(wait, struct write, wait);
	const struct defs_folder folder = folder_of(write->files);

	if (write->puts)
		return defs_folder_put(&folder, write->puts, write->n, write->outcomes,
				       err);
	return defs_folder_delete(&folder, write->kind, write->id, write->only_tenant,
				  write->expect, write->outcomes, err);
}

static void on_written(struct file_patience *wait, int rc, const struct err *err)
{
	struct write *write = list_entry(wait, struct write, wait);

	list_remove(&write->node);
	if (rc == 0)
		tell_where(write->files, write->id, write->n);
	file_catalog_expire(write->files->catalog);
	write->cb(write->arg, error_of(rc, err), write->outcomes);
	mem_free(write->puts);
	mem_free(write->outcomes);
	arena_deinit(&write->arena);
	mem_free(write);
}

static const char *kept(struct write *write, const char *text)
{
	return text ? arena_dup(&write->arena, text) : NULL;
}

static struct write *write_new(struct def_files *files, const char *id, size_t n,
			       def_put_cb cb, void *arg)
{
	struct write *write = mem_new(struct write);

	write->files = files;
	arena_init(&write->arena);
	write->id = kept(write, id);
	write->n = n;
	write->outcomes = mem_new_n(struct store_put, n);
	write->cb = cb;
	write->arg = arg;
	write->wait.attempt = try_write;
	write->wait.over = on_written;
	list_push(&files->writes, &write->node);
	return write;
}

static void files_put(void *self, const struct store_definition_new *puts, size_t n,
		      def_put_cb cb, void *arg)
{
	struct def_files *files = files_of(self);
	struct write *write = write_new(files, puts[0].id, n, cb, arg);
	size_t i;

	write->puts = mem_new_n(struct store_definition_new, n);
	for (i = 0; i < n; i++)
		write->puts[i] = (struct store_definition_new){
			.kind = puts[i].kind,
			.id = kept(write, puts[i].id),
			.name = kept(write, puts[i].name),
			.description = kept(write, puts[i].description),
			.definition = kept(write, puts[i].definition),
			.tenant_id = kept(write, puts[i].tenant_id),
			.only_tenant = kept(write, puts[i].only_tenant),
			.expect = puts[i].expect,
		};
	file_patience_start(&write->wait, files->loop);
}

static void files_remove(void *self, enum store_definition_kind kind, const char *id,
			 const char *only_tenant, int64_t expect, def_put_cb cb,
			 void *arg)
{
	struct def_files *files = files_of(self);
	struct write *write = write_new(files, id, 1, cb, arg);

	write->kind = kind;
	write->only_tenant = kept(write, only_tenant);
	write->expect = expect;
	file_patience_start(&write->wait, files->loop);
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

static void get_past(const struct def_files *files, enum store_definition_kind kind,
		     const char *id, int64_t version, def_get_cb cb, void *arg)
{
	struct store_definition found = {
		.id = id,
		.version = version,
		.tenant_id = files->conf->limits.default_tenant,
	};
	char *text = NULL;
	struct err err;
	int rc = version ? defs_past_read(files->conf->data_dir, kind, id, version, &text,
					  &err)
			 : ERR_NOT_FOUND;

	if (rc == 0) {
		found.definition = text;
		cb(arg, ERRORS_NONE, &found);
	} else if (rc == ERR_NOT_FOUND) {
		cb(arg, ERRORS_NO_DEFINITION, NULL);
	} else {
		log_warn("definition.version_unreadable", LOG_S("id", id),
			 LOG_S("error", err.text));
		cb(arg, ERRORS_DISK, NULL);
	}
	mem_free(text);
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
		get_past(files, kind, id, version, cb, arg);
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

struct versions {
	struct store_version at[DEFS_PAST_MAX + 1];
	char moments[DEFS_PAST_MAX + 1][MOMENT_MAX];
	size_t count;
};

static void add_past(struct versions *all, const struct defs_past *past)
{
	struct store_version *one = &all->at[all->count];

	one->version = past->version;
	one->bytes = past->bytes;
	one->created_at = moment_text_row(past->at_ms, all->moments[all->count]);
	all->count++;
}

/* What is there now in front. A hand may have changed it, which no time is known of. */
static void gather_versions(const struct def_files *files,
			    enum store_definition_kind kind, const char *id,
			    struct versions *all)
{
	const struct files_item *item = files_list_find(list_of(files, kind), id);
	struct json *doc = read_item(item);
	struct defs_past past[DEFS_PAST_MAX];
	size_t i, n = defs_past_list(files->conf->data_dir, kind, id, past);
	int64_t now = doc ? defs_folder_version(kind, doc) : 0;

	memset(all, 0, sizeof(*all));
	if (doc && (!n || past[0].version != now)) {
		all->at[0].version = now;
		all->at[0].bytes = (int64_t)item->len;
		all->count = 1;
	}
	for (i = 0; i < n; i++)
		if (i == 0 || past[i].version != now)
			add_past(all, &past[i]);
	jsonr_free(doc);
}

static void files_versions(void *self, enum store_definition_kind kind, const char *id,
			   int64_t below, int limit, def_versions_cb cb, void *arg)
{
	struct versions *all = mem_new(struct versions);
	size_t from = 0, n;

	gather_versions(files_of(self), kind, id, all);
	/* their numbers have no order: a page goes on behind the one that it names */
	if (below != INT64_MAX) {
		while (from < all->count && all->at[from].version != below)
			from++;
		from += from < all->count;
	}
	n = all->count - from;
	cb(arg, ERRORS_NONE, all->at + from, n < (size_t)limit ? n : (size_t)limit);
	mem_free(all);
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

void def_files_deinit(struct def_files *files)
{
	struct list *node;
	struct err err;

	(void)err_set(&err, ERR_CLOSED, "this process leaves");
	while (!list_empty(&files->writes)) {
		node = files->writes.next;
		file_patience_stop(&list_entry(node, struct write, node)->wait);
		on_written(&list_entry(node, struct write, node)->wait, err.code, &err);
	}
}

void def_files_init(struct def_files *files, const struct conf *conf,
		    struct ev_loop *loop, struct file_catalog *catalog)
{
	files->loop = loop;
	list_init(&files->writes);
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
