/* test_cursor.c - how far a reader of events is, ids, and events out of the journal */
#include "events/cursor.h"

#include "base/err.h"
#include "events/event_id.h"
#include "events/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct event_mark mark_of(const char *text)
{
	struct event_mark mark;

	event_mark_read(text, strlen(text), &mark);
	return mark;
}

static void an_event_is_read_from_its_end(void **state)
{
	struct event_mark mark =
		mark_of("{\"type\":\"x\",\"ts\":1,\"seq\":12,\"epoch\":3}");

	(void)state;
	assert_true(mark.has_seq && !mark.live && !mark.done);
	assert_int_equal(mark.seq, 12);
	mark = mark_of(
		"{\"type\":\"llm_token\",\"ts\":1,\"seq\":7,\"epoch\":3,\"sub\":9}");
	assert_true(mark.has_seq && mark.live);
	assert_int_equal(mark.seq, 7);
	mark = mark_of("{\"type\":\"done\",\"ts\":1,\"seq\":8,\"epoch\":1}");
	assert_true(mark.done && mark.has_seq);
	assert_int_equal(mark.seq, 8);
	assert_int_equal(mark.turn, 0);
	mark = mark_of("{\"type\":\"done\",\"turn\":4,\"seq\":8,\"epoch\":1}");
	assert_true(mark.done && mark.seq == 8 && mark.turn == 4);
	mark = mark_of("{\"turn\":4,\"seq\":8,\"type\":\"done\"}");
	assert_true(mark.done && mark.seq == 8 && mark.turn == 4);
}

static void other_forms_are_parsed(void **state)
{
	struct event_mark mark = mark_of("{\"type\": \"done\"}");

	(void)state;
	assert_true(mark.done && !mark.has_seq);
	mark = mark_of("{\"seq\":5,\"epoch\":1,\"type\":\"done\"}");
	assert_true(mark.done && mark.has_seq && !mark.live);
	assert_int_equal(mark.seq, 5);
	mark = mark_of("{\"type\":\"x\",\"text\":\"done\"}");
	assert_true(!mark.done && !mark.has_seq);
	/* in a text, or further in, it is not ours */
	mark = mark_of("{\"a\":{\"x\":1,\"seq\":5,\"epoch\":1}}");
	assert_false(mark.has_seq);
	mark = mark_of("{\"a\":\",\\\"seq\\\":5,\\\"epoch\\\":1}\"}");
	assert_false(mark.has_seq);
	mark = mark_of("NaN");
	assert_true(!mark.done && !mark.has_seq);
	mark = mark_of("");
	assert_true(!mark.done && !mark.has_seq);
}

static void what_comes_next_is_judged_by_id_and_number(void **state)
{
	struct cursor cursor = { { 10, 2 }, 4, true };
	struct event_id same = { 10, 2 }, next = { 10, 3 };
	struct event_mark durable = { false, true, false, 5, 0 };
	struct event_mark live = { false, true, true, 4, 0 };
	struct event_mark foreign = { false, false, false, 0, 0 };

	(void)state;
	assert_int_equal(cursor_judge(&cursor, &same, &durable), CURSOR_DROP);
	assert_int_equal(cursor_judge(&cursor, &next, &durable), CURSOR_SEND);
	assert_int_equal(cursor_judge(&cursor, &next, &live), CURSOR_SEND);
	assert_int_equal(cursor_judge(&cursor, &next, &foreign), CURSOR_SEND);
	durable.seq = 6;
	live.seq = 5;
	assert_int_equal(cursor_judge(&cursor, &next, &durable), CURSOR_HOLE);
	assert_int_equal(cursor_judge(&cursor, &next, &live), CURSOR_HOLE);
	durable.seq = 4; /* numbered once, sent once */
	assert_int_equal(cursor_judge(&cursor, &next, &durable), CURSOR_DROP);
	live.seq = 3; /* of an owner that has gone on meanwhile: harmless */
	assert_int_equal(cursor_judge(&cursor, &next, &live), CURSOR_SEND);
	cursor.known = false;
	durable.seq = 5;
	assert_int_equal(cursor_judge(&cursor, &next, &durable), CURSOR_HOLE);
	assert_int_equal(cursor_judge(&cursor, &next, &foreign), CURSOR_SEND);

	cursor_pass(&cursor, &next, &durable);
	assert_int_equal(event_id_compare(&cursor.id, &next), 0);
	assert_int_equal(cursor.seq, 5);
	cursor_pass(&cursor, &same, &live); /* backwards goes nothing */
	assert_int_equal(event_id_compare(&cursor.id, &next), 0);
	assert_int_equal(cursor.seq, 5);
}

static void ids_are_read_written_and_ordered(void **state)
{
	static const char *const bad[] = { "",    "-",    "x",    "1-",
					   "-1",  "1-2-", "1 -2", "18446744073709551616",
					   "1-x", "+" };
	struct event_id id, other = { 5, UINT64_MAX };
	char buf[EVENT_ID_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(event_id_parse(bad[i], &id));
	assert_true(event_id_parse("18446744073709551615-18446744073709551615", &id));
	assert_int_equal(event_id_print(&id, buf), 41);
	assert_string_equal(buf, "18446744073709551615-18446744073709551615");
	id = event_id_next(&id);
	assert_true(id.ms == UINT64_MAX && id.n == UINT64_MAX);
	assert_true(event_id_parse("6", &id));
	assert_true(id.ms == 6 && id.n == 0);
	assert_true(event_id_compare(&other, &id) < 0);
	other = event_id_next(&other);
	assert_int_equal(event_id_compare(&other, &id), 0);
	other = event_id_before(&other);
	assert_true(other.ms == 5 && other.n == UINT64_MAX);
	id = (struct event_id){ 0, 0 };
	assert_true(event_id_is_zero(&id));
	id = event_id_before(&id);
	assert_true(event_id_is_zero(&id));
}

struct seen {
	int count, most;
	char last[64];
};

static bool on_event(void *arg, const struct event_id *id, const char *text, size_t len)
{
	struct seen *seen = arg;

	if (seen->count == seen->most)
		return false;
	seen->count++;
	assert_int_equal(id->ms, 7);
	memcpy(seen->last, text, len + 1);
	return true;
}

static void a_row_of_the_journal_gives_its_events(void **state)
{
	static const char row[] = "[[\"7-0\",{\"a\":1}],[\"7-1\",{\"b\":[1.50]}]]";
	struct seen seen = { 0, 10, "" };
	struct err err;

	(void)state;
	assert_int_equal(replay_row(row, on_event, &seen, &err), 1);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.last, "{\"b\":[1.50]}");
	seen = (struct seen){ 0, 1, "" };
	assert_int_equal(replay_row(row, on_event, &seen, &err), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(replay_row("[[\"7-0\",1]]", on_event, &seen, &err), ERR_INPUT);
	assert_int_equal(replay_row("[[\"x\",{}]]", on_event, &seen, &err), ERR_INPUT);
	assert_int_equal(replay_row("[", on_event, &seen, &err), ERR_INPUT);
	assert_int_equal(replay_row("[]", on_event, &seen, &err), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_read_from_its_end),
		cmocka_unit_test(other_forms_are_parsed),
		cmocka_unit_test(what_comes_next_is_judged_by_id_and_number),
		cmocka_unit_test(ids_are_read_written_and_ordered),
		cmocka_unit_test(a_row_of_the_journal_gives_its_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
