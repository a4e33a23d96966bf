/*
 * store_scale.c - table scale_settings, fleet_settings, and what the settings page asks
 *
 * The page's lists are for people to look at and are printed as JSON where the rows are.
 */
#include "store/store_scale.h"

#include "base/mem.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

struct store_settings {
	struct pg_batch *batch;
	pg_col keys, values;
};

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

struct store_settings *store_settings_begin(struct pg_batch *batch, int *statement)
{
	struct store_settings *settings = mem_new(struct store_settings);

	*statement = add(batch, STORE_SQL_SCALE_SETTINGS_PUT);
	settings->batch = batch;
	settings->keys = pg_batch_column(batch, PG_COL_TEXT, 40);
	settings->values = pg_batch_column(batch, PG_COL_TEXT, 40);
	return settings;
}

void store_settings_add(struct store_settings *settings, const char *key,
			const char *value)
{
	pg_batch_put_text(settings->batch, settings->keys, key, -1);
	pg_batch_put_text(settings->batch, settings->values, value, -1);
}

void store_settings_end(struct store_settings *settings)
{
	mem_free(settings);
}

int store_scale_ask(struct pg_batch *batch, enum store_scale_ask ask, const char *text,
		    int64_t n)
{
	static const enum store_sql_text sql[] = {
		[STORE_SCALE_ANALYTICS] = STORE_SQL_SCALE_ANALYTICS,
		[STORE_SCALE_RUNS] = STORE_SQL_SCALE_RUNS,
		[STORE_SCALE_RUN] = STORE_SQL_SCALE_RUN,
		[STORE_SCALE_LETTERS] = STORE_SQL_SCALE_LETTERS,
		[STORE_SCALE_TENANTS] = STORE_SQL_SCALE_TENANTS,
		[STORE_SCALE_WORKER] = STORE_SQL_SCALE_WORKER,
	};
	int at = add(batch, sql[ask]);

	switch (ask) {
	case STORE_SCALE_RUNS:
		pg_batch_int8(batch, n);
		pg_batch_text(batch, text, -1);
		break;
	case STORE_SCALE_RUN:
	case STORE_SCALE_WORKER:
		pg_batch_text(batch, text, -1);
		break;
	case STORE_SCALE_ANALYTICS:
	case STORE_SCALE_LETTERS:
	case STORE_SCALE_TENANTS:
		break;
	}
	return at;
}

const char *store_scale_read(const struct pg_reply *reply, int statement)
{
	if (!pg_reply_rows(reply, statement))
		return NULL;
	return pg_reply_text(reply, statement, 0, 0);
}

int store_scale_tenant_put(struct pg_batch *batch, const struct store_tenant_new *put)
{
	int at = add(batch, STORE_SQL_SCALE_TENANT_PUT);

	pg_batch_text(batch, put->tenant_id, -1);
	pg_batch_text(batch, put->name, -1);
	pg_batch_int8(batch, put->concurrent_max);
	pg_batch_int8(batch, put->queued_max);
	pg_batch_int8(batch, put->priority);
	return at;
}

int store_scale_tenant_delete(struct pg_batch *batch, const char *tenant_id)
{
	int at = add(batch, STORE_SQL_SCALE_TENANT_DELETE);

	pg_batch_text(batch, tenant_id, -1);
	return at;
}

int store_scale_worker_delete(struct pg_batch *batch, const char *worker_id)
{
	int at = add(batch, STORE_SQL_SCALE_WORKER_DELETE);

	pg_batch_text(batch, worker_id, -1);
	return at;
}

int store_scale_probe(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_SCALE_PROBE);
}

int store_fleet_read(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_FLEET_READ);
}

int64_t store_fleet_read_version(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) ? pg_reply_int(reply, statement, 0, 0) : 0;
}

const char *store_fleet_read_settings(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) ? pg_reply_text(reply, statement, 0, 1)
					       : "{}";
}

int store_fleet_put(struct pg_batch *batch, int64_t expect, const char *settings,
		    const char *by)
{
	int at = add(batch, STORE_SQL_FLEET_PUT);

	pg_batch_int8(batch, expect);
	pg_batch_text(batch, settings, -1);
	pg_batch_text(batch, by, -1);
	return at;
}

int64_t store_fleet_put_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) ? pg_reply_int(reply, statement, 0, 0) : 0;
}
