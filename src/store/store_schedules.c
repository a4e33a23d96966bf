/* store_schedules.c - what is to be started again and again */
#include "store/store_schedules.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

#include <string.h>

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

static void put_moment(struct pg_batch *batch, int64_t at_sec)
{
	if (at_sec >= 0)
		pg_batch_int8(batch, at_sec);
	else
		pg_batch_null(batch, PG_COL_INT8);
}

static void put_moments(struct pg_batch *batch, const int64_t *due_sec,
			const char *const *run_ids, size_t count)
{
	pg_col due = pg_batch_column(batch, PG_COL_INT8, count);
	pg_col ids = pg_batch_column(batch, PG_COL_TEXT, count);
	size_t i;

	for (i = 0; i < count; i++) {
		pg_batch_put_int8(batch, due, due_sec[i]);
		pg_batch_put_text(batch, ids, run_ids[i], -1);
	}
}

int store_schedules_list(struct pg_batch *batch, const char *tenant_id, const char *id,
			 const char *after, int limit)
{
	int at = add(batch, STORE_SQL_SCHEDULES_LIST);

	pg_batch_text(batch, tenant_id, -1);
	pg_batch_text(batch, id, -1);
	pg_batch_text(batch, after, -1);
	pg_batch_int8(batch, limit);
	return at;
}

int store_schedules_due(struct pg_batch *batch, int limit)
{
	int at = add(batch, STORE_SQL_SCHEDULES_DUE);

	pg_batch_int8(batch, limit);
	return at;
}

int store_schedules_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_schedules_read(const struct pg_reply *reply, int statement, int row,
			  struct store_schedule *ret)
{
	*ret = (struct store_schedule){
		.id = pg_reply_text(reply, statement, row, 0),
		.tenant_id = pg_reply_text(reply, statement, row, 1),
		.orchestration_id = pg_reply_text(reply, statement, row, 2),
		.cron = pg_reply_text(reply, statement, row, 3),
		.zone = pg_reply_text(reply, statement, row, 4),
		.body = pg_reply_text(reply, statement, row, 5),
		.missed = pg_reply_text(reply, statement, row, 6),
		.missed_max = pg_reply_int(reply, statement, row, 7),
		.overlap = pg_reply_text(reply, statement, row, 8),
		.paused = pg_reply_bool(reply, statement, row, 9),
		.version = pg_reply_int(reply, statement, row, 10),
		.next_at = pg_reply_text(reply, statement, row, 11),
		.next_us = pg_reply_int(reply, statement, row, 12),
		.created_at = pg_reply_text(reply, statement, row, 13),
		.updated_at = pg_reply_text(reply, statement, row, 14),
		.now_sec = pg_reply_int(reply, statement, row, 15),
	};
}

int store_schedules_put(struct pg_batch *batch, const struct store_schedule *schedule,
			bool only_new)
{
	int at = add(batch, STORE_SQL_SCHEDULE_PUT);

	pg_batch_text(batch, schedule->id, -1);
	pg_batch_text(batch, schedule->tenant_id, -1);
	pg_batch_text(batch, schedule->orchestration_id, -1);
	pg_batch_text(batch, schedule->cron, -1);
	pg_batch_text(batch, schedule->zone, -1);
	pg_batch_text(batch, schedule->body, -1);
	pg_batch_text(batch, schedule->missed, -1);
	pg_batch_int4(batch, (int32_t)schedule->missed_max);
	pg_batch_text(batch, schedule->overlap, -1);
	pg_batch_bool(batch, schedule->paused);
	put_moment(batch, schedule->next_sec);
	pg_batch_bool(batch, only_new);
	return at;
}

int store_schedules_pause(struct pg_batch *batch, const char *id, int64_t version,
			  bool paused, int64_t next_sec)
{
	int at = add(batch, STORE_SQL_SCHEDULE_PAUSE);

	pg_batch_text(batch, id, -1);
	pg_batch_int8(batch, version);
	pg_batch_bool(batch, paused);
	put_moment(batch, next_sec);
	return at;
}

int store_schedules_delete(struct pg_batch *batch, const char *id, const char *tenant_id)
{
	int at = add(batch, STORE_SQL_SCHEDULE_DELETE);

	pg_batch_text(batch, id, -1);
	pg_batch_text(batch, tenant_id, -1);
	return at;
}

bool store_schedules_changed(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) > 0;
}

int store_schedules_fires(struct pg_batch *batch, const char *id, int limit)
{
	int at = add(batch, STORE_SQL_SCHEDULE_FIRES);

	pg_batch_text(batch, id, -1);
	pg_batch_int8(batch, limit);
	return at;
}

void store_schedules_fires_read(const struct pg_reply *reply, int statement, int row,
				struct store_fire *ret)
{
	*ret = (struct store_fire){
		.due_at = pg_reply_text(reply, statement, row, 0),
		.state = pg_reply_text(reply, statement, row, 1),
		.run_id = pg_reply_text(reply, statement, row, 2),
		.detail = pg_reply_text(reply, statement, row, 3),
		.fired_at = pg_reply_text(reply, statement, row, 4),
	};
}

int store_schedules_fire(struct pg_batch *batch, const struct store_fire_ask *ask)
{
	int at = add(batch, STORE_SQL_SCHEDULE_FIRE);

	pg_batch_text(batch, ask->id, -1);
	pg_batch_int8(batch, ask->version);
	pg_batch_int8(batch, ask->next_us);
	put_moment(batch, ask->next_sec);
	put_moments(batch, ask->due_sec, ask->run_ids, ask->count);
	pg_batch_text(batch, ask->queue, -1);
	pg_batch_int8(batch, ask->run_timeout_ms);
	return at;
}

int store_schedules_release(struct pg_batch *batch, const char *queue,
			    int64_t run_timeout_ms, int limit)
{
	int at = add(batch, STORE_SQL_SCHEDULE_RELEASE);

	pg_batch_text(batch, queue, -1);
	pg_batch_int8(batch, run_timeout_ms);
	pg_batch_int8(batch, limit);
	return at;
}

int64_t store_schedules_fired(const struct pg_reply *reply, int statement,
			      const char *state)
{
	int n = pg_reply_rows(reply, statement), i;

	for (i = 0; i < n; i++)
		if (strcmp(pg_reply_text(reply, statement, i, 0), state) == 0)
			return pg_reply_int(reply, statement, i, 1);
	return 0;
}

int store_schedules_backfill(struct pg_batch *batch, const char *id,
			     const int64_t *due_sec, const char *const *run_ids,
			     size_t count)
{
	int at = add(batch, STORE_SQL_SCHEDULE_BACKFILL);

	pg_batch_text(batch, id, -1);
	put_moments(batch, due_sec, run_ids, count);
	return at;
}

int64_t store_schedules_backfill_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_int(reply, statement, 0, 0);
}
