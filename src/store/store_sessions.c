/* store_sessions.c - who is signed in to the page */
#include "store/store_sessions.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_sessions_open(struct pg_batch *batch, const char *token_hash,
			const char *key_hash, int64_t seconds)
{
	int at = add(batch, STORE_SQL_SESSION_OPEN);

	pg_batch_text(batch, token_hash, -1);
	pg_batch_text(batch, key_hash, -1);
	pg_batch_int8(batch, seconds);
	return at;
}

bool store_sessions_read(const struct pg_reply *reply, int statement,
			 struct store_session *ret)
{
	if (pg_reply_rows(reply, statement) == 0)
		return false;
	*ret = (struct store_session){
		.good = pg_reply_bool(reply, statement, 0, 0),
		.key_name = pg_reply_text(reply, statement, 0, 1),
		.tenant_id = pg_reply_text(reply, statement, 0, 2),
		.expires_at = pg_reply_text(reply, statement, 0, 3),
		.age_sec = pg_reply_int(reply, statement, 0, 4),
		.keys = pg_reply_bool(reply, statement, 0, 5),
	};
	return true;
}

int store_sessions_get(struct pg_batch *batch, const char *token_hash)
{
	int at = add(batch, STORE_SQL_SESSION_GET);

	pg_batch_text(batch, token_hash, -1);
	return at;
}

int store_sessions_rotate(struct pg_batch *batch, const char *old_hash,
			  const char *new_hash)
{
	int at = add(batch, STORE_SQL_SESSION_ROTATE);

	pg_batch_text(batch, old_hash, -1);
	pg_batch_text(batch, new_hash, -1);
	return at;
}

int store_sessions_end(struct pg_batch *batch, const char *token_hash)
{
	int at = add(batch, STORE_SQL_SESSION_END);

	pg_batch_text(batch, token_hash, -1);
	return at;
}
