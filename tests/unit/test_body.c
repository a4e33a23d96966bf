/* test_body.c - JSON bodies: what is wrong is said, all of it, with its place */
#include "api/body.h"
#include "api/run_body.h"
#include "api/runs_port.h"

#include "base/jsonr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

/* Read a run body; the faults as text, "[]" if none. */
static const char *read_run(const char *text, size_t len, struct run_body *body)
{
	struct body_at at = { NULL, "body", 0 };
	struct body_faults faults = { STR_INIT, 0 };
	struct str out = STR_INIT;
	struct json *doc;
	const char *copy;

	memset(body, 0, sizeof(*body));
	if (body_parse(&faults, text, len, 0, &doc))
		run_body_read(&faults, &at, doc, &arena, body);
	jsonr_free(doc);
	body_faults_print(&faults, &out);
	copy = arena_dup(&arena, str_text(&out));
	str_deinit(&out);
	body_faults_deinit(&faults);
	return copy;
}

static void a_whole_body_is_read(void **state)
{
	static const char text[] =
		"{\"message\":\"hi\",\"session_id\":\"s\",\"priority\":-10,"
		"\"webhook_url\":\"https://x/y\",\"webhook_secret\":\"z\","
		"\"tenant_id\":\"t\",\"inputs\":{\"a\":1,\"b_2\":[null]},\"more\":{}}";
	struct run_body body;

	(void)state;
	assert_string_equal(read_run(text, strlen(text), &body), "[]");
	assert_string_equal(body.message, "hi");
	assert_string_equal(body.session_id, "s");
	assert_int_equal(body.priority, -10);
	assert_string_equal(body.webhook_url, "https://x/y");
	assert_string_equal(body.webhook_secret, "z");
	assert_string_equal(body.tenant_id, "t");
	assert_string_equal(body.inputs, "{\"a\":1,\"b_2\":[null]}");
}

static void everything_may_be_absent_or_null(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"message\":null,\"session_id\":null,\"priority\":null,"
		"\"webhook_url\":null,\"webhook_secret\":null,\"tenant_id\":null,"
		"\"inputs\":null}",
		"{\"inputs\":{},\"tenant_id\":\"\",\"session_id\":\"\"}",
	};
	struct run_body body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_string_equal(read_run(texts[i], strlen(texts[i]), &body), "[]");
		assert_string_equal(body.message, "");
		assert_null(body.session_id);
		assert_null(body.tenant_id);
		assert_null(body.inputs);
		assert_int_equal(body.priority, 0);
	}
}

static void wrong_values_are_named_with_their_place_and_type(void **state)
{
	static const struct {
		const char *text;
		const char *loc;
		const char *type;
	} rows[] = {
		{ "[]", "[\"body\"]", "model_attributes_type" },
		{ "1", "[\"body\"]", "model_attributes_type" },
		{ "null", "[\"body\"]", "model_attributes_type" },
		{ "{\"message\":1}", "[\"body\",\"message\"]", "string_type" },
		{ "{\"message\":{}}", "[\"body\",\"message\"]", "string_type" },
		{ "{\"message\":\"a\\u0000b\"}", "[\"body\",\"message\"]", "string_nul" },
		{ "{\"priority\":11}", "[\"body\",\"priority\"]", "less_than_equal" },
		{ "{\"priority\":-11}", "[\"body\",\"priority\"]", "greater_than_equal" },
		{ "{\"priority\":1.5}", "[\"body\",\"priority\"]", "int_from_float" },
		{ "{\"priority\":\"1\"}", "[\"body\",\"priority\"]", "int_type" },
		{ "{\"priority\":true}", "[\"body\",\"priority\"]", "int_type" },
		{ "{\"inputs\":[]}", "[\"body\",\"inputs\"]", "dict_type" },
		{ "{\"inputs\":{\"\":1}}", "[\"body\",\"inputs\",\"\"]",
		  "string_pattern_mismatch" },
		{ "{\"inputs\":{\"1a\":1}}", "[\"body\",\"inputs\",\"1a\"]",
		  "string_pattern_mismatch" },
		{ "{\"inputs\":{\"a-b\":1}}", "[\"body\",\"inputs\",\"a-b\"]",
		  "string_pattern_mismatch" },
		{ "{\"inputs\":{\"a\":[\"\\u0000\"]}}", "[\"body\",\"inputs\",\"a\"]",
		  "string_nul" },
		{ "{\"webhook_url\":\"ftp://x\"}", "[\"body\",\"webhook_url\"]",
		  "url_scheme" },
		{ "{\"webhook_url\":\"http://\"}", "[\"body\",\"webhook_url\"]",
		  "url_scheme" },
		{ "{\"tenant_id\":7}", "[\"body\",\"tenant_id\"]", "string_type" },
	};
	struct run_body body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char want[256];

		(void)snprintf(want, sizeof(want), "[{\"type\":\"%s\",\"loc\":%s,",
			       rows[i].type, rows[i].loc);
		assert_true(strstr(read_run(rows[i].text, strlen(rows[i].text), &body),
				   want) != NULL);
	}
}

static void all_faults_are_said_at_once(void **state)
{
	static const char text[] = "{\"message\":1,\"priority\":\"x\",\"inputs\":3}";
	struct run_body body;
	const char *faults = read_run(text, strlen(text), &body);

	(void)state;
	assert_non_null(strstr(faults, "\"message\""));
	assert_non_null(strstr(faults, "\"priority\""));
	assert_non_null(strstr(faults, "\"inputs\""));
}

static void what_is_too_long_is_refused(void **state)
{
	struct str text = STR_INIT;
	struct run_body body;
	int i;

	(void)state;
	str_printf(&text, "{\"tenant_id\":\"%0256d\"}", 0);
	assert_non_null(strstr(read_run(text.data, text.len, &body), "string_too_long"));
	str_reset(&text, 0);
	str_printf(&text, "{\"tenant_id\":\"%0255d\"}", 0);
	assert_string_equal(read_run(text.data, text.len, &body), "[]");
	str_reset(&text, 0);
	str_printf(&text, "{\"inputs\":{\"a%064d\":1}}", 0);
	assert_non_null(strstr(read_run(text.data, text.len, &body), "pattern"));
	str_reset(&text, 0);
	str_add_text(&text, "{\"inputs\":{\"a\":1");
	for (i = 0; i < RUN_BODY_INPUTS_MAX; i++)
		str_printf(&text, ",\"k%d\":1", i);
	str_add_text(&text, "}}");
	assert_non_null(strstr(read_run(text.data, text.len, &body), "too_long"));
	str_deinit(&text);
}

static void bad_json_is_said_with_its_byte(void **state)
{
	static const struct {
		const char *text;
		const char *type;
	} rows[] = {
		{ "{", "json_invalid" },
		{ "{\"a\":}", "json_invalid" },
		{ "{'a':1}", "json_invalid" },
		{ "{\"a\":NaN}", "json_invalid" },
		{ "{\"a\":01}", "json_invalid" },
		{ "{\"a\":1,}", "json_invalid" },
		{ "{\"a\":1}x", "json_invalid" },
		{ "{\"a\":\"\n\"}", "json_invalid" },
		{ "{\"a\":\"\xff\"}", "json_invalid" },
		{ "{\"a\":\"\\ud800\"}", "json_invalid" },
		{ "{\"a\":1,\"a\":2}", "json_duplicate_key" },
		{ "{\"a\":18446744073709551616}", "json_number" },
	};
	struct str deep = STR_INIT;
	struct run_body body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *faults = read_run(rows[i].text, strlen(rows[i].text), &body);

		if (!strstr(faults, rows[i].type) || !strstr(faults, "[\"body\","))
			fail_msg("%s: %s", rows[i].text, faults);
	}
	for (i = 0; i < 200; i++)
		str_add_text(&deep, "[");
	assert_non_null(strstr(read_run(deep.data, deep.len, &body), "json_too_deep"));
	str_deinit(&deep);
}

static void faults_beyond_the_list_are_only_counted(void **state)
{
	struct body_at at = { NULL, "body", 0 };
	struct body_faults faults = { STR_INIT, 0 };
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < BODY_FAULTS_MAX; i++)
		body_fault(&faults, &at, "x", "y");
	len = faults.list.len;
	body_fault(&faults, &at, "x", "y");
	assert_int_equal(faults.count, BODY_FAULTS_MAX + 1);
	assert_int_equal(faults.list.len, len);
	body_faults_deinit(&faults);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_whole_body_is_read),
		TEST(everything_may_be_absent_or_null),
		TEST(wrong_values_are_named_with_their_place_and_type),
		TEST(all_faults_are_said_at_once),
		TEST(what_is_too_long_is_refused),
		TEST(bad_json_is_said_with_its_byte),
		TEST(faults_beyond_the_list_are_only_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
