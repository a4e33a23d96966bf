/*
 * store_steps.c - the journal
 *
 * A commit locks the rows of its runs before it appends, so that whoever takes a run over
 * is either before it, and the guard finds no row, or behind it, and reads what it wrote.
 * The unique key (run_id, seq) is the second wall.
 */
#include "store/store_steps.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_ids.h"
#include "store/store_journal.h"
#include "store/store_sql.h"

#include <assert.h>

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_steps_commit(struct pg_batch *batch, const char *owner,
		       const struct store_commit *runs, size_t n)
{
	int at = add(batch, STORE_SQL_STEPS_COMMIT);
	struct store_journal journal;
	pg_col run_id, epoch;
	size_t rows = 0, i;

	for (i = 0; i < n; i++)
		rows += runs[i].step_count;
	pg_batch_text(batch, owner, -1);
	run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	epoch = pg_batch_column(batch, PG_COL_INT8, n);
	store_journal_init(&journal, batch, true, rows);
	for (i = 0; i < n; i++) {
		pg_batch_put_text(batch, run_id, runs[i].run_id, -1);
		pg_batch_put_int8(batch, epoch, runs[i].epoch);
		store_journal_put(&journal, batch, runs[i].run_id, runs[i].epoch,
				  runs[i].steps, runs[i].step_count);
	}
	return at;
}

int store_steps_commit_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_steps_commit_read(const struct pg_reply *reply, int statement, int row,
			     struct store_committed *ret)
{
	*ret = (struct store_committed){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.cancel = pg_reply_bool(reply, statement, row, 1),
		.answers = pg_reply_bool(reply, statement, row, 2),
	};
}

int store_steps_check(struct pg_batch *batch, const struct store_commit *runs, size_t n)
{
	int at = add(batch, STORE_SQL_STEPS_CHECK);
	pg_col run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	pg_col seq = pg_batch_column(batch, PG_COL_INT8, n);
	pg_col epoch = pg_batch_column(batch, PG_COL_INT8, n);
	size_t i;

	for (i = 0; i < n; i++) {
		assert(runs[i].step_count > 0);
		pg_batch_put_text(batch, run_id, runs[i].run_id, -1);
		pg_batch_put_int8(batch, seq, runs[i].steps[runs[i].step_count - 1].seq);
		pg_batch_put_int8(batch, epoch, runs[i].epoch);
	}
	return at;
}

int store_steps_check_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_steps_check_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}

int store_steps_read(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n)
{
	int at = add(batch, STORE_SQL_STEPS_READ);

	pg_batch_text(batch, owner, -1);
	store_ids_put(batch, run_ids, n);
	return at;
}

int store_steps_read_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_steps_read_row(const struct pg_reply *reply, int statement, int row,
			  struct store_step *ret)
{
	*ret = (struct store_step){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.seq = pg_reply_int(reply, statement, row, 1),
		.path = pg_reply_text(reply, statement, row, 2),
		.step_id = pg_reply_text(reply, statement, row, 3),
		.execution = (int)pg_reply_int(reply, statement, row, 4),
		.kind = pg_reply_text(reply, statement, row, 5),
		.delta = pg_reply_text(reply, statement, row, 6),
		.events = pg_reply_text(reply, statement, row, 7),
		.usage = pg_reply_text(reply, statement, row, 8),
		.error = pg_reply_text(reply, statement, row, 9),
		.epoch = pg_reply_int(reply, statement, row, 10),
		.at = pg_reply_text(reply, statement, row, 11),
	};
}

int store_steps_history(struct pg_batch *batch, const char *run_id, int64_t from_seq,
			int limit)
{
	int at = add(batch, STORE_SQL_STEPS_HISTORY);

	pg_batch_text(batch, run_id, -1);
	pg_batch_int8(batch, from_seq);
	pg_batch_int8(batch, limit);
	return at;
}

int store_steps_events(struct pg_batch *batch, const char *run_id, int64_t from_seq,
		       int limit)
{
	int at = add(batch, STORE_SQL_STEPS_EVENTS);

	pg_batch_text(batch, run_id, -1);
	pg_batch_int8(batch, from_seq);
	pg_batch_int8(batch, limit);
	return at;
}

int store_steps_newest(struct pg_batch *batch, const char *run_id)
{
	int at = add(batch, STORE_SQL_STEPS_NEWEST);

	pg_batch_text(batch, run_id, -1);
	return at;
}

int store_steps_events_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_steps_events_read(const struct pg_reply *reply, int statement, int row,
			     struct store_step *ret)
{
	*ret = (struct store_step){
		.seq = pg_reply_int(reply, statement, row, 0),
		.events = pg_reply_text(reply, statement, row, 1),
	};
}

int store_steps_list(struct pg_batch *batch, const char *run_id, int64_t from_seq,
		     int limit)
{
	int at = add(batch, STORE_SQL_STEPS_LIST);

	pg_batch_text(batch, run_id, -1);
	pg_batch_int8(batch, from_seq);
	pg_batch_int8(batch, limit);
	return at;
}

int store_steps_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_steps_list_read(const struct pg_reply *reply, int statement, int row,
			   struct store_step *ret)
{
	*ret = (struct store_step){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.seq = pg_reply_int(reply, statement, row, 1),
		.path = pg_reply_text(reply, statement, row, 2),
		.step_id = pg_reply_text(reply, statement, row, 3),
		.execution = (int)pg_reply_int(reply, statement, row, 4),
		.kind = pg_reply_text(reply, statement, row, 5),
		.usage = pg_reply_text(reply, statement, row, 6),
		.error = pg_reply_text(reply, statement, row, 7),
		.at = pg_reply_text(reply, statement, row, 8),
	};
}
