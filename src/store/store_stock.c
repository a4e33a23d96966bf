/*
 * store_stock.c - runs that stock programs left waiting for people
 *
 * They are left alone until somebody answers here: a stock worker that is still there may
 * have them as well as we, and whose commit comes first has them.
 */
#include "store/store_stock.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_stock_look(struct pg_batch *batch, const char *run_id)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_STOCK_PAUSED]);

	pg_batch_text(batch, run_id, -1);
	return at;
}

bool store_stock_look_read(const struct pg_reply *reply, int statement,
			   struct store_stock_paused *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_stock_paused){
		.orchestration_id = pg_reply_text(reply, statement, 0, 0),
		.tenant_id = pg_reply_text(reply, statement, 0, 1),
		.step_id = pg_reply_text(reply, statement, 0, 2),
		.prompt = pg_reply_text(reply, statement, 0, 3),
		.state = pg_reply_text(reply, statement, 0, 4),
		.history = pg_reply_text(reply, statement, 0, 5),
		.nested = pg_reply_text(reply, statement, 0, 6) != NULL,
	};
	return true;
}

void store_stock_adopt(struct pg_batch *batch, const struct store_stock_adopt *adopt)
{
	(void)pg_batch_add(batch, &store_sql_texts[STORE_SQL_STOCK_ADOPT]);
	pg_batch_text(batch, adopt->run_id, -1);
	pg_batch_int8(batch, adopt->definition_version);
	pg_batch_text(batch, adopt->queue, -1);
	pg_batch_text(batch, adopt->step_id, -1);
	pg_batch_text(batch, adopt->path, -1);
	pg_batch_int4(batch, adopt->execution);
	pg_batch_text(batch, adopt->events, -1);
	pg_batch_text(batch, adopt->snapshot, -1);
}
