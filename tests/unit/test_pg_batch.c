/* test_pg_batch.c - parameters in the server's binary form */
#include "pg/pg_batch.h"

#include "base/embed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct embed one = { "one", "SELECT 1", 8 };
static const struct embed two = { "two", "SELECT 2", 8 };

static struct pg_param param(struct pg_batch *batch, int statement, int index)
{
	return pg_batch_param(batch, statement, index);
}

#define IS(p, oid, bytes_)                                                               \
	do {                                                                             \
		struct pg_param got = (p);                                               \
		assert_int_equal(got.type, oid);                                         \
		assert_int_equal(got.len, sizeof(bytes_) - 1);                           \
		assert_memory_equal(got.bytes, bytes_, sizeof(bytes_) - 1);              \
	} while (0)

static void scalars_are_big_endian_with_their_oid(void **state)
{
	struct pg_batch *batch = pg_batch_new();

	(void)state;
	assert_int_equal(pg_batch_add(batch, &one), 0);
	pg_batch_text(batch, "hello world", 5);
	pg_batch_int8(batch, -2);
	pg_batch_int4(batch, 258);
	pg_batch_bool(batch, true);
	pg_batch_float8(batch, 1.0);
	assert_int_equal(pg_batch_param_count(batch, 0), 5);
	IS(param(batch, 0, 0), 25, "hello");
	IS(param(batch, 0, 1), 20, "\xff\xff\xff\xff\xff\xff\xff\xfe");
	IS(param(batch, 0, 2), 23, "\0\0\1\2");
	IS(param(batch, 0, 3), 16, "\1");
	IS(param(batch, 0, 4), 701, "\x3f\xf0\0\0\0\0\0\0");
	pg_batch_free(batch);
}

static void an_empty_text_is_not_null(void **state)
{
	struct pg_batch *batch = pg_batch_new();
	struct pg_param p;

	(void)state;
	(void)pg_batch_add(batch, &one);
	pg_batch_text(batch, "", -1);
	pg_batch_text(batch, NULL, -1);
	pg_batch_null(batch, PG_COL_INT8);
	p = param(batch, 0, 0);
	assert_non_null(p.bytes);
	assert_int_equal(p.len, 0);
	p = param(batch, 0, 1);
	assert_null(p.bytes);
	assert_int_equal(p.type, 25);
	p = param(batch, 0, 2);
	assert_null(p.bytes);
	assert_int_equal(p.type, 20);
	pg_batch_free(batch);
}

static void an_array_starts_with_its_head(void **state)
{
	struct pg_batch *batch = pg_batch_new();
	pg_col texts, ints, bools, smalls, floats;

	(void)state;
	(void)pg_batch_add(batch, &one);
	texts = pg_batch_column(batch, PG_COL_TEXT, 2);
	ints = pg_batch_column(batch, PG_COL_INT8, 0);
	bools = pg_batch_column(batch, PG_COL_BOOL, 1);
	smalls = pg_batch_column(batch, PG_COL_INT4, 1);
	floats = pg_batch_column(batch, PG_COL_FLOAT8, 1);
	/* side by side, row by row */
	pg_batch_put_text(batch, texts, "ab", -1);
	pg_batch_put_int8(batch, ints, 1);
	pg_batch_put_null(batch, texts);
	pg_batch_put_int8(batch, ints, 2);
	pg_batch_put_bool(batch, bools, false);
	pg_batch_put_int4(batch, smalls, -1);
	pg_batch_put_float8(batch, floats, -1.0);
	IS(param(batch, 0, 0), 1009,
	   "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\2\0\0\0\1"
	   "\0\0\0\2"
	   "ab\xff\xff\xff\xff");
	IS(param(batch, 0, 1), 1016,
	   "\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0\2\0\0\0\1"
	   "\0\0\0\x08\0\0\0\0\0\0\0\1\0\0\0\x08\0\0\0\0\0\0\0\2");
	IS(param(batch, 0, 2), 1000,
	   "\0\0\0\1\0\0\0\0\0\0\0\x10\0\0\0\1\0\0\0\1"
	   "\0\0\0\1\0");
	IS(param(batch, 0, 3), 1007,
	   "\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1"
	   "\0\0\0\4\xff\xff\xff\xff");
	IS(param(batch, 0, 4), 1022,
	   "\0\0\0\1\0\0\0\0\0\0\2\xbd\0\0\0\1\0\0\0\1"
	   "\0\0\0\x08\xbf\xf0\0\0\0\0\0\0");
	pg_batch_free(batch);
}

static void an_array_without_elements_has_no_dimension(void **state)
{
	struct pg_batch *batch = pg_batch_new();

	(void)state;
	(void)pg_batch_add(batch, &one);
	(void)pg_batch_column(batch, PG_COL_TEXT, 100);
	IS(param(batch, 0, 0), 1009, "\0\0\0\0\0\0\0\0\0\0\0\x19");
	pg_batch_free(batch);
}

static void a_sparse_column_of_nulls_travels_empty(void **state)
{
	struct pg_batch *batch = pg_batch_new();
	pg_col nulls, mixed;

	(void)state;
	(void)pg_batch_add(batch, &one);
	nulls = pg_batch_sparse(batch, PG_COL_TEXT);
	mixed = pg_batch_sparse(batch, PG_COL_TEXT);
	pg_batch_put_null(batch, nulls);
	pg_batch_put_text(batch, nulls, NULL, -1);
	pg_batch_put_null(batch, mixed);
	pg_batch_put_text(batch, mixed, "x", -1);
	IS(param(batch, 0, 0), 1009, "\0\0\0\0\0\0\0\0\0\0\0\x19");
	IS(param(batch, 0, 1), 1009,
	   "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\2\0\0\0\1"
	   "\xff\xff\xff\xff\0\0\0\1x");
	pg_batch_free(batch);
}

static void each_statement_has_its_own_parameters(void **state)
{
	struct pg_batch *batch = pg_batch_new();

	(void)state;
	assert_int_equal(pg_batch_add(batch, &one), 0);
	pg_batch_text(batch, "a", -1);
	assert_int_equal(pg_batch_add(batch, &two), 1);
	pg_batch_text(batch, "b", -1);
	pg_batch_text(batch, "c", -1);
	assert_int_equal(pg_batch_add(batch, &one), 2);
	assert_int_equal(pg_batch_count(batch), 3);
	assert_int_equal(pg_batch_param_count(batch, 0), 1);
	assert_int_equal(pg_batch_param_count(batch, 1), 2);
	assert_int_equal(pg_batch_param_count(batch, 2), 0);
	assert_ptr_equal(pg_batch_sql(batch, 1), &two);
	IS(param(batch, 1, 1), 25, "c");
	IS(param(batch, 0, 0), 25, "a");
	assert_int_equal(pg_batch_bytes(batch), 3);
	pg_batch_free(batch);
}

static void many_rows_keep_their_bytes(void **state)
{
	struct pg_batch *batch = pg_batch_new();
	char text[16];
	pg_col col;
	size_t at = 20;
	struct pg_param p;
	int i;

	(void)state;
	(void)pg_batch_add(batch, &one);
	col = pg_batch_column(batch, PG_COL_TEXT, 0);
	for (i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text), "%06d", i);
		pg_batch_put_text(batch, col, text, -1);
	}
	p = param(batch, 0, 0);
	assert_int_equal(p.len, 20 + 5000 * 10);
	for (i = 0; i < 5000; i++, at += 10) {
		(void)snprintf(text, sizeof(text), "%06d", i);
		assert_memory_equal(p.bytes + at + 4, text, 6);
	}
	pg_batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_big_endian_with_their_oid),
		cmocka_unit_test(an_empty_text_is_not_null),
		cmocka_unit_test(an_array_starts_with_its_head),
		cmocka_unit_test(an_array_without_elements_has_no_dimension),
		cmocka_unit_test(a_sparse_column_of_nulls_travels_empty),
		cmocka_unit_test(each_statement_has_its_own_parameters),
		cmocka_unit_test(many_rows_keep_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
