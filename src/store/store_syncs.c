/* store_syncs.c - definition_sources and definition_syncs: what a data folder has sent */
#include "store/store_syncs.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_syncs_put(struct pg_batch *batch, const struct store_sync_new *sync)
{
	int at = add(batch, STORE_SQL_DEFINITION_SYNC);

	pg_batch_text(batch, sync->source, -1);
	pg_batch_text(batch, store_definition_kind_name(sync->put.kind), -1);
	pg_batch_text(batch, sync->put.id, -1);
	pg_batch_text(batch, sync->put.name, -1);
	pg_batch_text(batch, sync->put.description, -1);
	pg_batch_text(batch, sync->put.definition, -1);
	pg_batch_text(batch, sync->sha256, -1);
	pg_batch_text(batch, sync->put.tenant_id, -1);
	pg_batch_bool(batch, sync->force);
	return at;
}

void store_syncs_put_read(const struct pg_reply *reply, int statement,
			  struct store_put *ret)
{
	*ret = (struct store_put){
		.outcome =
			store_definitions_outcome(pg_reply_text(reply, statement, 0, 0)),
		.version = pg_reply_int(reply, statement, 0, 1),
		.detail = pg_reply_text(reply, statement, 0, 2),
	};
}

int store_syncs_gone(struct pg_batch *batch, const char *source,
		     enum store_definition_kind kind, const char *const *ids,
		     size_t count)
{
	int at = add(batch, STORE_SQL_DEFINITIONS_GONE);
	pg_col column;
	size_t i;

	pg_batch_text(batch, source, -1);
	pg_batch_text(batch, store_definition_kind_name(kind), -1);
	column = pg_batch_column(batch, PG_COL_TEXT, count);
	for (i = 0; i < count; i++)
		pg_batch_put_text(batch, column, ids[i], -1);
	return at;
}

int store_syncs_gone_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_syncs_gone_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}

int store_syncs_note(struct pg_batch *batch, const char *source, const char *files)
{
	int at = add(batch, STORE_SQL_DEFINITION_SYNC_NOTE);

	pg_batch_text(batch, source, -1);
	pg_batch_text(batch, files, -1);
	return at;
}

const char *store_syncs_note_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_text(reply, statement, 0, 0);
}

int store_syncs_status(struct pg_batch *batch, const char *source)
{
	int at = add(batch, STORE_SQL_DEFINITION_SYNC_READ);

	pg_batch_text(batch, source, -1);
	return at;
}

void store_syncs_status_read(const struct pg_reply *reply, int statement,
			     struct store_sync_status *ret)
{
	int i;

	*ret = (struct store_sync_status){
		.synced_at = pg_reply_text(reply, statement, 0, 0),
		.files = pg_reply_text(reply, statement, 0, 1),
		.settings = pg_reply_int(reply, statement, 0, 6),
		.tombstones = pg_reply_int(reply, statement, 0, 7),
	};
	for (i = 0; i < STORE_DEFINITION_KINDS; i++)
		ret->counts[i] = pg_reply_int(reply, statement, 0, 2 + i);
}
