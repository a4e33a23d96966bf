/*
 * test_sse_parser.c - the rules of event streams, at every place where bytes can be cut
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/sse_parser.h"

#include <string.h>

#define MAX 64

static struct str seen; /* "type|id|data;" of each event */
static int stop_after;  /* events; 0: never */

static int on_event(void *arg, const struct sse_event *event)
{
	(void)arg;
	str_printf(&seen, "%s|%s|", event->type, event->id);
	str_add(&seen, event->data, event->data_len);
	str_add_char(&seen, ';');
	assert_int_equal(event->data[event->data_len], '\0');
	return stop_after && --stop_after == 0 ? -77 : 0;
}

static int feed(struct sse_parser *parser, const char *bytes, size_t len)
{
	struct err err;

	return sse_parser_feed(parser, bytes, len, on_event, NULL, &err);
}

/* What comes out of a stream, whole and cut in three at all places. */
static void expect_n(const char *stream, size_t len, const char *events)
{
	struct sse_parser parser;
	size_t a, b;

	for (a = 0; a <= len; a++) {
		for (b = a; b <= len; b++) {
			str_reset(&seen, 0);
			sse_parser_init(&parser, MAX);
			assert_int_equal(feed(&parser, stream, a), 0);
			assert_int_equal(feed(&parser, stream + a, b - a), 0);
			assert_int_equal(feed(&parser, stream + b, len - b), 0);
			assert_string_equal(str_text(&seen), events);
			sse_parser_deinit(&parser);
		}
	}
	str_deinit(&seen);
}

static void expect(const char *stream, const char *events)
{
	expect_n(stream, strlen(stream), events);
}

static void all_line_ends_are_one(void **state)
{
	(void)state;
	expect("data: a\n\n", "message||a;");
	expect("data: a\r\n\r\n", "message||a;");
	expect("data: a\r\r", "message||a;");
	expect("data: a\r\n\ndata: b\n\r\n", "message||a;message||b;");
	expect("data: a\r\rdata: b\r\n\r", "message||a;message||b;");
}

static void an_event_is_there_with_its_last_byte(void **state)
{
	struct sse_parser parser;

	(void)state;
	sse_parser_init(&parser, MAX);
	assert_int_equal(feed(&parser, "data: a\r\n\r", 10), 0);
	assert_string_equal(str_text(&seen), "message||a;");
	assert_int_equal(feed(&parser, "\n\n", 2), 0);
	assert_string_equal(str_text(&seen), "message||a;");
	sse_parser_deinit(&parser);
	str_deinit(&seen);
}

static void data_lines_are_joined(void **state)
{
	(void)state;
	expect("data: a\ndata: b\n\n", "message||a\nb;");
	expect("data:\ndata:\n\n", "message||\n;");
	expect("data\n\n", "message||;");
	expect("data:a\n\n", "message||a;");
	expect("data:  a\n\n", "message|| a;");
	expect("data: a:b\n\n", "message||a:b;");
	expect_n("data: a\0b\n\n", 11, "message||a"); /* shown up to its NUL */
}

static void what_is_no_data_is_no_event(void **state)
{
	(void)state;
	expect("", "");
	expect("\n\n\n", "");
	expect("event: x\n\n", "");
	expect(": comment\n\n", "");
	expect("data: unfinished", "");
	expect("data: unfinished\n", "");
	expect("dat: a\ndatas: b\n data: c\n\n", "");
}

static void type_and_id_are_kept_as_they_should(void **state)
{
	(void)state;
	expect("event: x\ndata: a\n\ndata: b\n\n", "x||a;message||b;");
	expect("id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
	       "message|7|a;message|7|b;message||c;");
	expect("event:\ndata: a\n\n", "message||a;");
	expect_n("id: 1\nid: 2\0x\ndata: a\n\n", 24, "message|1|a;");
}

static void a_byte_order_mark_is_skipped_once(void **state)
{
	(void)state;
	expect("\xef\xbb\xbf"
	       "data: a\n\n",
	       "message||a;");
	expect("\xef\xbb\xbf\xef\xbb\xbf"
	       "data: a\n\n",
	       "");
	expect("\xef\xbb"
	       "data: a\n\ndata: b\n\n",
	       "message||b;");
	expect("\xef"
	       "\n\ndata: b\n\n",
	       "message||b;");
}

static int64_t retry_of(const char *stream)
{
	struct sse_parser parser;
	int64_t ms;

	sse_parser_init(&parser, MAX);
	assert_int_equal(feed(&parser, stream, strlen(stream)), 0);
	ms = parser.retry_ms;
	sse_parser_deinit(&parser);
	return ms;
}

static void retry_is_digits_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(retry_of("data: a\n\n"), -1);
	assert_int_equal(retry_of("retry: 2000\n"), 2000);
	assert_int_equal(retry_of("retry: 0\n"), 0);
	assert_int_equal(retry_of("retry: 2s\n"), -1);
	assert_int_equal(retry_of("retry: -2\n"), -1);
	assert_int_equal(retry_of("retry:\n"), -1);
	assert_int_equal(retry_of("retry: 9999999999\n"), -1);
	str_deinit(&seen);
}

static void what_is_too_long_ends_it(void **state)
{
	char line[MAX + 16] = "data: ";
	struct sse_parser parser;
	int i;

	(void)state;
	memset(line + 6, 'x', sizeof(line) - 6);
	sse_parser_init(&parser, MAX);
	assert_int_equal(feed(&parser, line, MAX), 0);
	assert_int_equal(feed(&parser, "x", 1), ERR_LIMIT);
	sse_parser_deinit(&parser);

	sse_parser_init(&parser, MAX);
	for (i = 0; i < 2; i++)
		assert_int_equal(
			feed(&parser, "data: 0123456789012345678901234567\n", 35), 0);
	assert_int_equal(feed(&parser, "data: 012345678\n", 16), ERR_LIMIT);
	sse_parser_deinit(&parser);
	assert_int_equal(seen.len, 0);
}

static void an_id_or_a_type_that_is_too_long_is_dropped(void **state)
{
	struct str stream = STR_INIT;
	struct sse_parser parser;
	int i;

	(void)state;
	str_add_text(&stream, "event: ");
	for (i = 0; i < 300; i++)
		str_add_char(&stream, 'e');
	str_add_text(&stream, "\nid: ");
	for (i = 0; i < 1100; i++)
		str_add_char(&stream, 'i');
	str_add_text(&stream, "\ndata: a\n\n");
	sse_parser_init(&parser, 4096);
	assert_int_equal(feed(&parser, str_text(&stream), stream.len), 0);
	assert_string_equal(str_text(&seen), "message||a;");
	sse_parser_deinit(&parser);
	str_deinit(&stream);
	str_deinit(&seen);
}

static void a_callback_can_end_it(void **state)
{
	struct sse_parser parser;

	(void)state;
	stop_after = 2;
	sse_parser_init(&parser, MAX);
	assert_int_equal(feed(&parser, "data: a\n\ndata: b\n\ndata: c\n\n", 27), -77);
	assert_string_equal(str_text(&seen), "message||a;message||b;");
	sse_parser_deinit(&parser);
	str_deinit(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_line_ends_are_one),
		cmocka_unit_test(an_event_is_there_with_its_last_byte),
		cmocka_unit_test(data_lines_are_joined),
		cmocka_unit_test(what_is_no_data_is_no_event),
		cmocka_unit_test(type_and_id_are_kept_as_they_should),
		cmocka_unit_test(a_byte_order_mark_is_skipped_once),
		cmocka_unit_test(retry_is_digits_or_nothing),
		cmocka_unit_test(what_is_too_long_ends_it),
		cmocka_unit_test(an_id_or_a_type_that_is_too_long_is_dropped),
		cmocka_unit_test(a_callback_can_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
