/* test_http_tool.c - custom tools of type http, and what is sent for them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/http_tool.h"

#include "base/jsonr.h"

#include <string.h>

static struct http_tool tool;

static void read_tool(const char *text)
{
	struct err err;

	if (http_tool_parse(text, strlen(text), &tool, &err) < 0)
		fail_msg("%s: %s", text, err.text);
}

static int build(const char *arguments, struct http_tool_request *request,
		 struct err *err)
{
	struct json *doc = NULL;
	int rc;

	assert_int_equal(
		jsonr_parse(arguments, strlen(arguments), &doc, NULL, NULL, NULL), 0);
	rc = http_tool_build(&tool, doc, "k/1", request, err);
	jsonr_free(doc);
	return rc;
}

/* clang-format off */
static const struct {
	const char *tool; /* method and url */
	const char *arguments;
	const char *url;
	const char *body;
} rows[] = {
	{ "\"url\":\"http://h/x\"", "{\"a\":[1]}", "http://h/x", "{\"a\":[1]}" },
	{ "\"method\":\"get\",\"url\":\"http://h/x\"",
	  "{\"a\":\"b c&\",\"n\":1.50,\"o\":{\"k\":null}}",
	  "http://h/x?a=b%20c%26&n=1.50&o=%7B%22k%22%3Anull%7D", "" },
	{ "\"method\":\"GET\",\"url\":\"http://h/{id}?q=1\"", "{\"id\":\"../a\",\"x\":true}",
	  "http://h/..%2Fa?q=1&x=true", "" },
	{ "\"method\":\"DELETE\",\"url\":\"http://h/{data.a.b}/{gone}/{data.a.x}\"",
	  "{\"a\":{\"b\":7}}", "http://h/7/{gone}/{data.a.x}", "" },
	{ "\"method\":\"GET\",\"url\":\"http://h/?d={data}\"", "{\"a\":1}",
	  "http://h/?d=%7B%22a%22%3A1%7D", "" },
	{ "\"method\":\"PUT\",\"url\":\"{base}/x\"", "{\"base\":\"http://h:1\"}",
	  "http://h:1/x", "{\"base\":\"http://h:1\"}" },
	{ "\"method\":\"PATCH\",\"url\":\"http://h/{\"", "{}", "http://h/{", "{}" },
	{ "\"method\":\"GET\",\"url\":\"http://h/{}\"", "{}", "http://h/{}", "" },
};
/* clang-format on */

static void arguments_go_where_the_contract_says(void **state)
{
	struct str text = STR_INIT;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_tool_request request = { .headers = { NULL } };

		str_reset(&text, 0);
		str_printf(&text, "{\"name\":\"t\",%s}", rows[i].tool);
		read_tool(str_text(&text));
		assert_int_equal(build(rows[i].arguments, &request, &err), 0);
		assert_string_equal(str_text(&request.url), rows[i].url);
		assert_string_equal(str_text(&request.body), rows[i].body);
		http_tool_request_deinit(&request);
		http_tool_deinit(&tool);
	}
	str_deinit(&text);
}

static void headers_are_sent_as_they_are_and_ours_where_there_are_none(void **state)
{
	struct http_tool_request request = { .headers = { NULL } };
	struct err err;

	(void)state;
	read_tool("{\"url\":\"http://h\",\"headers\":{\"X-A\":\"{a} b\",\"X-N\":7,"
		  "\"content-type\":\"text/plain\",\"X-E\":\"\"}}");
	assert_int_equal(build("{\"a\":1}", &request, &err), 0);
	assert_string_equal(request.headers[0], "X-A: {a} b");
	assert_string_equal(request.headers[1], "X-N: 7");
	assert_string_equal(request.headers[2], "content-type: text/plain");
	assert_string_equal(request.headers[3], "X-E;");
	assert_string_equal(request.headers[4],
			    "Accept: application/json, text/*;q=0.9, */*;q=0.5");
	assert_string_equal(request.headers[5], "Idempotency-Key: k/1");
	assert_null(request.headers[6]);
	http_tool_request_deinit(&request);
	http_tool_deinit(&tool);
}

static void a_header_that_would_be_two_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"url\":\"http://h\",\"headers\":{\"X\":\"a\\r\\nY: b\"}}",
		"{\"url\":\"http://h\",\"headers\":{\"X: a\":\"b\"}}",
		"{\"url\":\"http://h\",\"headers\":{\"\":\"b\"}}",
		"{\"url\":\"http://h\",\"headers\":{\"X\":\"a\\u0000b\"}}",
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct http_tool_request request = { .headers = { NULL } };

		read_tool(bad[i]);
		assert_int_equal(build("{}", &request, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, "cannot be sent"));
		http_tool_request_deinit(&request);
		http_tool_deinit(&tool);
	}
}

static void what_is_no_http_tool_says_why(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "[]", "no object" },
		{ "{", "" },
		{ "{\"tool_type\":\"python\"}", "of type 'python'" },
		{ "{\"tool_type\":\"http\"}", "no url" },
		{ "{\"url\":\"http://h\",\"method\":\"TRACE\"}", "'TRACE' is none of" },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			http_tool_parse(bad[i].text, strlen(bad[i].text), &tool, &err),
			ERR_INPUT);
		assert_non_null(strstr(err.text, bad[i].why));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_go_where_the_contract_says),
		cmocka_unit_test(
			headers_are_sent_as_they_are_and_ours_where_there_are_none),
		cmocka_unit_test(a_header_that_would_be_two_is_refused),
		cmocka_unit_test(what_is_no_http_tool_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
