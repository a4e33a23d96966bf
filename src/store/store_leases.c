/*
 * store_leases.c - who may do what only one may do
 *
 * One row a lease and one statement an act, so that it works through a pooler that gives
 * every statement another session. Whether a lease has run out Postgres' clock decides.
 */
#include "store/store_leases.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_leases_take(struct pg_batch *batch, const char *name, const char *holder,
		      int64_t ttl_ms)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_LEASE_TAKE]);

	pg_batch_text(batch, name, -1);
	pg_batch_text(batch, holder, -1);
	pg_batch_int8(batch, ttl_ms);
	return at;
}

bool store_leases_take_read(const struct pg_reply *reply, int statement,
			    int64_t *ret_term)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret_term = pg_reply_int(reply, statement, 0, 0);
	return true;
}

int store_leases_give(struct pg_batch *batch, const char *name, const char *holder)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_LEASE_GIVE]);

	pg_batch_text(batch, name, -1);
	pg_batch_text(batch, holder, -1);
	return at;
}

int store_leases_get(struct pg_batch *batch, const char *name)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_LEASE_GET]);

	pg_batch_text(batch, name, -1);
	return at;
}

bool store_leases_get_read(const struct pg_reply *reply, int statement,
			   struct store_lease *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_lease){
		.holder = pg_reply_text(reply, statement, 0, 0),
		.term = pg_reply_int(reply, statement, 0, 1),
		.left_ms = pg_reply_int(reply, statement, 0, 2),
	};
	return true;
}
