/*
 * store_columns.c - structs as array parameters, by a list of columns
 *
 * A table's codec is a list of (type, member) in the order of the statement's unnest():
 * the rows of a call become one array per column, filled row by row.
 */
#include "store/store_columns.h"

#include "pg/pg_batch.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

void store_columns_init(struct store_columns *columns, struct pg_batch *batch,
			const struct store_column *list, size_t count, size_t expect)
{
	size_t i;

	assert(count <= STORE_COLUMNS_MAX);
	columns->list = list;
	columns->count = count;
	for (i = 0; i < count; i++) {
		switch (list[i].type) {
		case STORE_COLUMN_TEXT:
			columns->cols[i] = pg_batch_column(batch, PG_COL_TEXT, expect);
			break;
		case STORE_COLUMN_TEXT0:
			columns->cols[i] = pg_batch_sparse(batch, PG_COL_TEXT);
			break;
		case STORE_COLUMN_INT8:
			columns->cols[i] = pg_batch_column(batch, PG_COL_INT8, expect);
			break;
		case STORE_COLUMN_INT4:
			columns->cols[i] = pg_batch_column(batch, PG_COL_INT4, expect);
			break;
		case STORE_COLUMN_FLOAT8:
			columns->cols[i] = pg_batch_column(batch, PG_COL_FLOAT8, expect);
			break;
		}
	}
}

void store_columns_put(const struct store_columns *columns, struct pg_batch *batch,
		       const void *row)
{
	size_t i;

	for (i = 0; i < columns->count; i++) {
		const char *member = (const char *)row + columns->list[i].offset;
		pg_col col = columns->cols[i];
		const char *text;
		int64_t int8;
		double float8;
		int int4;

		switch (columns->list[i].type) {
		case STORE_COLUMN_TEXT:
		case STORE_COLUMN_TEXT0:
			memcpy(&text, member, sizeof(text));
			pg_batch_put_text(batch, col, text, -1);
			break;
		case STORE_COLUMN_INT8:
			memcpy(&int8, member, sizeof(int8));
			pg_batch_put_int8(batch, col, int8);
			break;
		case STORE_COLUMN_INT4:
			memcpy(&int4, member, sizeof(int4));
			pg_batch_put_int4(batch, col, int4);
			break;
		case STORE_COLUMN_FLOAT8:
			memcpy(&float8, member, sizeof(float8));
			pg_batch_put_float8(batch, col, float8);
			break;
		}
	}
}
