/*
 * store_answers.c - who answers questions of runs
 *
 * An answer locks the run first, as every commit of its owner does. So it is either
 * before the owner parks the run, and keeps it from that, or behind it, and wakes the
 * run.
 */
#include "store/store_answers.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"
#include "store/store_woken.h"

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_answers_look(struct pg_batch *batch, const char *run_id, const char *tenant_id,
		       const char *step)
{
	int at = add(batch, STORE_SQL_ANSWER_LOOK);

	pg_batch_text(batch, run_id, -1);
	pg_batch_text(batch, tenant_id, -1);
	pg_batch_text(batch, step, -1);
	return at;
}

int store_answers_look_read(const struct pg_reply *reply, int statement,
			    struct store_question *ret)
{
	int rows = pg_reply_rows(reply, statement);

	if (rows)
		*ret = (struct store_question){
			.status = pg_reply_text(reply, statement, 0, 0),
			.path = pg_reply_text(reply, statement, 0, 1),
			.execution = (int)pg_reply_int(reply, statement, 0, 2),
			.step_id = pg_reply_text(reply, statement, 0, 3),
			.fields = pg_reply_text(reply, statement, 0, 4),
			.stock = pg_reply_bool(reply, statement, 0, 5),
		};
	return rows;
}

int store_answers_put(struct pg_batch *batch, const struct store_answer *answer)
{
	int at = add(batch, STORE_SQL_ANSWER_LOCK);

	pg_batch_text(batch, answer->run_id, -1);
	pg_batch_text(batch, answer->tenant_id, -1);
	(void)add(batch, STORE_SQL_ANSWER_PUT);
	pg_batch_text(batch, answer->run_id, -1);
	pg_batch_text(batch, answer->tenant_id, -1);
	pg_batch_text(batch, answer->path, -1);
	pg_batch_int4(batch, answer->execution);
	pg_batch_text(batch, answer->answer, -1);
	pg_batch_text(batch, answer->webhook_url, -1);
	pg_batch_text(batch, answer->webhook_secret, -1);
	return at;
}

void store_answers_woken_read(const struct pg_reply *reply, int at, int row, int first,
			      struct store_woken *ret)
{
	*ret = (struct store_woken){
		.status = pg_reply_text(reply, at, row, first),
		.wake = pg_reply_int(reply, at, row, first + 1),
		.attempt = pg_reply_int(reply, at, row, first + 2),
		.queue = pg_reply_text(reply, at, row, first + 3),
		.lane = pg_reply_text(reply, at, row, first + 4),
		.priority = pg_reply_int(reply, at, row, first + 5),
		.tenant_id = pg_reply_text(reply, at, row, first + 6),
		.orchestration_id = pg_reply_text(reply, at, row, first + 7),
		.definition_version = pg_reply_int(reply, at, row, first + 8),
		.running_max = pg_reply_int(reply, at, row, first + 9),
		.owner = pg_reply_text(reply, at, row, first + 10),
		.chat = pg_reply_bool(reply, at, row, first + 11),
	};
}

bool store_answers_put_read(const struct pg_reply *reply, int statement,
			    struct store_woken *ret)
{
	if (!pg_reply_rows(reply, statement + 1))
		return false;
	store_answers_woken_read(reply, statement + 1, 0, 0, ret);
	return true;
}
