/* store_lineages.c - what Postgres remembers of each queue's life in Redis */
#include "store/store_lineages.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_lineages_raise(struct pg_batch *batch, const char *queue, int64_t n,
			 const char *run_id)
{
	int at = add(batch, STORE_SQL_LINEAGE_RAISE);

	pg_batch_text(batch, queue, -1);
	pg_batch_int8(batch, n);
	pg_batch_text(batch, run_id, -1);
	return at;
}

int store_lineages_recover(struct pg_batch *batch, const char *queue)
{
	int at = add(batch, STORE_SQL_LINEAGE_RECOVER);

	pg_batch_text(batch, queue, -1);
	return at;
}

bool store_lineages_read(const struct pg_reply *reply, int statement,
			 struct store_lineage *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_lineage){
		.n = pg_reply_int(reply, statement, 0, 0),
		.recovering = pg_reply_int(reply, statement, 0, 1),
		.rebuilds_asked = pg_reply_int(reply, statement, 0, 2),
		.rebuilds_done = pg_reply_int(reply, statement, 0, 3),
		.pause_n = pg_reply_int(reply, statement, 0, 4),
		.paused_reason = pg_reply_text(reply, statement, 0, 5),
	};
	return true;
}

int store_lineages_state(struct pg_batch *batch, const char *queue, int64_t number,
			 const char *state, int64_t pushed, int64_t rebuilds_done)
{
	int at = add(batch, STORE_SQL_LINEAGE_STATE);

	pg_batch_text(batch, queue, -1);
	pg_batch_int8(batch, number);
	pg_batch_text(batch, state, -1);
	pg_batch_int8(batch, pushed);
	pg_batch_int8(batch, rebuilds_done);
	return at;
}

int store_lineages_ask(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_LINEAGE_ASK);
}

int store_lineages_list(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_LINEAGES_LIST);
}

int store_lineages_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_lineages_list_read(const struct pg_reply *reply, int statement, int row,
			      struct store_lineage_row *ret)
{
	*ret = (struct store_lineage_row){
		.queue = pg_reply_text(reply, statement, row, 0),
		.state = pg_reply_text(reply, statement, row, 5),
		.pushed = pg_reply_int(reply, statement, row, 6),
		.lineage = {
			.n = pg_reply_int(reply, statement, row, 1),
			.recovering = pg_reply_int(reply, statement, row, 2),
			.rebuilds_asked = pg_reply_int(reply, statement, row, 3),
			.rebuilds_done = pg_reply_int(reply, statement, row, 4),
		},
	};
}

int store_lineages_queues(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_QUEUES_LIST);
}

int store_lineages_queues_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_lineages_queues_read(const struct pg_reply *reply, int statement,
				       int row)
{
	return pg_reply_text(reply, statement, row, 0);
}
