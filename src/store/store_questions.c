/*
 * store_questions.c - questions to people, as those see them who do not execute the run
 *
 * A page goes on behind a row: the cursor is its place in the order, the moment in
 * microseconds, then execution, length of the run id, run id and path.
 */
#include "store/store_questions.h"

#include "base/str.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_ids.h"
#include "store/store_sql.h"
#include "store/store_woken.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR_DIGITS_MAX 18
#define CURSOR_MAX        8192

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

/* ---- lists ---- */

struct place {
	int64_t opened_at_us;
	int execution;
	size_t run_id_len;
	const char *run_id; /* not terminated */
	const char *path;
};

static bool read_number(const char **text, int64_t max, int64_t *ret)
{
	size_t digits = strspn(*text, "0123456789");

	if (digits < 1 || digits > CURSOR_DIGITS_MAX || (*text)[digits] != '.')
		return false;
	*ret = strtoll(*text, NULL, 10);
	*text += digits + 1;
	return *ret <= max;
}

static bool read_cursor(const char *text, struct place *ret)
{
	int64_t execution, len;

	if (strlen(text) > CURSOR_MAX ||
	    !read_number(&text, INT64_MAX, &ret->opened_at_us) ||
	    !read_number(&text, INT32_MAX, &execution) ||
	    !read_number(&text, CURSOR_MAX, &len) || (size_t)len >= strlen(text))
		return false;
	ret->execution = (int)execution;
	ret->run_id_len = (size_t)len;
	ret->run_id = text;
	ret->path = text + len;
	return true;
}

bool store_questions_cursor_ok(const char *cursor)
{
	struct place place;

	return read_cursor(cursor, &place);
}

int store_questions_list(struct pg_batch *batch,
			 const struct store_questions_filter *filter)
{
	int at = add(batch, STORE_SQL_WAITS_LIST);
	struct place place;

	pg_batch_text(batch, filter->tenant_id, -1);
	pg_batch_text(batch, filter->orchestration_id, -1);
	pg_batch_text(batch, filter->run_id, -1);
	pg_batch_int8(batch, filter->limit);
	if (filter->after) {
		bool ok = read_cursor(filter->after, &place);

		assert(ok);
		pg_batch_int8(batch, place.opened_at_us);
		pg_batch_text(batch, place.run_id, (int64_t)place.run_id_len);
		pg_batch_text(batch, place.path, -1);
		pg_batch_int4(batch, place.execution);
	} else {
		pg_batch_null(batch, PG_COL_INT8);
		pg_batch_null(batch, PG_COL_TEXT);
		pg_batch_null(batch, PG_COL_TEXT);
		pg_batch_null(batch, PG_COL_INT4);
	}
	return at;
}

int store_questions_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_questions_list_read(const struct pg_reply *reply, int statement, int row,
			       struct store_open_question *ret)
{
	*ret = (struct store_open_question){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.path = pg_reply_text(reply, statement, row, 1),
		.execution = (int)pg_reply_int(reply, statement, row, 2),
		.step_id = pg_reply_text(reply, statement, row, 3),
		.tenant_id = pg_reply_text(reply, statement, row, 4),
		.orchestration_id = pg_reply_text(reply, statement, row, 5),
		.prompt = pg_reply_text(reply, statement, row, 6),
		.fields = pg_reply_text(reply, statement, row, 7),
		.context = pg_reply_text(reply, statement, row, 8),
		.opened_at = pg_reply_text(reply, statement, row, 9),
		.deadline_at = pg_reply_text(reply, statement, row, 10),
		.reminders = pg_reply_int(reply, statement, row, 11),
		.run_status = pg_reply_text(reply, statement, row, 12),
		.cursor = pg_reply_text(reply, statement, row, 13),
	};
}

/* ---- deadlines ---- */

int store_questions_due(struct pg_batch *batch, int limit)
{
	int at = add(batch, STORE_SQL_WAITS_DUE);

	pg_batch_int8(batch, limit);
	return at;
}

int store_questions_due_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

const char *store_questions_due_read(const struct pg_reply *reply, int statement, int row)
{
	return pg_reply_text(reply, statement, row, 0);
}

int store_questions_expire(struct pg_batch *batch, const char *const *run_ids, size_t n)
{
	int at = add(batch, STORE_SQL_WAITS_LATE_LOCK);

	store_ids_put(batch, run_ids, n);
	(void)add(batch, STORE_SQL_WAITS_LATE);
	store_ids_put(batch, run_ids, n);
	return at;
}

int store_questions_expire_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement + 1);
}

const char *store_questions_expire_read(const struct pg_reply *reply, int statement,
					int row, struct store_woken *ret)
{
	int at = statement + 1;

	store_answers_woken_read(reply, at, row, 1, ret);
	return pg_reply_text(reply, at, row, 0);
}

/* ---- reminders ---- */

int store_questions_remind(struct pg_batch *batch, int limit)
{
	int at = add(batch, STORE_SQL_WAITS_REMIND);

	pg_batch_int8(batch, limit);
	return at;
}

int store_questions_remind_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_questions_remind_read(const struct pg_reply *reply, int statement, int row,
				 struct store_reminder *ret)
{
	*ret = (struct store_reminder){
		.run_id = pg_reply_text(reply, statement, row, 0),
		.step_id = pg_reply_text(reply, statement, row, 1),
		.path = pg_reply_text(reply, statement, row, 2),
		.prompt = pg_reply_text(reply, statement, row, 3),
		.nth = pg_reply_int(reply, statement, row, 4),
		.parked = !pg_reply_null(reply, statement, row, 5),
		.event_seq = pg_reply_int(reply, statement, row, 5),
		.epoch = pg_reply_int(reply, statement, row, 6),
		.now_ms = pg_reply_int(reply, statement, row, 7),
	};
}
