/*
 * store_runs_read.c - runs as answers show them
 *
 * Part of store_runs.h. A page goes on behind a row, not at an offset: the cursor is the
 * row's place in the order, its created_at in microseconds and its run id.
 */
#include "base/str.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_ids.h"
#include "store/store_runs.h"
#include "store/store_sql.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

static void read_status(const struct pg_reply *reply, int at, int row,
			struct store_run_status *ret)
{
	*ret = (struct store_run_status){
		.run_id = pg_reply_text(reply, at, row, 0),
		.orchestration_id = pg_reply_text(reply, at, row, 1),
		.tenant_id = pg_reply_text(reply, at, row, 2),
		.session_id = pg_reply_text(reply, at, row, 3),
		.status = pg_reply_text(reply, at, row, 4),
		.current_step_id = pg_reply_text(reply, at, row, 5),
		.waiting_for_human = pg_reply_bool(reply, at, row, 6),
		.human_prompt = pg_reply_text(reply, at, row, 7),
		.human_fields = pg_reply_text(reply, at, row, 8),
		.worker_id = pg_reply_text(reply, at, row, 9),
		.total_cost_usd = pg_reply_double(reply, at, row, 10),
		.total_tokens_used = pg_reply_int(reply, at, row, 11),
		.started_at = pg_reply_text(reply, at, row, 12),
		.ended_at = pg_reply_text(reply, at, row, 13),
		.created_at = pg_reply_text(reply, at, row, 14),
		.picked_up_at = pg_reply_text(reply, at, row, 15),
		.final_response = pg_reply_text(reply, at, row, 16),
		.error = pg_reply_text(reply, at, row, 17),
		.definition_version = pg_reply_int(reply, at, row, 18),
		.wake = pg_reply_int(reply, at, row, 19),
		.epoch = pg_reply_int(reply, at, row, 20),
		.attempt = (int)pg_reply_int(reply, at, row, 21),
		.event_seq = pg_reply_int(reply, at, row, 22),
		.queue = pg_reply_text(reply, at, row, 23),
		.cursor = pg_reply_text(reply, at, row, 24),
		.cancel_requested_at = pg_reply_text(reply, at, row, 25),
		.priority = (int)pg_reply_int(reply, at, row, 26),
		.metadata = pg_reply_text(reply, at, row, 27),
		.run_at = pg_reply_text(reply, at, row, 28),
		.schedule_id = pg_reply_text(reply, at, row, 29),
	};
}

int store_runs_get(struct pg_batch *batch, const char *run_id)
{
	int at = add(batch, STORE_SQL_RUN_GET);

	pg_batch_text(batch, run_id, -1);
	return at;
}

bool store_runs_get_read(const struct pg_reply *reply, int statement,
			 struct store_run_status *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	read_status(reply, statement, 0, ret);
	ret->chat = pg_reply_bool(reply, statement, 0, 30);
	return true;
}

int store_runs_stand(struct pg_batch *batch, const char *const *run_ids, size_t n)
{
	int at = add(batch, STORE_SQL_RUNS_STAND);

	store_ids_put(batch, run_ids, n);
	return at;
}

int store_runs_stand_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_runs_stand_read(const struct pg_reply *reply, int statement, int row,
			   struct store_run_stand *ret)
{
	*ret = (struct store_run_stand){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.tenant_id = pg_reply_text(reply, statement, row, 1),
		.orchestration_id = pg_reply_text(reply, statement, row, 2),
		.chat = pg_reply_bool(reply, statement, row, 3),
		.ended = pg_reply_bool(reply, statement, row, 4),
		.fresh = pg_reply_bool(reply, statement, row, 5),
	};
}

#define CURSOR_DIGITS_MAX 18

bool store_runs_cursor_ok(const char *cursor)
{
	size_t digits = strspn(cursor, "0123456789");

	return digits >= 1 && digits <= CURSOR_DIGITS_MAX && cursor[digits] == '.' &&
	       cursor[digits + 1] && strlen(cursor + digits + 1) <= 255;
}

static void put_cursor(struct pg_batch *batch, const char *cursor)
{
	if (!cursor) {
		pg_batch_null(batch, PG_COL_INT8);
		pg_batch_null(batch, PG_COL_TEXT);
		return;
	}
	assert(store_runs_cursor_ok(cursor));
	pg_batch_int8(batch, strtoll(cursor, NULL, 10));
	pg_batch_text(batch, strchr(cursor, '.') + 1, -1);
}

/*
 * Each filter has the statement whose index leads to the fewest rows; the others are
 * looked at row by row. status is in no index (no update would be HOT): rows that have
 * not ended, failed or were cancelled have one of their own.
 */
static enum store_sql_text list_sql(const struct store_run_filter *filter)
{
	const char *status = filter->status;

	if (filter->tag_key)
		return STORE_SQL_RUNS_LIST_TAG;
	if (filter->session_id)
		return STORE_SQL_RUNS_LIST_SESSION;
	if (status && (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0))
		return STORE_SQL_RUNS_LIST_OUTCOME;
	if (status && strcmp(status, "completed") != 0)
		return STORE_SQL_RUNS_LIST_LIVE;
	if (filter->orchestration_id)
		return STORE_SQL_RUNS_LIST_ORCHESTRATION;
	return filter->tenant_id ? STORE_SQL_RUNS_LIST_TENANT : STORE_SQL_RUNS_LIST;
}

static void put_bound(struct pg_batch *batch, int64_t at_ms)
{
	if (at_ms)
		pg_batch_int8(batch, at_ms);
	else
		pg_batch_null(batch, PG_COL_INT8);
}

/* "%text%", its own wildcards escaped. */
static void put_pattern(struct pg_batch *batch, const char *text)
{
	struct str pattern = STR_INIT;

	if (!text) {
		pg_batch_null(batch, PG_COL_TEXT);
		return;
	}
	str_add_char(&pattern, '%');
	for (; *text; text++) {
		if (*text == '%' || *text == '_' || *text == '\\')
			str_add_char(&pattern, '\\');
		str_add_char(&pattern, *text);
	}
	str_add_char(&pattern, '%');
	pg_batch_text(batch, str_text(&pattern), -1);
	str_deinit(&pattern);
}

int store_runs_list(struct pg_batch *batch, const struct store_run_filter *filter)
{
	int at = add(batch, list_sql(filter));

	pg_batch_text(batch, filter->tenant_id, -1);
	pg_batch_text(batch, filter->status, -1);
	pg_batch_text(batch, filter->orchestration_id, -1);
	pg_batch_text(batch, filter->session_id, -1);
	put_bound(batch, filter->since_ms);
	put_bound(batch, filter->until_ms);
	put_pattern(batch, filter->text);
	pg_batch_text(batch, filter->tag_key, -1);
	pg_batch_text(batch, filter->tag_value, -1);
	pg_batch_int8(batch, filter->limit);
	put_cursor(batch, filter->after);
	return at;
}

int store_runs_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_runs_list_read(const struct pg_reply *reply, int statement, int row,
			  struct store_run_status *ret)
{
	read_status(reply, statement, row, ret);
	ret->cache_read_tokens = pg_reply_int(reply, statement, row, 30);
}

int store_runs_counts(struct pg_batch *batch)
{
	return add(batch, STORE_SQL_RUNS_COUNTS);
}

void store_runs_counts_read(const struct pg_reply *reply, int statement,
			    struct store_counts *ret)
{
	*ret = (struct store_counts){
		.queued = pg_reply_int(reply, statement, 0, 0),
		.running = pg_reply_int(reply, statement, 0, 1),
		.paused = pg_reply_int(reply, statement, 0, 2),
		.dead = pg_reply_int(reply, statement, 0, 3),
	};
}
