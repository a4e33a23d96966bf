/*
 * store_keys.c - who may call
 *
 * A key's text exists once, in the answer that made it: the table has its SHA-256, which
 * is enough, since keys are random and long.
 */
#include "store/store_keys.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_ids.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_keys_create(struct pg_batch *batch, const char *id, const char *name,
		      const char *key_hash, const char *key_prefix, const char *tenant_id)
{
	int at = add(batch, STORE_SQL_KEY_CREATE);

	pg_batch_text(batch, id, -1);
	pg_batch_text(batch, name, -1);
	pg_batch_text(batch, key_hash, -1);
	pg_batch_text(batch, key_prefix, -1);
	pg_batch_text(batch, tenant_id, -1);
	return at;
}

void store_keys_import(struct pg_batch *batch, const struct store_key *key,
		       const char *key_hash)
{
	(void)pg_batch_add(batch, &store_sql_texts[STORE_SQL_KEY_IMPORT]);
	pg_batch_text(batch, key->id, -1);
	pg_batch_text(batch, key->name, -1);
	pg_batch_text(batch, key_hash, -1);
	pg_batch_text(batch, key->key_prefix, -1);
	pg_batch_text(batch, key->tenant_id, -1);
	pg_batch_text(batch, key->created_at, -1);
	pg_batch_int4(batch, key->is_active);
}

int store_keys_list(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_KEYS_LIST);
}

int store_keys_find(struct pg_batch *batch, const char *key_hash)
{
	int at = add(batch, STORE_SQL_KEY_FIND);

	pg_batch_text(batch, key_hash, -1);
	return at;
}

int store_keys_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_keys_read(const struct pg_reply *reply, int statement, int row,
		     struct store_key *ret)
{
	*ret = (struct store_key){
		.id = pg_reply_text(reply, statement, row, 0),
		.name = pg_reply_text(reply, statement, row, 1),
		.key_prefix = pg_reply_text(reply, statement, row, 2),
		.tenant_id = pg_reply_text(reply, statement, row, 3),
		.created_at = pg_reply_text(reply, statement, row, 4),
		.last_used_at = pg_reply_text(reply, statement, row, 5),
		.is_active = pg_reply_bool(reply, statement, row, 6),
	};
}

int store_keys_ended(struct pg_batch *batch, const char *const *hashes, size_t n)
{
	int at = add(batch, STORE_SQL_KEYS_ENDED);

	store_ids_put(batch, hashes, n);
	return at;
}

const char *store_keys_ended_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}

int store_keys_revoke(struct pg_batch *batch, const char *id)
{
	int at = add(batch, STORE_SQL_KEY_REVOKE);

	pg_batch_text(batch, id, -1);
	return at;
}

int store_keys_used(struct pg_batch *batch, const char *const *ids, size_t n)
{
	int at = add(batch, STORE_SQL_KEYS_USED);

	store_ids_put(batch, ids, n);
	return at;
}
