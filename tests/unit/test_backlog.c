/* test_backlog.c - what of a journal row a stream lacks */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/backlog.h"

#include "base/err.h"
#include "base/list.h"
#include "events/fifo.h"

#include <string.h>

static const char events[] = "[[\"10-0\",{\"type\":\"a\",\"seq\":4}],"
			     "[\"10-1\",{\"type\":\"b\",\"x\":1.50,\"seq\":5}],"
			     "[\"12-0\",{\"type\":\"c\",\"seq\":6}]]";

static size_t lacking(int64_t ms, uint32_t n, char *first)
{
	const struct backlog_end end = { ms, n };
	struct backlog_end newest = { 0 };
	uint64_t seq = 0;
	struct list out;
	size_t count = 0;

	list_init(&out);
	assert_int_equal(backlog_add(&out, events, &end, &seq, &newest, NULL), 0);
	assert_true(seq == 6 && newest.id_ms == 12 && newest.id_n == 0);
	list_for_each(node, &out) {
		struct fifo_entry *entry = list_entry(node, struct fifo_entry, node);

		assert_int_equal(entry->row, 0); /* nothing holds it */
		assert_int_equal(strlen(entry->text), entry->len);
		if (count++ == 0)
			memcpy(first, entry->id, entry->id_len + 1);
	}
	if (count == 2)
		assert_string_equal(list_entry(out.next, struct fifo_entry, node)->text,
				    "{\"type\":\"b\",\"x\":1.50,\"seq\":5}");
	fifo_entries_free(&out);
	return count;
}

static void what_is_behind_the_end_of_the_stream_is_lacking(void **state)
{
	char first[FIFO_ID_MAX];

	(void)state;
	assert_int_equal(lacking(0, 0, first), 3);
	assert_string_equal(first, "10-0");
	assert_int_equal(lacking(10, 0, first), 2);
	assert_string_equal(first, "10-1");
	assert_int_equal(lacking(11, 9, first), 1);
	assert_string_equal(first, "12-0");
	assert_int_equal(lacking(12, 0, first), 0);
}

static void a_row_without_events_lacks_nothing(void **state)
{
	const struct backlog_end end = { 0 };
	struct backlog_end newest = { 7, 7 };
	uint64_t seq = 3;
	struct list out;

	(void)state;
	list_init(&out);
	assert_int_equal(backlog_add(&out, NULL, &end, &seq, &newest, NULL), 0);
	assert_true(list_empty(&out) && seq == 3 && newest.id_ms == 7);
}

static void what_is_no_list_of_events_is_refused(void **state)
{
	static const char *const bad[] = { "{}", "[1]", "[[\"1-0\",{}]]",
					   "[[\"x\",{\"seq\":1}]]", "[[" };
	const struct backlog_end end = { 0 };
	struct backlog_end newest;
	uint64_t seq;
	struct list out;
	size_t i;

	(void)state;
	list_init(&out);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(backlog_add(&out, bad[i], &end, &seq, &newest, NULL),
				 ERR_INPUT);
	assert_true(list_empty(&out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_behind_the_end_of_the_stream_is_lacking),
		cmocka_unit_test(a_row_without_events_lacks_nothing),
		cmocka_unit_test(what_is_no_list_of_events_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
