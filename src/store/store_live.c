/*
 * store_live.c - runs by readiness, and who lives
 *
 * ready_at moves only when a run wakes, and the index on it holds live rows only, so a
 * page costs what it returns however many runs have ended.
 */
#include "store/store_live.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

int store_live_page(struct pg_batch *batch, const struct store_live_ask *ask)
{
	static const int statements[] = {
		[STORE_LIVE_ALL] = STORE_SQL_RUNS_LIVE,
		[STORE_LIVE_DUE] = STORE_SQL_RUNS_DUE,
		[STORE_LIVE_WAITING] = STORE_SQL_RUNS_WAITING,
	};
	int at = pg_batch_add(batch, &store_sql_texts[statements[ask->which]]);

	pg_batch_text(batch, ask->queue, -1);
	pg_batch_int8(batch, ask->behind_us);
	pg_batch_text(batch, ask->behind_run, -1);
	pg_batch_int8(batch, ask->ready_for_ms);
	pg_batch_int8(batch, ask->which == STORE_LIVE_WAITING ? ask->ready_under_ms
							      : ask->old_ms);
	pg_batch_int8(batch, (int64_t)ask->rows);
	return at;
}

int store_live_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_live_read(const struct pg_reply *reply, int statement, int row,
		     struct store_live *ret)
{
	*ret = (struct store_live){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.ready_at_us = pg_reply_int(reply, statement, row, 1),
		.wake = pg_reply_int(reply, statement, row, 2),
		.attempt = pg_reply_int(reply, statement, row, 3),
		.requeues = pg_reply_int(reply, statement, row, 4),
		.priority = pg_reply_int(reply, statement, row, 5),
		.lane = pg_reply_text(reply, statement, row, 6),
		.tenant_id = pg_reply_text(reply, statement, row, 7),
		.owner = pg_reply_text(reply, statement, row, 8),
		.orchestration_id = pg_reply_text(reply, statement, row, 9),
		.definition_version = pg_reply_int(reply, statement, row, 10),
		.running_max = pg_reply_int(reply, statement, row, 11),
		.owner_is =
			(enum store_live_owner)pg_reply_int(reply, statement, row, 12),
		.chat = pg_reply_bool(reply, statement, row, 13),
	};
}

int store_live_workers(struct pg_batch *batch, int64_t ttl_ms)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_WORKERS_YOUNG]);

	pg_batch_int8(batch, ttl_ms);
	return at;
}

int store_live_workers_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_live_workers_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}
