/* store_tools.c - table tools: custom tools, as a stock server stores them */
#include "store/store_tools.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_tools_get(struct pg_batch *batch, const char *name, const char *run_id,
		    const char *common_tenant)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_TOOL_GET]);

	pg_batch_text(batch, name, -1);
	pg_batch_text(batch, run_id, -1);
	pg_batch_text(batch, common_tenant, -1);
	return at;
}

const char *store_tools_get_read(const struct pg_reply *reply, int statement)
{
	if (!pg_reply_rows(reply, statement))
		return NULL;
	return pg_reply_text(reply, statement, 0, 0);
}
