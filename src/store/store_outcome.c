/*
 * store_outcome.c - how a run that somebody waits for is over
 *
 * One statement, asked again and again by who waits: state and history come when there is
 * an end to tell, not before.
 */
#include "store/store_outcome.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_outcome_get(struct pg_batch *batch, const char *run_id)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_RUN_OUTCOME]);

	pg_batch_text(batch, run_id, -1);
	return at;
}

bool store_outcome_read(const struct pg_reply *reply, int statement,
			struct store_outcome *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_outcome){
		.tenant_id = pg_reply_text(reply, statement, 0, 0),
		.status = pg_reply_text(reply, statement, 0, 1),
		.over = pg_reply_bool(reply, statement, 0, 2),
		.response = pg_reply_text(reply, statement, 0, 3),
		.error = pg_reply_text(reply, statement, 0, 4),
		.state = pg_reply_text(reply, statement, 0, 5),
		.history = pg_reply_text(reply, statement, 0, 6),
		.path = pg_reply_text(reply, statement, 0, 7),
		.step_id = pg_reply_text(reply, statement, 0, 8),
		.prompt = pg_reply_text(reply, statement, 0, 9),
		.fields = pg_reply_text(reply, statement, 0, 10),
		.context = pg_reply_text(reply, statement, 0, 11),
	};
	return true;
}
