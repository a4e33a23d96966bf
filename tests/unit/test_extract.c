/* test_extract.c - JSON values in a text that has more in it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/extract.h"

#include "base/clock.h"
#include "base/jsonr.h"
#include "base/str.h"

#include <string.h>

static bool collect(void *arg, const struct json *value)
{
	struct str *out = arg;

	if (out->len)
		str_add_char(out, '|');
	jsonr_print(value, out);
	return true;
}

static bool only_one(void *arg, const struct json *value)
{
	(void)collect(arg, value);
	return false;
}

/* clang-format off */
static const struct {
	const char *text;
	const char *found; /* divided by bars */
} rows[] = {
	{ "",                                         "" },
	{ "no value",                                 "" },
	{ " {\"a\": 1}\n",                            "{\"a\":1}" },
	{ "42",                                       "42" },
	{ "null",                                     "null" },
	{ "Here: {\"a\":[1,2]} and [3].",             "{\"a\":[1,2]}|[3]" },
	{ "```json\n{\"a\":1}\n```",                  "{\"a\":1}" },
	{ "x\n  ```JSON \r\n[1]\r\n``` \r\ny {\"no\":1}", "[1]" },
	{ "```\n1\n```\ntext\n```\n\"two\"\n```\n",   "1|\"two\"" },
	{ "```json\nnot\n```\n{\"a\":1}",             "{\"a\":1}" },
	{ "```json\n{\"a\":1}",                       "{\"a\":1}" },
	{ "```python\n{\"a\":1}\n```",                "{\"a\":1}" },
	{ "say ```json {} ``` inline",                "{}" },
	{ "{\"s\":\"}]\\\"{\"} x",                    "{\"s\":\"}]\\\"{\"}" },
	{ "{bad {\"a\":1}",                           "{\"a\":1}" },
	{ "{bad {\"a\":1}}",                          "{\"a\":1}" },
	{ "[1} [2]",                                  "[2]" },
	{ "it's \" quoted {\"a\":1}",                 "{\"a\":1}" },
	{ "} ] {}",                                   "{}" },
	{ "{'a':1}",                                  "" },
	{ "{\"a\":1,\"a\":2} x",                      "" },
	{ "{\"a\":",                                  "" },
	{ "x {\"a\":\"\\",                            "" },
};
/* clang-format on */

static void values_are_found_as_the_contract_says(void **state)
{
	struct str out = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		str_reset(&out, 100);
		assert_true(extract_values(rows[i].text, strlen(rows[i].text), collect,
					   &out));
		assert_string_equal(str_text(&out), rows[i].found);
	}
	str_deinit(&out);
}

static void a_nul_does_not_end_the_text(void **state)
{
	static const char text[] = "x\0{\"a\":1} y";
	struct str out = STR_INIT;

	(void)state;
	assert_true(extract_values(text, sizeof(text) - 1, collect, &out));
	assert_string_equal(str_text(&out), "{\"a\":1}");
	str_deinit(&out);
}

static void whoever_has_enough_gets_no_more(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	assert_true(extract_values("a [1] [2]", 9, only_one, &out));
	assert_string_equal(str_text(&out), "[1]");
	str_reset(&out, 0);
	assert_true(extract_values("```\n1\n```\n```\n2\n```", 19, only_one, &out));
	assert_string_equal(str_text(&out), "1");
	str_deinit(&out);
}

/* Each of these would take hours if every bracket scanned the rest of the text. */
static void hard_texts_end_soon(void **state)
{
	static const char *const units[] = { "{",     "[",      "{\"",     "{[a]",
					     "{x}",   "[[a],",  "{\"a\":", "{\"}",
					     "x[y{z", "[\"{\"", "{]",      "[{}" };
	struct str text = STR_INIT, out = STR_INIT;
	int64_t before_us = clock_cpu_us();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		str_reset(&text, 1 << 20);
		while (text.len < (1 << 19))
			str_add_text(&text, units[i]);
		str_reset(&out, 1 << 20);
		(void)extract_values(str_text(&text), text.len, collect, &out);
	}
	assert_true(clock_cpu_us() - before_us < 60000000);
	str_deinit(&text);
	str_deinit(&out);
}

static void more_than_the_budget_is_told(void **state)
{
	struct str text = STR_INIT, out = STR_INIT;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		str_add_text(&text, "{ ");
	for (i = 0; i < 200000; i++)
		str_add_text(&text, "[x] ");
	assert_false(extract_values(str_text(&text), text.len, collect, &out));
	assert_int_equal(out.len, 0);
	str_deinit(&text);
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_as_the_contract_says),
		cmocka_unit_test(a_nul_does_not_end_the_text),
		cmocka_unit_test(whoever_has_enough_gets_no_more),
		cmocka_unit_test(hard_texts_end_soon),
		cmocka_unit_test(more_than_the_budget_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
