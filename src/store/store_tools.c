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

int store_tools_list(struct pg_batch *batch, const char *const *names, size_t count,
		     bool all, const char *run_id, const char *common_tenant, int most)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_TOOLS_LIST]);
	pg_col column = pg_batch_column(batch, PG_COL_TEXT, count);
	size_t i;

	for (i = 0; i < count; i++)
		pg_batch_put_text(batch, column, names[i], -1);
	pg_batch_bool(batch, all);
	pg_batch_text(batch, run_id, -1);
	pg_batch_text(batch, common_tenant, -1);
	pg_batch_int8(batch, most);
	return at;
}

int store_tools_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_tools_list_read(const struct pg_reply *reply, int statement, int row,
			   struct store_tool *ret)
{
	*ret = (struct store_tool){
		.id = pg_reply_text(reply, statement, row, 0),
		.name = pg_reply_text(reply, statement, row, 1),
		.definition = pg_reply_text(reply, statement, row, 2),
	};
}
