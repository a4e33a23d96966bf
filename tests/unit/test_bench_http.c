/* test_bench_http.c - answers of a connection that is kept open */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/bench_http.h"

#include <string.h>

static const char answer_text[] = "HTTP/1.1 202 Accepted\r\nDate: today\r\n"
				  "content-length: 5\r\nX: y\r\n\r\nhello";

static void an_answer_is_taken_from_the_front(void **state)
{
	struct bench_http_answer answer = { .status = 0 };
	struct str two = STR_INIT;

	(void)state;
	str_add_text(&two, answer_text);
	str_add_text(&two, "HTTP/1.1 500 ");
	assert_int_equal(bench_http_answer(str_text(&two), two.len, &answer), 1);
	assert_int_equal(answer.status, 202);
	assert_int_equal(answer.body_len, 5);
	assert_memory_equal(answer.body, "hello", 5);
	assert_int_equal(answer.total, strlen(answer_text));
	str_deinit(&two);
}

static void a_part_of_an_answer_waits_for_the_rest(void **state)
{
	struct bench_http_answer answer = { .status = 0 };
	size_t len;

	(void)state;
	for (len = 0; len < strlen(answer_text); len++)
		assert_int_equal(bench_http_answer(answer_text, len, &answer), 0);
	assert_int_equal(answer.status, 0);
}

static void what_is_no_answer_of_known_length_is_refused(void **state)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
		"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
		"HTTP/1.1 99 OK\r\nContent-Length: 1\r\n\r\nx",
		"HTTP/1.1 x\r\nContent-Length: 1\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"\r\n\r\n",
	};
	struct bench_http_answer answer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(bench_http_answer(texts[i], strlen(texts[i]), &answer),
				 ERR_PROTO);
}

static void a_head_without_an_end_is_refused_some_day(void **state)
{
	struct bench_http_answer answer;
	struct str text = STR_INIT;

	(void)state;
	str_add_text(&text, "HTTP/1.1 200 OK\r\n");
	while (text.len <= 16384)
		str_add_text(&text, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
	assert_int_equal(bench_http_answer(str_text(&text), text.len, &answer),
			 ERR_PROTO);
	str_deinit(&text);
}

static void a_request_says_how_long_it_is(void **state)
{
	struct str out = STR_INIT, body = STR_INIT;

	(void)state;
	str_add_text(&body, "{\"message\":\"hello\"}");
	bench_http_post(&out, 8765, "/api/v2/x", "sk-syn-0", &body);
	assert_string_equal(str_text(&out),
			    "POST /api/v2/x HTTP/1.1\r\nHost: 127.0.0.1:8765\r\n"
			    "Authorization: Bearer sk-syn-0\r\n"
			    "Content-Type: application/json\r\n"
			    "Content-Length: 19\r\n\r\n{\"message\":\"hello\"}");
	str_deinit(&out);
	str_deinit(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_taken_from_the_front),
		cmocka_unit_test(a_part_of_an_answer_waits_for_the_rest),
		cmocka_unit_test(what_is_no_answer_of_known_length_is_refused),
		cmocka_unit_test(a_head_without_an_end_is_refused_some_day),
		cmocka_unit_test(a_request_says_how_long_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
