/*
 * store_waits.c - questions to people, as the owner of a run writes and reads them
 *
 * They ride in the commits of the journal: what a row says and what run_waits has agree.
 * Who answers is in store_answers.c.
 */
#include "store/store_waits.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_columns.h"
#include "store/store_ids.h"
#include "store/store_journal.h"
#include "store/store_sql.h"
#include "store/store_steps.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

/* ---- what rows do to them ---- */

#define AT(member) offsetof(struct store_wait_change, member)

static const struct store_column change_columns[] = {
	/* clang-format off */
	{ STORE_COLUMN_TEXT,  AT(path) },
	{ STORE_COLUMN_INT4,  AT(execution) },
	{ STORE_COLUMN_TEXT,  AT(step_id) },
	{ STORE_COLUMN_TEXT0, AT(prompt) },
	{ STORE_COLUMN_TEXT0, AT(fields) },
	{ STORE_COLUMN_TEXT0, AT(context) },
	{ STORE_COLUMN_INT8,  AT(deadline_ms) },
	{ STORE_COLUMN_INT8,  AT(reminder_ms) },
	/* clang-format on */
};

#undef AT

/* Whether any of these rows does something to a question. */
static bool waits_changed(const struct store_step *steps, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (steps[i].wait)
			return true;
	return false;
}

/* A later row of the same commit says what becomes of it. */
static bool is_superseded(const struct store_commit *run, size_t at)
{
	const struct store_wait_change *wait = run->steps[at].wait, *other;
	size_t i;

	for (i = at + 1; i < run->step_count; i++) {
		other = run->steps[i].wait;
		if (other && other->execution == wait->execution &&
		    strcmp(other->path, wait->path) == 0)
			return true;
	}
	return false;
}

static void write_changes(struct pg_batch *batch, const char *owner,
			  const struct store_commit *runs, size_t n)
{
	struct store_columns columns;
	pg_col run_id, epoch, opens;
	size_t i, k;

	(void)add(batch, STORE_SQL_WAITS_WRITE);
	pg_batch_text(batch, owner, -1);
	run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	epoch = pg_batch_column(batch, PG_COL_INT8, n);
	opens = pg_batch_column(batch, PG_COL_INT4, n);
	store_columns_init(&columns, batch, change_columns, COUNT(change_columns), n);
	for (i = 0; i < n; i++)
		for (k = 0; k < runs[i].step_count; k++) {
			const struct store_wait_change *wait = runs[i].steps[k].wait;

			if (!wait || is_superseded(&runs[i], k))
				continue;
			pg_batch_put_text(batch, run_id, runs[i].run_id, -1);
			pg_batch_put_int8(batch, epoch, runs[i].epoch);
			pg_batch_put_int4(batch, opens, wait->opens);
			store_columns_put(&columns, batch, wait);
		}
}

void store_waits_write(struct pg_batch *batch, const char *owner,
		       const struct store_commit *runs, size_t n)
{
	pg_col run_id;
	size_t i;

	write_changes(batch, owner, runs, n);
	(void)add(batch, STORE_SQL_WAITS_SHOW);
	pg_batch_text(batch, owner, -1);
	run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	for (i = 0; i < n; i++)
		if (waits_changed(runs[i].steps, runs[i].step_count))
			pg_batch_put_text(batch, run_id, runs[i].run_id, -1);
}

static int add_for_runs(struct pg_batch *batch, enum store_sql_text sql,
			const char *owner, const char *const *run_ids, size_t n)
{
	int at = add(batch, sql);

	pg_batch_text(batch, owner, -1);
	store_ids_put(batch, run_ids, n);
	return at;
}

void store_waits_end(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n)
{
	(void)add_for_runs(batch, STORE_SQL_WAITS_END, owner, run_ids, n);
}

/* ---- what became of them ---- */

int store_waits_read(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n)
{
	return add_for_runs(batch, STORE_SQL_WAITS_READ, owner, run_ids, n);
}

int store_waits_read_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_waits_read_row(const struct pg_reply *reply, int statement, int row,
			  struct store_wait *ret)
{
	*ret = (struct store_wait){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.path = pg_reply_text(reply, statement, row, 1),
		.execution = (int)pg_reply_int(reply, statement, row, 2),
		.step_id = pg_reply_text(reply, statement, row, 3),
		.state = pg_reply_text(reply, statement, row, 4),
		.answer = pg_reply_text(reply, statement, row, 5),
	};
}

/* ---- parked ---- */

#define AT(member) offsetof(struct store_pause, member)

static const struct store_column pause_columns[] = {
	/* clang-format off */
	{ STORE_COLUMN_TEXT,   AT(run_id) },
	{ STORE_COLUMN_INT8,   AT(epoch) },
	{ STORE_COLUMN_TEXT0,  AT(shared_state) },
	{ STORE_COLUMN_TEXT0,  AT(step_history) },
	{ STORE_COLUMN_INT8,   AT(total_tokens) },
	{ STORE_COLUMN_FLOAT8, AT(total_cost_usd) },
	{ STORE_COLUMN_INT8,   AT(cache_read_tokens) },
	{ STORE_COLUMN_INT8,   AT(cache_write_tokens) },
	{ STORE_COLUMN_INT8,   AT(event_seq) },
	/* clang-format on */
};

#undef AT

int store_waits_pause(struct pg_batch *batch, const char *owner,
		      const struct store_pause *pauses, size_t n)
{
	int at = add(batch, STORE_SQL_PAUSE_LOCK);
	struct store_columns columns;
	struct store_journal journal;
	pg_col run_id, epoch;
	size_t i;

	pg_batch_text(batch, owner, -1);
	run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	epoch = pg_batch_column(batch, PG_COL_INT8, n);
	for (i = 0; i < n; i++) {
		pg_batch_put_text(batch, run_id, pauses[i].run_id, -1);
		pg_batch_put_int8(batch, epoch, pauses[i].epoch);
	}
	(void)add(batch, STORE_SQL_RUNS_PAUSE);
	pg_batch_text(batch, owner, -1);
	store_columns_init(&columns, batch, pause_columns, COUNT(pause_columns), n);
	store_journal_init(&journal, batch, true, n);
	for (i = 0; i < n; i++) {
		store_columns_put(&columns, batch, &pauses[i]);
		store_journal_put(&journal, batch, pauses[i].run_id, pauses[i].epoch,
				  pauses[i].steps, pauses[i].step_count);
	}
	return at;
}

int store_waits_pause_ours_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_waits_pause_ours(const struct pg_reply *reply, int statement, int row,
				   bool *cancel)
{
	*cancel = pg_reply_bool(reply, statement, row, 1);
	return pg_reply_text(reply, statement, row, 0);
}

int store_waits_pause_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement + 1);
}

const char *store_waits_pause_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement + 1, row, 0);
}
