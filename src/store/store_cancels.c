/*
 * store_cancels.c - runs that somebody wants to stop
 *
 * Every statement may be sent again: a request keeps the moment of the first one, and an
 * end finds its run only where that was when its journal was read.
 */
#include "store/store_cancels.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_cancels_ask(struct pg_batch *batch, const char *run_id, const char *tenant_id)
{
	int at = add(batch, STORE_SQL_CANCEL_ASK);

	pg_batch_text(batch, run_id, -1);
	pg_batch_text(batch, tenant_id, -1);
	return at;
}

int store_cancels_look(struct pg_batch *batch, const char *run_id, const char *tenant_id)
{
	int at = add(batch, STORE_SQL_CANCEL_LOOK);

	pg_batch_text(batch, run_id, -1);
	pg_batch_text(batch, tenant_id, -1);
	return at;
}

bool store_cancels_look_read(const struct pg_reply *reply, int statement,
			     struct store_cancel_look *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_cancel_look){
		.status = pg_reply_text(reply, statement, 0, 0),
		.owner = pg_reply_text(reply, statement, 0, 1),
		.wake = pg_reply_int(reply, statement, 0, 2),
		.epoch = pg_reply_int(reply, statement, 0, 3),
		.queue = pg_reply_text(reply, statement, 0, 4),
		.tenant_id = pg_reply_text(reply, statement, 0, 5),
		.journal_seq = pg_reply_int(reply, statement, 0, 6),
		.events = pg_reply_text(reply, statement, 0, 7),
		.steps = pg_reply_int(reply, statement, 0, 8),
		.now_ms = pg_reply_int(reply, statement, 0, 9),
	};
	return true;
}

int store_cancels_end(struct pg_batch *batch, const struct store_cancel_end *end)
{
	int at = add(batch, STORE_SQL_CANCEL_END);

	pg_batch_text(batch, end->run_id, -1);
	pg_batch_int8(batch, end->wake);
	pg_batch_int8(batch, end->epoch);
	pg_batch_text(batch, end->error, -1);
	pg_batch_int8(batch, end->journal_seq);
	pg_batch_text(batch, end->events, -1);
	pg_batch_int8(batch, end->event_seq);
	pg_batch_text(batch, end->response, -1);
	return at;
}

bool store_cancels_end_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) > 0;
}
