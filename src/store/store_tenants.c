/* store_tenants.c - tenants: their limits, and the queue that each is pinned to */
#include "store/store_tenants.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_tenants_pin(struct pg_batch *batch, const char *tenant_id, const char *queue)
{
	int at;

	(void)pg_batch_add(batch, &store_sql_texts[STORE_SQL_TENANT_PIN]);
	pg_batch_text(batch, tenant_id, -1);
	pg_batch_text(batch, queue, -1);
	at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_TENANT_GET]);
	pg_batch_text(batch, tenant_id, -1);
	return at;
}

int store_tenants_list(struct pg_batch *batch)
{
	return pg_batch_add(batch, &store_sql_texts[STORE_SQL_TENANTS_LIST]);
}

int store_tenants_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_tenants_read(const struct pg_reply *reply, int statement, int row,
			struct store_tenant *ret)
{
	*ret = (struct store_tenant){
		.tenant_id = pg_reply_text(reply, statement, row, 0),
		.name = pg_reply_text(reply, statement, row, 1),
		.queue = pg_reply_text(reply, statement, row, 2),
		.max_concurrent_runs = pg_reply_int(reply, statement, row, 3),
		.max_queued_runs = pg_reply_int(reply, statement, row, 4),
	};
}
