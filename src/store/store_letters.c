/*
 * store_letters.c - what operators do about dead letters
 */
#include "store/store_letters.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define UUID_LEN          36
#define CURSOR_DIGITS_MAX 18

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

bool store_letters_id_ok(const char *id)
{
	size_t i;

	for (i = 0; id[i]; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (i >= UUID_LEN ||
		    (dash ? id[i] != '-' : !isxdigit((unsigned char)id[i])))
			return false;
	}
	return i == UUID_LEN;
}

bool store_letters_cursor_ok(const char *cursor)
{
	size_t digits = strspn(cursor, "0123456789");

	return digits >= 1 && digits <= CURSOR_DIGITS_MAX && cursor[digits] == '.' &&
	       store_letters_id_ok(cursor + digits + 1);
}

int store_letters_list(struct pg_batch *batch, const struct store_letter_filter *filter)
{
	int at = add(batch, STORE_SQL_LETTERS_LIST);

	if (filter->state == STORE_LETTERS_ALL)
		pg_batch_null(batch, PG_COL_BOOL);
	else
		pg_batch_bool(batch, filter->state == STORE_LETTERS_RESOLVED);
	pg_batch_text(batch, filter->tenant_id, -1);
	pg_batch_text(batch, filter->default_tenant, -1);
	pg_batch_text(batch, filter->orchestration_id, -1);
	pg_batch_text(batch, filter->run_id, -1);
	pg_batch_int8(batch, filter->limit);
	if (filter->after) {
		assert(store_letters_cursor_ok(filter->after));
		pg_batch_int8(batch, strtoll(filter->after, NULL, 10));
		pg_batch_text(batch, strchr(filter->after, '.') + 1, -1);
	} else {
		pg_batch_null(batch, PG_COL_INT8);
		pg_batch_null(batch, PG_COL_TEXT);
	}
	return at;
}

int store_letters_list_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_letters_list_read(const struct pg_reply *reply, int statement, int row,
			     struct store_letter *ret)
{
	*ret = (struct store_letter){
		.id = pg_reply_text(reply, statement, row, 0),
		.run_id = pg_reply_text(reply, statement, row, 1),
		.orchestration_id = pg_reply_text(reply, statement, row, 2),
		.tenant_id = pg_reply_text(reply, statement, row, 3),
		.job_function = pg_reply_text(reply, statement, row, 4),
		.error_message = pg_reply_text(reply, statement, row, 5),
		.attempt_count = pg_reply_int(reply, statement, row, 6),
		.first_failed_at = pg_reply_text(reply, statement, row, 7),
		.last_failed_at = pg_reply_text(reply, statement, row, 8),
		.resolved = pg_reply_bool(reply, statement, row, 9),
		.traceback = pg_reply_text(reply, statement, row, 10),
		.payload = pg_reply_text(reply, statement, row, 11),
		.cause = pg_reply_text(reply, statement, row, 12),
		.cursor = pg_reply_text(reply, statement, row, 13),
	};
}

int store_letters_get(struct pg_batch *batch, const char *id, const char *default_tenant)
{
	int at = add(batch, STORE_SQL_LETTER_GET);

	assert(store_letters_id_ok(id));
	pg_batch_text(batch, id, -1);
	pg_batch_text(batch, default_tenant, -1);
	return at;
}

bool store_letters_get_read(const struct pg_reply *reply, int statement,
			    struct store_letter *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	store_letters_list_read(reply, statement, 0, ret);
	return true;
}

int store_letters_discard(struct pg_batch *batch, const char *id, const char *tenant_id,
			  const char *default_tenant)
{
	int at = add(batch, STORE_SQL_LETTER_DISCARD);

	assert(store_letters_id_ok(id));
	pg_batch_text(batch, id, -1);
	pg_batch_text(batch, tenant_id, -1);
	pg_batch_text(batch, default_tenant, -1);
	return at;
}

bool store_letters_discard_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) > 0;
}
