/*
 * store_crashes.c - deaths of workers that are laid to a run, and its end by them
 *
 * Every statement may be sent again: a charge names the death, an end names the charge,
 * and the journal's key refuses the second row.
 */
#include "store/store_crashes.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_crashes_charge(struct pg_batch *batch, const char *run_id, int64_t wake,
			 const char *cause, const char *dead)
{
	int at = add(batch, STORE_SQL_CRASH_CHARGE);

	pg_batch_text(batch, run_id, -1);
	pg_batch_int8(batch, wake);
	pg_batch_text(batch, cause, -1);
	pg_batch_text(batch, dead, -1);
	return at;
}

int store_crashes_look(struct pg_batch *batch, const char *run_id)
{
	int at = add(batch, STORE_SQL_CRASH_LOOK);

	pg_batch_text(batch, run_id, -1);
	return at;
}

bool store_crashes_look_read(const struct pg_reply *reply, int statement,
			     struct store_crash_look *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_crash_look){
		.status = pg_reply_text(reply, statement, 0, 0),
		.owner = pg_reply_text(reply, statement, 0, 1),
		.wake = pg_reply_int(reply, statement, 0, 2),
		.epoch = pg_reply_int(reply, statement, 0, 3),
		.crashes = pg_reply_int(reply, statement, 0, 4),
		.charged_by = pg_reply_text(reply, statement, 0, 5),
		.cause = pg_reply_text(reply, statement, 0, 6),
		.journal_seq = pg_reply_int(reply, statement, 0, 7),
		.now_ms = pg_reply_int(reply, statement, 0, 8),
	};
	return true;
}

int store_crashes_events(struct pg_batch *batch, const char *run_id, int64_t rows)
{
	int at = add(batch, STORE_SQL_CRASH_EVENTS);

	pg_batch_text(batch, run_id, -1);
	pg_batch_int8(batch, rows);
	return at;
}

int store_crashes_events_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_crashes_events_read(const struct pg_reply *reply, int statement, int row,
			       struct store_crash_event *ret)
{
	*ret = (struct store_crash_event){
		.id = pg_reply_text(reply, statement, row, 0),
		.text = pg_reply_text(reply, statement, row, 1),
		.len = pg_reply_len(reply, statement, row, 1),
		.seq = pg_reply_int(reply, statement, row, 2),
	};
}

int store_crashes_bury(struct pg_batch *batch, const struct store_burial *burial)
{
	int at = add(batch, STORE_SQL_CRASH_BURY);

	pg_batch_text(batch, burial->run_id, -1);
	pg_batch_int8(batch, burial->wake);
	pg_batch_text(batch, burial->dead, -1);
	pg_batch_int8(batch, burial->crashes);
	pg_batch_text(batch, burial->error, -1);
	pg_batch_text(batch, burial->message, -1);
	pg_batch_int8(batch, burial->journal_seq);
	pg_batch_text(batch, burial->events, -1);
	pg_batch_int8(batch, burial->event_seq);
	return at;
}
