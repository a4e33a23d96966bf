/* store_pauses.c - which queues there are, and which are paused */
#include "store/store_pauses.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_pauses_set(struct pg_batch *batch, const char *queue, bool configured,
		     const char *reason)
{
	int at;

	(void)add(batch, STORE_SQL_QUEUE_MAKE);
	pg_batch_text(batch, queue, -1);
	pg_batch_bool(batch, configured);
	at = add(batch, STORE_SQL_QUEUE_PAUSE);
	pg_batch_text(batch, queue, -1);
	pg_batch_bool(batch, reason != NULL);
	pg_batch_text(batch, reason, -1);
	return at;
}

int64_t store_pauses_set_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) ? pg_reply_int(reply, statement, 0, 0) : 0;
}

static int add_listing(struct pg_batch *batch, enum store_sql_text sql,
		       const char *const *configured, size_t n, int limit)
{
	int at = add(batch, sql);
	pg_col names = pg_batch_column(batch, PG_COL_TEXT, n);
	size_t i;

	for (i = 0; i < n; i++)
		pg_batch_put_text(batch, names, configured[i], -1);
	pg_batch_int8(batch, limit);
	return at;
}

int store_pauses_queues(struct pg_batch *batch, const char *const *configured, size_t n,
			int limit, int count_max)
{
	int at = add_listing(batch, STORE_SQL_QUEUES_STATE, configured, n, limit);

	pg_batch_int8(batch, count_max);
	return at;
}

int store_pauses_names(struct pg_batch *batch, const char *const *configured, size_t n,
		       int limit)
{
	return add_listing(batch, STORE_SQL_QUEUES_NAMES, configured, n, limit);
}

const char *store_pauses_names_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}

int store_pauses_queues_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_pauses_queues_read(const struct pg_reply *reply, int statement, int row,
			      struct store_queue *ret)
{
	*ret = (struct store_queue){
		.name = pg_reply_text(reply, statement, row, 0),
		.state = pg_reply_text(reply, statement, row, 1),
		.pause_n = pg_reply_int(reply, statement, row, 2),
		.paused_at = pg_reply_text(reply, statement, row, 3),
		.paused_reason = pg_reply_text(reply, statement, row, 4),
		.dead = pg_reply_int(reply, statement, row, 5),
		.later = pg_reply_int(reply, statement, row, 6),
		.again = pg_reply_int(reply, statement, row, 7),
	};
}
