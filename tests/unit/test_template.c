/* test_template.c - {state.PATH} and {{PATH}} in prompts and printed texts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/template.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/state.h"

#include <string.h>

static struct state values;

static int setup(void **unused)
{
	static const char *const pairs[][2] = {
		{ "name", "\"A\\\"d\\u00e4\"" },
		{ "n", "42" },
		{ "f", "1.50" },
		{ "yes", "true" },
		{ "no", "false" },
		{ "nil", "null" },
		{ "list", "[1,\"two\",null]" },
		{ "obj", "{\"a\":{\"b\":\"deep\",\"n\":null,\"l\":[1]},\"t\":true}" },
		{ "\xC3\xA4", "\"umlaut\"" },
		{ "empty", "\"\"" },
		{ "trap", "\"{state.n}\"" },
	};
	size_t i;

	(void)unused;
	state_init(&values, 0);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		(void)state_set(&values, pairs[i][0], pairs[i][1], strlen(pairs[i][1]),
				NULL);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	state_deinit(&values);
	return 0;
}

/* clang-format off */
static const struct {
	const char *text;
	const char *prompt;
	const char *print; /* NULL: as prompt */
} rows[] = {
	{ "",                          "",                          NULL },
	{ "plain {} { } text",         "plain {} { } text",         NULL },
	{ "Hi {state.name}!",          "Hi A\"d\xC3\xA4!",          NULL },
	{ "{state.n}{state.f}",        "421.50",                    NULL },
	{ "{state.yes} {state.no}",    "True False",                NULL },
	{ "{state.nil}",               "None",                      "{state.nil}" },
	{ "{state.list}",              "[1,\"two\",null]",          NULL },
	{ "{state.obj.a.b}",           "deep",                      NULL },
	{ "{state.obj.a.n}",           "None",                      "{state.obj.a.n}" },
	{ "{state.obj.t}",             "True",                      NULL },
	{ "{state.obj.a.l}",           "[1]",                       NULL },
	{ "{state.obj.a.l[0]}",        "1",                         NULL },
	{ "{state.obj.a.l[-1]}",       "1",                         NULL },
	{ "{state.obj['a'][\"b\"]}",   "deep",                      NULL },
	{ "{state.list[1]}!",          "two!",                      NULL },
	{ "{state.list[2]}",           "None",                      "{state.list[2]}" },
	{ "{state.list[3]}",           "{state.list[3]}",           NULL },
	{ "{state.list[-4]}",          "{state.list[-4]}",          NULL },
	{ "{state.list[]}",            "{state.list[]}",            NULL },
	{ "{state.list[1}",            "{state.list[1}",            NULL },
	{ "{state.list['1']}",         "{state.list['1']}",         NULL },
	{ "{state.list[9999999999]}",  "{state.list[9999999999]}",  NULL },
	{ "{state.obj['a]}",           "{state.obj['a]}",           NULL },
	{ "{state.obj[0]}",            "{state.obj[0]}",            NULL },
	{ "{state.obj.a.b[0]}",        "{state.obj.a.b[0]}",        NULL },
	{ "{state.obj.a.l.0}",         "{state.obj.a.l.0}",         NULL },
	{ "{state.obj.a.x}",           "{state.obj.a.x}",           NULL },
	{ "{state.obj..b}",            "{state.obj..b}",            NULL },
	{ "{state.obj.}",              "{state.obj.}",              NULL },
	{ "{state..obj}",              "{state..obj}",              NULL },
	{ "{state.n.x}",               "{state.n.x}",               NULL },
	{ "{state.missing}",           "{state.missing}",           NULL },
	{ "{state.}",                  "{state.}",                  NULL },
	{ "{state.n",                  "{state.n",                  NULL },
	{ "{state.n }",                "{state.n }",                NULL },
	{ "{ state.n}",                "{ state.n}",                NULL },
	{ "{State.n}",                 "{State.n}",                 NULL },
	{ "{{state.n}}",               "{42}",                      NULL },
	{ "{{name}}!",                 "A\"d\xC3\xA4!",            NULL },
	{ "{{ n }}{{\tn}}",            "4242",                      NULL },
	{ "{{obj.a.l[0]}}",            "1",                         NULL },
	{ "{{list}}",                  "[1,\"two\",null]",          NULL },
	{ "{{nil}}",                   "None",                      "{{nil}}" },
	{ "{{gone}}",                  "{{gone}}",                  NULL },
	{ "{{n}",                      "{{n}",                      NULL },
	{ "{{n} }",                    "{{n} }",                    NULL },
	{ "{{}}",                      "{{}}",                      NULL },
	{ "{{{n}}}",                   "{42}",                      NULL },
	{ "{{trap}}",                  "{state.n}",                 NULL },
	{ "{state.{state.n}}",         "{state.42}",                NULL },
	{ "{state.\xC3\xA4}",          "umlaut",                    NULL },
	{ "[{state.empty}]",           "[]",                        NULL },
	{ "{state.trap}",              "{state.n}",                 NULL },
	{ "{state.na-me}",             "{state.na-me}",             NULL },
	{ "{",                         "{",                         NULL },
	{ "{state",                    "{state",                    NULL },
};
/* clang-format on */

static void placeholders_are_replaced_as_the_contract_says(void **unused)
{
	struct str out = STR_INIT;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *print = rows[i].print ? rows[i].print : rows[i].prompt;

		str_reset(&out, 1024);
		assert_int_equal(template_prompt(rows[i].text, &values, 1000, &out, NULL),
				 0);
		assert_string_equal(str_text(&out), rows[i].prompt);
		str_reset(&out, 1024);
		assert_int_equal(template_print(rows[i].text, &values, 1000, &out, NULL),
				 0);
		assert_string_equal(str_text(&out), print);
	}
	str_deinit(&out);
}

static void a_result_beyond_the_bound_is_refused_and_out_stays(void **unused)
{
	struct str out = STR_INIT;
	struct err err;

	(void)unused;
	str_add_text(&out, "before");
	assert_int_equal(template_prompt("{state.n}{state.n}", &values, 4, &out, NULL),
			 0);
	assert_int_equal(template_prompt("{state.n}{state.n}", &values, 3, &out, &err),
			 ERR_LIMIT);
	assert_string_equal(str_text(&out), "before4242");
	assert_int_equal(template_print("12345", &values, 4, &out, &err), ERR_LIMIT);
	assert_string_equal(str_text(&out), "before4242");
	str_deinit(&out);
}

/* Without the cache of parsed values this takes minutes. */
static void ten_thousand_paths_into_a_large_object_cost_one_parse(void **unused)
{
	struct str big = STR_INIT, text = STR_INIT, out = STR_INIT;
	struct state state;
	int64_t before_us;
	int i;

	(void)unused;
	str_add_text(&big, "{\"x\":1");
	for (i = 0; i < 20000; i++)
		str_printf(&big, ",\"k%d\":\"0123456789\"", i);
	str_add_char(&big, '}');
	for (i = 0; i < 10000; i++)
		str_add_text(&text, "{state.o.x}");
	state_init(&state, 0);
	(void)state_set(&state, "o", str_text(&big), big.len, NULL);
	before_us = clock_cpu_us();
	assert_int_equal(template_print(str_text(&text), &state, 1 << 20, &out, NULL), 0);
	assert_int_equal(out.len, 10000);
	assert_true(clock_cpu_us() - before_us < 10000000);
	state_deinit(&state);
	str_deinit(&big);
	str_deinit(&text);
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_replaced_as_the_contract_says),
		cmocka_unit_test(a_result_beyond_the_bound_is_refused_and_out_stays),
		cmocka_unit_test(ten_thousand_paths_into_a_large_object_cost_one_parse),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
