/*
 * store_workers.c - the registry of workers
 *
 * last_heartbeat is Postgres' clock, so that whoever judges an age (keepers of other
 * hosts) compares two moments of one clock.
 */
#include "store/store_workers.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_columns.h"
#include "store/store_sql.h"

#define AT(member) offsetof(struct store_worker_beat, member)

static const struct store_column beat_columns[] = {
	/* clang-format off */
	{ STORE_COLUMN_TEXT,  AT(worker_id) },
	{ STORE_COLUMN_TEXT,  AT(incarnation) },
	{ STORE_COLUMN_TEXT,  AT(hostname) },
	{ STORE_COLUMN_TEXT0, AT(address) },
	{ STORE_COLUMN_INT4,  AT(active_jobs) },
	{ STORE_COLUMN_INT4,  AT(max_jobs) },
	{ STORE_COLUMN_TEXT0, AT(mcp_disabled) },
	{ STORE_COLUMN_TEXT,  AT(state) },
	{ STORE_COLUMN_TEXT,  AT(version) },
	{ STORE_COLUMN_INT4,  AT(generation) },
	{ STORE_COLUMN_INT8,  AT(memory_bytes) },
	{ STORE_COLUMN_INT8,  AT(runs_ended) },
	{ STORE_COLUMN_INT8,  AT(runs_failed) },
	{ STORE_COLUMN_INT8,  AT(cost_micros) },
	/* clang-format on */
};

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_workers_beat(struct pg_batch *batch, const struct store_worker_beat *beats,
		       size_t n)
{
	int at = add(batch, STORE_SQL_WORKERS_BEAT);
	struct store_columns columns;
	size_t i;

	store_columns_init(&columns, batch, beat_columns,
			   sizeof(beat_columns) / sizeof(beat_columns[0]), n);
	for (i = 0; i < n; i++)
		store_columns_put(&columns, batch, &beats[i]);
	return at;
}

int store_workers_offline(struct pg_batch *batch, const char *worker_id,
			  const char *incarnation, const char *cause)
{
	int at = add(batch, STORE_SQL_WORKER_OFFLINE);

	pg_batch_text(batch, worker_id, -1);
	pg_batch_text(batch, incarnation, -1);
	pg_batch_text(batch, cause, -1);
	return at;
}

int store_workers_mark_stale(struct pg_batch *batch, int64_t stale_ms)
{
	int at = add(batch, STORE_SQL_WORKERS_STALE);

	pg_batch_int8(batch, stale_ms);
	return at;
}

const char *store_workers_stale_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}

int store_workers_ages(struct pg_batch *batch, const char *const *worker_ids, size_t n)
{
	int at = add(batch, STORE_SQL_WORKERS_AGES);
	pg_col ids = pg_batch_column(batch, PG_COL_TEXT, n);
	size_t i;

	for (i = 0; i < n; i++)
		pg_batch_put_text(batch, ids, worker_ids[i], -1);
	return at;
}

int store_workers_ages_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_workers_ages_read(const struct pg_reply *reply, int statement, int row,
			     struct store_worker_age *ret)
{
	*ret = (struct store_worker_age){
		.worker_id = pg_reply_text(reply, statement, row, 0),
		.incarnation = pg_reply_text(reply, statement, row, 1),
		.age_ms = pg_reply_int(reply, statement, row, 2),
	};
}

int store_workers_list(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_WORKERS_LIST);
}

int store_workers_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_workers_list_read(const struct pg_reply *reply, int statement, int row,
			     struct store_worker *ret)
{
	*ret = (struct store_worker){
		.worker_id = pg_reply_text(reply, statement, row, 0),
		.hostname = pg_reply_text(reply, statement, row, 1),
		.address = pg_reply_text(reply, statement, row, 2),
		.status = pg_reply_text(reply, statement, row, 3),
		.active_jobs = (int)pg_reply_int(reply, statement, row, 4),
		.max_jobs = (int)pg_reply_int(reply, statement, row, 5),
		.last_heartbeat = pg_reply_text(reply, statement, row, 6),
		.age_ms = pg_reply_int(reply, statement, row, 7),
		.mcp_disabled = pg_reply_text(reply, statement, row, 8),
		.incarnation = pg_reply_text(reply, statement, row, 9),
		.last_death_cause = pg_reply_text(reply, statement, row, 10),
		.last_death_at = pg_reply_text(reply, statement, row, 11),
		.state = pg_reply_text(reply, statement, row, 12),
		.version = pg_reply_text(reply, statement, row, 13),
		.generation = (int)pg_reply_int(reply, statement, row, 14),
		.memory_bytes = pg_reply_int(reply, statement, row, 15),
	};
}

int store_workers_one(struct pg_batch *batch, const char *worker_id)
{
	int at = add(batch, STORE_SQL_WORKER_ONE);

	pg_batch_text(batch, worker_id, -1);
	return at;
}

bool store_workers_one_read(const struct pg_reply *reply, int statement,
			    struct store_worker_one *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_worker_one){
		.incarnation = pg_reply_text(reply, statement, 0, 0),
		.online = pg_reply_bool(reply, statement, 0, 1),
	};
	return true;
}
