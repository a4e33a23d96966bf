/*
 * store_resumes.c - runs that go on although they failed
 *
 * The first statement locks the row: the second, whose snapshot is younger, then sees the
 * last row of its journal, also when the run ended a moment ago.
 */
#include "store/store_resumes.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"
#include "store/store_woken.h"

static int add(struct pg_batch *batch, enum store_sql_text sql,
	       const struct store_resume_ask *ask)
{
	int at = pg_batch_add(batch, &store_sql_texts[sql]);

	pg_batch_text(batch, ask->run_id, -1);
	pg_batch_text(batch, ask->tenant_id, -1);
	pg_batch_text(batch, ask->from_step, -1);
	return at;
}

int store_resumes_add(struct pg_batch *batch, const struct store_resume_ask *ask)
{
	int at = add(batch, STORE_SQL_RESUME_LOCK, ask);

	(void)add(batch, STORE_SQL_RUN_RESUME, ask);
	return at;
}

bool store_resumes_look(const struct pg_reply *reply, int statement,
			struct store_resume_look *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_resume_look){
		.status = pg_reply_text(reply, statement, 0, 0),
		.wake = pg_reply_int(reply, statement, 0, 1),
		.step_known = pg_reply_bool(reply, statement, 0, 2),
	};
	return true;
}

bool store_resumes_read(const struct pg_reply *reply, int statement,
			struct store_woken *ret)
{
	int at = statement + 1;

	if (!pg_reply_rows(reply, at))
		return false;
	*ret = (struct store_woken){
		.wake = pg_reply_int(reply, at, 0, 0),
		.attempt = pg_reply_int(reply, at, 0, 1),
		.queue = pg_reply_text(reply, at, 0, 2),
		.lane = pg_reply_text(reply, at, 0, 3),
		.priority = pg_reply_int(reply, at, 0, 4),
		.tenant_id = pg_reply_text(reply, at, 0, 5),
		.orchestration_id = pg_reply_text(reply, at, 0, 6),
		.definition_version = pg_reply_int(reply, at, 0, 7),
		.running_max = pg_reply_int(reply, at, 0, 8),
	};
	return true;
}
