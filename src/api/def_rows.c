/*
 * def_rows.c - definitions in Postgres, for handlers
 *
 * Secrets are masked by the database (migration 8), so none of them comes here. What
 * changes is known to submissions of this child at once, to others within 4 s
 * (catalog.h).
 */
#include "api/def_rows.h"

#include "api/catalog.h"
#include "api/pg_read.h"
#include "base/ids.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

#include <stdio.h>

#define TRIES 3

static struct def_rows *rows_of(void *self)
{
	return self;
}

/* -- writes -- */

struct put {
	struct def_rows *rows;
	def_put_cb cb;
	void *arg;
	size_t n;
	int *statements; /* owned */
	char **changed;  /* owned, as its texts: orchestrations; NULL: of another kind */
};

static void put_free(struct put *put)
{
	size_t i;

	for (i = 0; i < put->n; i++)
		mem_free(put->changed[i]);
	mem_free(put->changed);
	mem_free(put->statements);
	mem_free(put);
}

static struct put *put_new(struct def_rows *rows, size_t n, def_put_cb cb, void *arg)
{
	struct put *put = mem_new(struct put);

	put->rows = rows;
	put->cb = cb;
	put->arg = arg;
	put->n = n;
	put->statements = mem_new_n(int, n + 1);
	put->changed = mem_new_n(char *, n + 1);
	return put;
}

static void on_put(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct put *put = arg;
	struct store_put *puts = mem_new_n(struct store_put, put->n + 1);
	size_t i;

	for (i = 0; error == ERRORS_NONE && i < put->n; i++) {
		store_definitions_put_read(reply, put->statements[i], &puts[i]);
		if (put->changed[i])
			catalog_changed(put->rows->catalog, put->changed[i]);
	}
	put->cb(put->arg, error, puts);
	mem_free(puts);
	put_free(put);
}

static void rows_put(void *self, const struct store_definition_new *puts, size_t n,
		     def_put_cb cb, void *arg)
{
	struct put *put = put_new(rows_of(self), n, cb, arg);
	struct pg_batch *batch = pg_batch_new();
	size_t i;

	if (n > 1)
		store_definitions_lock(batch);
	for (i = 0; i < n; i++) {
		put->statements[i] = store_definitions_put(batch, &puts[i]);
		if (puts[i].kind == STORE_ORCHESTRATION)
			put->changed[i] = mem_dup(puts[i].id);
	}
	pg_read(put->rows->pool, batch, on_put, put);
}

static void rows_remove(void *self, enum store_definition_kind kind, const char *id,
			const char *only_tenant, int64_t expect, def_put_cb cb, void *arg)
{
	struct put *put = put_new(rows_of(self), 1, cb, arg);
	struct pg_batch *batch = pg_batch_new();

	put->statements[0] =
		store_definitions_delete(batch, kind, id, only_tenant, expect);
	if (kind == STORE_ORCHESTRATION)
		put->changed[0] = mem_dup(id);
	pg_read(put->rows->pool, batch, on_put, put);
}

/* -- reads -- */

struct reading {
	struct def_rows *rows;
	enum store_definition_kind kind;
	char id[IDS_MAX];
	int statement;
	int tries;
	union {
		def_list_cb list;
		def_get_cb get;
		def_versions_cb versions;
		def_export_cb export;
	} cb;
	void *arg;
};

static struct reading *reading_new(void *self, enum store_definition_kind kind,
				   const char *id, void *arg)
{
	struct reading *reading = mem_new(struct reading);

	reading->rows = rows_of(self);
	reading->kind = kind;
	reading->arg = arg;
	(void)snprintf(reading->id, sizeof(reading->id), "%s", id ? id : "");
	return reading;
}

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_definition_item *items = NULL;
	int i, n = 0;

	if (error == ERRORS_NONE)
		n = store_definitions_list_count(reply, reading->statement);
	items = mem_new_n(struct store_definition_item, (size_t)n + 1);
	for (i = 0; i < n; i++)
		store_definitions_list_read(reply, reading->statement, i, &items[i]);
	reading->cb.list(reading->arg, error, items, (size_t)n);
	mem_free(items);
	mem_free(reading);
}

static void rows_list(void *self, enum store_definition_kind kind, def_list_cb cb,
		      void *arg)
{
	struct reading *reading = reading_new(self, kind, NULL, arg);
	struct pg_batch *batch = pg_batch_new();

	reading->cb.list = cb;
	reading->statement = store_definitions_list(batch, kind);
	pg_read(reading->rows->pool, batch, on_list, reading);
}

static void get_current(struct reading *reading);

static void got(struct reading *reading, enum errors_code error,
		const struct store_definition *found)
{
	reading->cb.get(reading->arg, error, error == ERRORS_NONE ? found : NULL);
	mem_free(reading);
}

static void on_current(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_definition found = { .definition = NULL };

	if (error == ERRORS_NONE) {
		switch (store_definitions_get_read(reply, reading->statement, &found)) {
		case STORE_DEFINITION_AGAIN:
			if (reading->tries < TRIES) {
				get_current(reading);
				return;
			}
			error = ERRORS_BUSY;
			break;
		case STORE_DEFINITION_NONE:
			error = ERRORS_NO_DEFINITION;
			break;
		case STORE_DEFINITION_FOUND:
			break;
		}
	}
	got(reading, error, &found);
}

static void get_current(struct reading *reading)
{
	struct pg_batch *batch = pg_batch_new();

	reading->tries++;
	reading->statement = store_definitions_get(batch, reading->kind, reading->id);
	pg_read(reading->rows->pool, batch, on_current, reading);
}

static void on_version(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_definition found = { .definition = NULL };

	if (error == ERRORS_NONE &&
	    !store_definitions_version_read(reply, reading->statement, &found))
		error = ERRORS_NO_DEFINITION;
	got(reading, error, &found);
}

static void rows_get(void *self, enum store_definition_kind kind, const char *id,
		     int64_t version, def_get_cb cb, void *arg)
{
	struct reading *reading = reading_new(self, kind, id, arg);
	struct pg_batch *batch;

	reading->cb.get = cb;
	if (!version) {
		get_current(reading);
		return;
	}
	batch = pg_batch_new();
	reading->statement = store_definitions_version(batch, kind, id, version);
	pg_read(reading->rows->pool, batch, on_version, reading);
}

static void on_versions(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct store_version *versions;
	int i, n = 0;

	if (error == ERRORS_NONE)
		n = store_definitions_versions_count(reply, reading->statement);
	versions = mem_new_n(struct store_version, (size_t)n + 1);
	for (i = 0; i < n; i++)
		store_definitions_versions_read(reply, reading->statement, i,
						&versions[i]);
	reading->cb.versions(reading->arg, error, versions, (size_t)n);
	mem_free(versions);
	mem_free(reading);
}

static void rows_versions(void *self, enum store_definition_kind kind, const char *id,
			  int64_t below, int limit, def_versions_cb cb, void *arg)
{
	struct reading *reading = reading_new(self, kind, id, arg);
	struct pg_batch *batch = pg_batch_new();

	reading->cb.versions = cb;
	reading->statement = store_definitions_versions(batch, kind, id, below, limit);
	pg_read(reading->rows->pool, batch, on_versions, reading);
}

static void on_export(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct def_text *texts;
	int i, n = 0;

	if (error == ERRORS_NONE)
		n = store_definitions_export_count(reply, reading->statement);
	texts = mem_new_n(struct def_text, (size_t)n + 1);
	for (i = 0; i < n; i++)
		store_definitions_export_read(reply, reading->statement, i,
					      &texts[i].kind, &texts[i].text);
	reading->cb.export(reading->arg, error, texts, (size_t)n);
	mem_free(texts);
	mem_free(reading);
}

static void rows_export(void *self, const struct store_export *ask, def_export_cb cb,
			void *arg)
{
	struct reading *reading = reading_new(self, STORE_ORCHESTRATION, NULL, arg);
	struct pg_batch *batch = pg_batch_new();

	reading->cb.export = cb;
	reading->statement = store_definitions_export(batch, ask);
	pg_read(reading->rows->pool, batch, on_export, reading);
}

void def_rows_init(struct def_rows *rows, struct pg_pool *pool, struct catalog *catalog)
{
	rows->pool = pool;
	rows->catalog = catalog;
	rows->port = (struct def_port){
		.self = rows,
		.put = rows_put,
		.remove = rows_remove,
		.list = rows_list,
		.get = rows_get,
		.versions = rows_versions,
		.export = rows_export,
	};
}
