/* store_why.c - what Postgres knows of why a run does not go on */
#include "store/store_why.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_why(struct pg_batch *batch, const char *run_id, int64_t fresh_ms)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_RUN_WHY]);

	pg_batch_text(batch, run_id, -1);
	pg_batch_int8(batch, fresh_ms);
	return at;
}

bool store_why_read(const struct pg_reply *reply, int statement, struct store_why *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_why){
		.status = pg_reply_text(reply, statement, 0, 0),
		.tenant_id = pg_reply_text(reply, statement, 0, 1),
		.queue = pg_reply_text(reply, statement, 0, 2),
		.lane = pg_reply_text(reply, statement, 0, 3),
		.wake = pg_reply_int(reply, statement, 0, 4),
		.cancelling = pg_reply_bool(reply, statement, 0, 5),
		.early = pg_reply_bool(reply, statement, 0, 6),
		.run_at = pg_reply_text(reply, statement, 0, 7),
		.worker_id = pg_reply_text(reply, statement, 0, 8),
		.current_step_id = pg_reply_text(reply, statement, 0, 9),
		.paused = pg_reply_bool(reply, statement, 0, 10),
		.paused_reason = pg_reply_text(reply, statement, 0, 11),
		.online = pg_reply_int(reply, statement, 0, 12),
		.capable = pg_reply_int(reply, statement, 0, 13),
		.room = pg_reply_int(reply, statement, 0, 14),
	};
	return true;
}
