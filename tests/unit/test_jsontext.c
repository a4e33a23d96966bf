/* test_jsontext.c - single JSON values as text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/jsontext.h"

#include "base/str.h"

#include <string.h>

struct row {
	const char *json;
	const char *shown;
	bool truthy;
};

/* clang-format off */
static const struct row rows[] = {
	{ "\"\"",                        "",                 false },
	{ "\"a\\\"b\\\\c\\/d\"",         "a\"b\\c/d",        true  },
	{ "\"\\b\\f\\n\\r\\t\"",         "\b\f\n\r\t",       true  },
	{ "\"\\u00e4\\u20ac\"",          "\xC3\xA4\xE2\x82\xAC", true },
	{ "\"\\ud83d\\ude00!\"",         "\xF0\x9F\x98\x80!", true },
	{ "\"\xC3\xA4\"",                "\xC3\xA4",         true  },
	{ "true",                        "True",             true  },
	{ "false",                       "False",            false },
	{ "null",                        "None",             false },
	{ "0",                           "0",                false },
	{ "-0.0",                        "-0.0",             false },
	{ "0e5",                         "0e5",              false },
	{ "0.5",                         "0.5",              true  },
	{ "-12",                         "-12",              true  },
	{ "[]",                          "[]",               false },
	{ "{}",                          "{}",               false },
	{ "[0]",                         "[0]",              true  },
	{ "{\"a\":null}",                "{\"a\":null}",     true  },
};
/* clang-format on */

static void values_are_shown_as_templates_need_them(void **state)
{
	struct str out = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		str_reset(&out, 1024);
		jsontext_show(&out, rows[i].json, strlen(rows[i].json));
		assert_string_equal(str_text(&out), rows[i].shown);
	}
	str_deinit(&out);
}

static void depth_counts_what_is_open_at_a_time(void **state)
{
	static const struct {
		const char *json;
		int depth;
	} deep[] = {
		{ "1", 0 },
		{ "\"[[[\"", 0 },
		{ "[]", 1 },
		{ "{}", 1 },
		{ "[[],{},[1]]", 2 },
		{ "[{\"a\":[null]},[]]", 3 },
		{ "[\"a\\\"[{\",[]]", 2 },
		{ "{\"[\\\\\":[]}", 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(deep) / sizeof(deep[0]); i++)
		assert_int_equal(jsontext_depth(deep[i].json, strlen(deep[i].json)),
				 deep[i].depth);
}

static void truth_is_pythons(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (jsontext_truthy(rows[i].json, strlen(rows[i].json)) != rows[i].truthy)
			fail_msg("%s", rows[i].json);
}

static void only_a_real_escape_of_nul_is_replaced(void **state)
{
	static const char json[] =
		"[\"a\\u0000b\",\"\\\\u0000\",\"\\u00001\",\"\\u0001\"]";
	static const char want[] = "[\"a\xEF\xBF\xBD"
				   "b\",\"\\\\u0000\",\"\xEF\xBF\xBD"
				   "1\",\"\\u0001\"]";
	struct str out = STR_INIT;

	(void)state;
	jsontext_storable(&out, json, sizeof(json) - 1);
	assert_string_equal(str_text(&out), want);
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_shown_as_templates_need_them),
		cmocka_unit_test(depth_counts_what_is_open_at_a_time),
		cmocka_unit_test(truth_is_pythons),
		cmocka_unit_test(only_a_real_escape_of_nul_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
