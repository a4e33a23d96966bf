/* store_waits.c - questions to people and their answers, as a takeover reads them */
#include "store/store_waits.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_ids.h"
#include "store/store_sql.h"

int store_waits_read(struct pg_batch *batch, const char *owner,
		     const char *const *run_ids, size_t n)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_WAITS_READ]);

	pg_batch_text(batch, owner, -1);
	store_ids_put(batch, run_ids, n);
	return at;
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
		.prompt = pg_reply_text(reply, statement, row, 5),
		.fields = pg_reply_text(reply, statement, row, 6),
		.answer = pg_reply_text(reply, statement, row, 7),
		.deadline_at = pg_reply_text(reply, statement, row, 8),
	};
}
