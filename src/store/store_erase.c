/* store_erase.c - all that the tables have of a run goes */
#include "store/store_erase.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

#include <string.h>

int store_erase(struct pg_batch *batch, const char *run_id, const char *tenant_id)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_RUN_DELETE]);

	pg_batch_text(batch, run_id, -1);
	pg_batch_text(batch, tenant_id, -1);
	(void)pg_batch_add(batch, &store_sql_texts[STORE_SQL_RUN_STANDING]);
	pg_batch_text(batch, run_id, -1);
	return at;
}

bool store_erase_read(const struct pg_reply *reply, int statement, const char *tenant_id,
		      const char **status)
{
	const char *tenant;

	*status = NULL;
	if (pg_reply_rows(reply, statement))
		return true;
	if (!pg_reply_rows(reply, statement + 1))
		return false;
	tenant = pg_reply_text(reply, statement + 1, 0, 1);
	if (!tenant_id || strcmp(tenant, tenant_id) == 0)
		*status = pg_reply_text(reply, statement + 1, 0, 0);
	return false;
}
