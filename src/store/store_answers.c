/*
 * store_answers.c - who answers questions of runs
 *
 * An answer locks the run first, as every commit of its owner does. So it is either before
 * the owner parks the run, and keeps it from that, or behind it, and wakes the run.
 */
#include "store/store_answers.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

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

bool store_answers_put_read(const struct pg_reply *reply, int statement,
			    struct store_woken *ret)
{
	int at = statement + 1;

	if (!pg_reply_rows(reply, at))
		return false;
	*ret = (struct store_woken){
		.status = pg_reply_text(reply, at, 0, 0),
		.wake = pg_reply_int(reply, at, 0, 1),
		.attempt = pg_reply_int(reply, at, 0, 2),
		.queue = pg_reply_text(reply, at, 0, 3),
		.lane = pg_reply_text(reply, at, 0, 4),
		.priority = pg_reply_int(reply, at, 0, 5),
		.tenant_id = pg_reply_text(reply, at, 0, 6),
		.orchestration_id = pg_reply_text(reply, at, 0, 7),
		.definition_version = pg_reply_int(reply, at, 0, 8),
		.running_max = pg_reply_int(reply, at, 0, 9),
		.owner = pg_reply_text(reply, at, 0, 10),
	};
	return true;
}
