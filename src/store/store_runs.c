/*
 * store_runs.c - statements that change runs
 *
 * One statement per act for any number of runs, each row guarded by what its writer
 * knows: the entry's wake before a takeover, epoch and owner after it. What comes back
 * are the runs for which the guard held. Reading for answers is in store_runs_read.c.
 */
#include "store/store_runs.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_columns.h"
#include "store/store_ids.h"
#include "store/store_journal.h"
#include "store/store_sql.h"

#include <assert.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

/* ---- accept ---- */

#define AT(member) offsetof(struct store_run_new, member)

static const struct store_column new_columns[] = {
	/* clang-format off */
	{ STORE_COLUMN_TEXT,  AT(run_id) },
	{ STORE_COLUMN_TEXT,  AT(orchestration_id) },
	{ STORE_COLUMN_TEXT,  AT(tenant_id) },
	{ STORE_COLUMN_TEXT0, AT(session_id) },
	{ STORE_COLUMN_TEXT,  AT(queue) },
	{ STORE_COLUMN_TEXT,  AT(lane) },
	{ STORE_COLUMN_INT4,  AT(priority) },
	{ STORE_COLUMN_INT8,  AT(definition_version) },
	{ STORE_COLUMN_TEXT,  AT(input) },
	{ STORE_COLUMN_TEXT0, AT(inputs) },
	{ STORE_COLUMN_TEXT0, AT(metadata) },
	{ STORE_COLUMN_TEXT0, AT(webhook_url) },
	{ STORE_COLUMN_TEXT0, AT(webhook_secret) },
	{ STORE_COLUMN_TEXT0, AT(parent_run_id) },
	{ STORE_COLUMN_TEXT0, AT(trace_id) },
	{ STORE_COLUMN_INT8,  AT(run_timeout_ms) },
	{ STORE_COLUMN_INT8,  AT(run_at_ms) },
	/* with a key only */
	{ STORE_COLUMN_TEXT,  AT(idempotency_key) },
	{ STORE_COLUMN_TEXT,  AT(body_sha256) },
	/* clang-format on */
};
#define PLAIN_COLUMNS (COUNT(new_columns) - 2)

static size_t count_keyed(const struct store_run_new *runs, size_t n)
{
	size_t keyed = 0, i;

	for (i = 0; i < n; i++)
		keyed += runs[i].idempotency_key != NULL;
	return keyed;
}

/* The runs with a key, or those without. */
static void put_new(struct pg_batch *batch, const struct store_run_new *runs, size_t n,
		    bool keyed, size_t expect)
{
	struct store_columns columns;
	size_t i;

	store_columns_init(&columns, batch, new_columns,
			   keyed ? COUNT(new_columns) : PLAIN_COLUMNS, expect);
	for (i = 0; i < n; i++) {
		if ((runs[i].idempotency_key != NULL) == keyed)
			store_columns_put(&columns, batch, &runs[i]);
	}
}

/* Tenant and key of those that have one; with their position if wanted. */
static void put_keys(struct pg_batch *batch, const struct store_run_new *runs, size_t n,
		     bool with_position)
{
	pg_col tenant = pg_batch_column(batch, PG_COL_TEXT, n);
	pg_col key = pg_batch_column(batch, PG_COL_TEXT, n);
	pg_col at = with_position ? pg_batch_column(batch, PG_COL_INT8, n) : -1;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!runs[i].idempotency_key)
			continue;
		pg_batch_put_text(batch, tenant, runs[i].tenant_id, -1);
		pg_batch_put_text(batch, key, runs[i].idempotency_key, -1);
		if (with_position)
			pg_batch_put_int8(batch, at, (int64_t)i);
	}
}

/* Statements: [runs without a key] [expire keys, runs with one, who has the keys]. */
int store_runs_insert(struct pg_batch *batch, const struct store_run_new *runs, size_t n)
{
	size_t keyed = count_keyed(runs, n);
	int first = pg_batch_count(batch);

	if (keyed < n) {
		(void)add(batch, STORE_SQL_RUNS_INSERT);
		put_new(batch, runs, n, false, n - keyed);
	}
	if (keyed) {
		(void)add(batch, STORE_SQL_IDEMPOTENCY_EXPIRE);
		put_keys(batch, runs, n, false);
		(void)add(batch, STORE_SQL_RUNS_INSERT_KEYED);
		put_new(batch, runs, n, true, keyed);
		(void)add(batch, STORE_SQL_IDEMPOTENCY_GET);
		put_keys(batch, runs, n, true);
	}
	return first;
}

/* Who has the key of each: set winner and body where it is another run. */
static void read_winners(const struct pg_reply *reply, int statement,
			 const struct store_run_new *runs, size_t n,
			 struct store_run_accept *ret)
{
	int rows = pg_reply_rows(reply, statement), row;

	for (row = 0; row < rows; row++) {
		size_t i = (size_t)pg_reply_int(reply, statement, row, 0);
		const char *winner = pg_reply_text(reply, statement, row, 1);

		assert(i < n);
		if (strcmp(winner, runs[i].run_id) == 0) {
			ret[i].in = true;
			continue;
		}
		ret[i].winner_run_id = winner;
		ret[i].same_body = strcmp(pg_reply_text(reply, statement, row, 2),
					  runs[i].body_sha256) == 0;
	}
}

void store_runs_insert_read(const struct pg_reply *reply, int statement,
			    const struct store_run_new *runs, size_t n,
			    struct store_run_accept *ret)
{
	size_t keyed = count_keyed(runs, n), i;

	for (i = 0; i < n; i++)
		ret[i] = (struct store_run_accept){ .in = !runs[i].idempotency_key };
	if (keyed)
		read_winners(reply, statement + (keyed < n) + 2, runs, n, ret);
}

int store_runs_insert_check(struct pg_batch *batch, const struct store_run_new *runs,
			    size_t n)
{
	int first = add(batch, STORE_SQL_RUNS_PRESENT);
	pg_col run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	pg_col at = pg_batch_column(batch, PG_COL_INT8, n);
	size_t i;

	for (i = 0; i < n; i++) {
		pg_batch_put_text(batch, run_id, runs[i].run_id, -1);
		pg_batch_put_int8(batch, at, (int64_t)i);
	}
	(void)add(batch, STORE_SQL_IDEMPOTENCY_GET);
	put_keys(batch, runs, n, true);
	return first;
}

void store_runs_insert_check_read(const struct pg_reply *reply, int statement,
				  const struct store_run_new *runs, size_t n,
				  struct store_run_accept *ret)
{
	int rows = pg_reply_rows(reply, statement), row;

	memset(ret, 0, n * sizeof(*ret));
	for (row = 0; row < rows; row++) {
		size_t i = (size_t)pg_reply_int(reply, statement, row, 0);

		assert(i < n);
		ret[i].in = true;
	}
	read_winners(reply, statement + 1, runs, n, ret);
}

#undef AT

/* ---- takeover ---- */

int store_runs_takeover(struct pg_batch *batch, const char *owner, const char *worker_id,
			const struct store_takeover *runs, size_t n)
{
	int at = add(batch, STORE_SQL_RUNS_TAKEOVER);
	struct store_journal journal;
	pg_col run_id, wake, from;
	size_t i;

	pg_batch_text(batch, owner, -1);
	pg_batch_text(batch, worker_id, -1);
	run_id = pg_batch_column(batch, PG_COL_TEXT, n);
	wake = pg_batch_column(batch, PG_COL_INT8, n);
	from = pg_batch_sparse(batch, PG_COL_TEXT);
	store_journal_init(&journal, batch, false, n);
	for (i = 0; i < n; i++) {
		pg_batch_put_text(batch, run_id, runs[i].run_id, -1);
		pg_batch_put_int8(batch, wake, runs[i].wake);
		pg_batch_put_text(batch, from,
				  runs[i].from && *runs[i].from ? runs[i].from : NULL,
				  -1);
		store_journal_put(&journal, batch, runs[i].run_id, 1, runs[i].steps,
				  runs[i].step_count);
	}
	return at;
}

int store_runs_takeover_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_runs_takeover_read(const struct pg_reply *reply, int statement, int row,
			      struct store_taken *ret)
{
	const char *input = pg_reply_text(reply, statement, row, 10);

	*ret = (struct store_taken){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.wake = pg_reply_int(reply, statement, row, 1),
		.epoch = pg_reply_int(reply, statement, row, 2),
		.attempt = (int)pg_reply_int(reply, statement, row, 3),
		.cancel = pg_reply_bool(reply, statement, row, 4),
		.event_seq = pg_reply_int(reply, statement, row, 5),
		.orchestration_id = pg_reply_text(reply, statement, row, 6),
		.definition_version = pg_reply_int(reply, statement, row, 7),
		.tenant_id = pg_reply_text(reply, statement, row, 8),
		.session_id = pg_reply_text(reply, statement, row, 9),
		.input = input ? input : "",
		.inputs = pg_reply_text(reply, statement, row, 11),
		.metadata = pg_reply_text(reply, statement, row, 12),
		.created_at = pg_reply_text(reply, statement, row, 13),
		.deadline_at = pg_reply_text(reply, statement, row, 14),
		.now_ms = pg_reply_int(reply, statement, row, 15),
	};
}

/* ---- who has a run ---- */

int store_runs_look(struct pg_batch *batch, const char *const *run_ids, size_t n)
{
	int at = add(batch, STORE_SQL_RUNS_LOOK);

	store_ids_put(batch, run_ids, n);
	return at;
}

int store_runs_check(struct pg_batch *batch, const char *const *run_ids, size_t n)
{
	int at = add(batch, STORE_SQL_RUNS_CHECK);

	store_ids_put(batch, run_ids, n);
	return at;
}

int store_runs_look_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_runs_look_read(const struct pg_reply *reply, int statement, int row,
			  struct store_run_look *ret)
{
	*ret = (struct store_run_look){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.status = pg_reply_text(reply, statement, row, 1),
		.owner = pg_reply_text(reply, statement, row, 2),
		.wake = pg_reply_int(reply, statement, row, 3),
		.epoch = pg_reply_int(reply, statement, row, 4),
		.event_seq = pg_reply_int(reply, statement, row, 5),
		.cancel = pg_reply_bool(reply, statement, row, 6),
		.ended = pg_reply_bool(reply, statement, row, 7),
		.tenant_id = pg_reply_text(reply, statement, row, 8),
	};
}

/* ---- end ---- */

#define AT(member) offsetof(struct store_end, member)
#define END_COLUMNS                                                                      \
	{ STORE_COLUMN_TEXT, AT(status) }, { STORE_COLUMN_TEXT0, AT(final_response) },   \
		{ STORE_COLUMN_TEXT0, AT(error) },                                       \
		{ STORE_COLUMN_TEXT0, AT(shared_state) },                                \
		{ STORE_COLUMN_TEXT0, AT(step_history) },                                \
		{ STORE_COLUMN_INT8, AT(total_tokens) },                                 \
		{ STORE_COLUMN_FLOAT8, AT(total_cost_usd) },                             \
		{ STORE_COLUMN_INT8, AT(cache_read_tokens) },                            \
		{ STORE_COLUMN_INT8, AT(cache_write_tokens) },                           \
	{                                                                                \
		STORE_COLUMN_INT8, AT(event_seq)                                         \
	}

static const struct store_column lazy_columns[] = {
	{ STORE_COLUMN_TEXT, AT(run_id) },
	{ STORE_COLUMN_INT8, AT(wake) },
	END_COLUMNS,
	{ STORE_COLUMN_INT8, AT(picked_up_ms) },
};

static const struct store_column end_columns[] = {
	{ STORE_COLUMN_TEXT, AT(run_id) },
	{ STORE_COLUMN_INT8, AT(epoch) },
	END_COLUMNS,
};

static size_t count_steps(const struct store_end *ends, size_t n)
{
	size_t rows = 0, i;

	for (i = 0; i < n; i++)
		rows += ends[i].step_count;
	return rows;
}

int store_runs_end_lazy(struct pg_batch *batch, const char *owner, const char *worker_id,
			const struct store_end *ends, size_t n)
{
	int at = add(batch, STORE_SQL_RUNS_END_LAZY);
	struct store_columns columns;
	struct store_journal journal;
	size_t i;

	pg_batch_text(batch, owner, -1);
	pg_batch_text(batch, worker_id, -1);
	store_columns_init(&columns, batch, lazy_columns, COUNT(lazy_columns), n);
	store_journal_init(&journal, batch, false, count_steps(ends, n));
	for (i = 0; i < n; i++) {
		store_columns_put(&columns, batch, &ends[i]);
		store_journal_put(&journal, batch, ends[i].run_id, 1, ends[i].steps,
				  ends[i].step_count);
	}
	return at;
}

int store_runs_end(struct pg_batch *batch, const char *owner,
		   const struct store_end *ends, size_t n)
{
	int at = add(batch, STORE_SQL_RUNS_END);
	struct store_columns columns;
	struct store_journal journal;
	size_t i;

	pg_batch_text(batch, owner, -1);
	store_columns_init(&columns, batch, end_columns, COUNT(end_columns), n);
	store_journal_init(&journal, batch, true, count_steps(ends, n));
	for (i = 0; i < n; i++) {
		store_columns_put(&columns, batch, &ends[i]);
		store_journal_put(&journal, batch, ends[i].run_id, ends[i].epoch,
				  ends[i].steps, ends[i].step_count);
	}
	return at;
}

int store_runs_end_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_runs_end_read(const struct pg_reply *reply, int statement, int row,
				bool *cancel)
{
	*cancel = pg_reply_bool(reply, statement, row, 1);
	return pg_reply_text(reply, statement, row, 0);
}

bool store_runs_end_is_ours(const struct store_run_look *look, const char *owner,
			    int64_t epoch)
{
	return look->ended && look->epoch == epoch && look->owner &&
	       strcmp(look->owner, owner) == 0;
}
