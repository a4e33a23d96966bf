/* store_detail.c - all that the tables say about one run, for people */
#include "store/store_detail.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

#define COLUMNS_OF_STATUS 30 /* that run_detail.sql has in front of its own */

static int ask(struct pg_batch *batch, enum store_sql_text sql, const char *run_id,
	       int limit)
{
	int at = pg_batch_add(batch, &store_sql_texts[sql]);

	pg_batch_text(batch, run_id, -1);
	if (limit > 0)
		pg_batch_int8(batch, limit);
	return at;
}

int store_detail_run(struct pg_batch *batch, const char *run_id)
{
	return ask(batch, STORE_SQL_RUN_DETAIL, run_id, 0);
}

bool store_detail_run_read(const struct pg_reply *reply, int statement,
			   struct store_detail *ret)
{
	const int at = COLUMNS_OF_STATUS;
	struct store_run_status run;

	if (!store_runs_get_read(reply, statement, &run))
		return false;
	*ret = (struct store_detail){
		.run = run,
		.input = pg_reply_text(reply, statement, 0, at),
		.inputs = pg_reply_text(reply, statement, 0, at + 1),
		.state = pg_reply_text(reply, statement, 0, at + 2),
		.owner = pg_reply_text(reply, statement, 0, at + 3),
		.lane = pg_reply_text(reply, statement, 0, at + 4),
		.cause = pg_reply_text(reply, statement, 0, at + 5),
		.crashes = pg_reply_int(reply, statement, 0, at + 6),
		.requeues = pg_reply_int(reply, statement, 0, at + 7),
		.cache_read_tokens = pg_reply_int(reply, statement, 0, at + 8),
		.cache_write_tokens = pg_reply_int(reply, statement, 0, at + 9),
		.webhook_url = pg_reply_text(reply, statement, 0, at + 10),
		.idempotency_key = pg_reply_text(reply, statement, 0, at + 11),
		.parent_run_id = pg_reply_text(reply, statement, 0, at + 12),
		.trace_id = pg_reply_text(reply, statement, 0, at + 13),
		.deadline_at = pg_reply_text(reply, statement, 0, at + 14),
		.ready_at = pg_reply_text(reply, statement, 0, at + 15),
		.updated_at = pg_reply_text(reply, statement, 0, at + 16),
		.webhook_secret = pg_reply_text(reply, statement, 0, at + 17),
	};
	return true;
}

int store_detail_story(struct pg_batch *batch, const char *run_id, int limit)
{
	return ask(batch, STORE_SQL_RUN_STORY, run_id, limit);
}

void store_detail_story_read(const struct pg_reply *reply, int statement, int row,
			     struct store_told *ret)
{
	*ret = (struct store_told){
		.epoch = pg_reply_int(reply, statement, row, 0),
		.type = pg_reply_text(reply, statement, row, 1),
		.path = pg_reply_text(reply, statement, row, 2),
		.step_id = pg_reply_text(reply, statement, row, 3),
		.step_name = pg_reply_text(reply, statement, row, 4),
		.step_type = pg_reply_text(reply, statement, row, 5),
		.ts = pg_reply_text(reply, statement, row, 6),
		.duration_seconds = pg_reply_text(reply, statement, row, 7),
		.error = pg_reply_text(reply, statement, row, 8),
		.error_class = pg_reply_text(reply, statement, row, 9),
		.attempt = pg_reply_int(reply, statement, row, 10),
		.again = pg_reply_bool(reply, statement, row, 11),
		.worker_id = pg_reply_text(reply, statement, row, 12),
	};
}

int store_detail_usage(struct pg_batch *batch, const char *run_id, int limit)
{
	return ask(batch, STORE_SQL_RUN_USAGE, run_id, limit);
}

int store_detail_effects(struct pg_batch *batch, const char *run_id, int limit)
{
	return ask(batch, STORE_SQL_RUN_EFFECTS, run_id, limit);
}

int store_detail_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_detail_usage_read(const struct pg_reply *reply, int statement, int row,
			     struct store_step *ret)
{
	*ret = (struct store_step){
		.seq = pg_reply_int(reply, statement, row, 0),
		.path = pg_reply_text(reply, statement, row, 1),
		.step_id = pg_reply_text(reply, statement, row, 2),
		.execution = (int)pg_reply_int(reply, statement, row, 3),
		.usage = pg_reply_text(reply, statement, row, 4),
	};
}

void store_detail_effects_read(const struct pg_reply *reply, int statement, int row,
			       struct store_step *ret)
{
	*ret = (struct store_step){
		.seq = pg_reply_int(reply, statement, row, 0),
		.path = pg_reply_text(reply, statement, row, 1),
		.step_id = pg_reply_text(reply, statement, row, 2),
		.execution = (int)pg_reply_int(reply, statement, row, 3),
		.delta = pg_reply_text(reply, statement, row, 4),
		.error = pg_reply_text(reply, statement, row, 5),
		.at = pg_reply_text(reply, statement, row, 6),
	};
}

int store_detail_waits(struct pg_batch *batch, const char *run_id, int limit)
{
	return ask(batch, STORE_SQL_RUN_WAITS, run_id, limit);
}

void store_detail_waits_read(const struct pg_reply *reply, int statement, int row,
			     struct store_asked *ret)
{
	*ret = (struct store_asked){
		.path = pg_reply_text(reply, statement, row, 0),
		.execution = pg_reply_int(reply, statement, row, 1),
		.step_id = pg_reply_text(reply, statement, row, 2),
		.state = pg_reply_text(reply, statement, row, 3),
		.prompt = pg_reply_text(reply, statement, row, 4),
		.fields = pg_reply_text(reply, statement, row, 5),
		.answer = pg_reply_text(reply, statement, row, 6),
		.opened_at = pg_reply_text(reply, statement, row, 7),
		.deadline_at = pg_reply_text(reply, statement, row, 8),
		.answered_at = pg_reply_text(reply, statement, row, 9),
	};
}
