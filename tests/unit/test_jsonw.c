/* test_jsonw.c - writing JSON */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void commas_and_nesting_come_by_themselves(void **state)
{
	struct str out = STR_INIT;
	struct jsonw w;

	(void)state;
	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "t", "x");
	jsonw_pair_text(&w, "none", NULL);
	jsonw_pair_int(&w, "i", -5);
	jsonw_pair_double(&w, "d", 0.5);
	jsonw_pair_bool(&w, "yes", true);
	jsonw_pair_bool(&w, "no", false);
	jsonw_pair_raw(&w, "raw", "[1, 2]", 6);
	jsonw_key(&w, "a");
	jsonw_array(&w);
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_object(&w);
	jsonw_object_end(&w);
	jsonw_int(&w, 1);
	jsonw_null(&w);
	jsonw_array_end(&w);
	jsonw_pair_int(&w, "last", 9);
	jsonw_object_end(&w);
	assert_string_equal(
		str_text(&out),
		"{\"t\":\"x\",\"none\":null,\"i\":-5,\"d\":0.5,\"yes\":true,"
		"\"no\":false,\"raw\":[1, 2],\"a\":[[],{},1,null],\"last\":9}");
	assert_int_equal(w.depth, 0);
	str_deinit(&out);
}

static void a_level_left_and_entered_again_starts_without_a_comma(void **state)
{
	struct str out = STR_INIT;
	struct jsonw w;

	(void)state;
	jsonw_init(&w, &out);
	jsonw_array(&w);
	jsonw_array(&w);
	jsonw_int(&w, 1);
	jsonw_int(&w, 2);
	jsonw_array_end(&w);
	jsonw_array(&w);
	jsonw_int(&w, 3);
	jsonw_array_end(&w);
	jsonw_array_end(&w);
	assert_string_equal(str_text(&out), "[[1,2],[3]]");
	str_deinit(&out);
}

static void sixty_levels_are_kept_apart(void **state)
{
	struct str out = STR_INIT, back = STR_INIT;
	struct json *doc = NULL;
	struct jsonw w;
	int i;

	(void)state;
	jsonw_init(&w, &out);
	for (i = 0; i < 60; i++) {
		jsonw_array(&w);
		jsonw_int(&w, i);
	}
	for (i = 0; i < 60; i++) {
		jsonw_int(&w, i);
		jsonw_array_end(&w);
	}
	assert_int_equal(jsonr_parse(str_text(&out), out.len, &doc, NULL, NULL, NULL), 0);
	jsonr_print(doc, &back);
	assert_string_equal(str_text(&back), str_text(&out));
	jsonr_free(doc);
	str_deinit(&out);
	str_deinit(&back);
}

static void each_byte_alone_is_plain_or_escaped(void **state)
{
	struct str out = STR_INIT;
	unsigned c;
	char byte;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool escaped = c < 0x20 || c == '"' || c == '\\' || c == 0x7f;

		byte = (char)c;
		str_reset(&out, 64);
		jsonw_quote(&out, &byte, 1);
		assert_int_equal(out.data[0], '"');
		assert_int_equal(out.data[out.len - 1], '"');
		assert_int_equal(out.data[1] == '\\', escaped);
		if (!escaped) {
			assert_int_equal(out.len, 3);
			assert_int_equal((unsigned char)out.data[1], c);
		}
	}
	str_deinit(&out);
}

static void strings_are_escaped_as_rfc_8259_demands(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *quoted;
	} cases[] = {
		{ "", 0, "\"\"" },
		{ "plain", 5, "\"plain\"" },
		{ "\"\\/", 3, "\"\\\"\\\\/\"" },
		{ "\n\r\t\b\f", 5, "\"\\n\\r\\t\\u0008\\u000c\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\"a", 2, "\"\\\"a\"" },
		{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "ab\n", 3, "\"ab\\n\"" },
		{ "\x1f\x7f", 2, "\"\\u001f\\u007f\"" },
		{ "\xC3\xA9 \xF0\x9F\x98\x80", 7, "\"\xC3\xA9 \xF0\x9F\x98\x80\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str out = STR_INIT;
		struct json *doc = NULL;

		jsonw_quote(&out, cases[i].text, cases[i].len);
		assert_string_equal(str_text(&out), cases[i].quoted);
		assert_int_equal(
			jsonr_parse(str_text(&out), out.len, &doc, NULL, NULL, NULL), 0);
		assert_int_equal(jsonr_text_len(doc), cases[i].len);
		assert_memory_equal(jsonr_text(doc), cases[i].text, cases[i].len);
		jsonr_free(doc);
		str_deinit(&out);
	}
}

static void every_byte_below_128_survives_in_keys_and_texts(void **state)
{
	struct str out = STR_INIT;
	struct json *doc = NULL;
	struct jsonw w;
	char text[128];
	int i;

	(void)state;
	for (i = 0; i < 127; i++)
		text[i] = (char)(i + 1);
	text[127] = '\0';
	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_pair_text(&w, text, text);
	jsonw_object_end(&w);
	assert_int_equal(jsonr_parse(str_text(&out), out.len, &doc, NULL, NULL, NULL), 0);
	assert_string_equal(jsonr_get_text(doc, text), text);
	jsonr_free(doc);
	str_deinit(&out);
}

static void doubles_read_back_as_the_same_double(void **state)
{
	static const struct {
		double d;
		const char *text;
	} cases[] = {
		{ 0.0, "0.0" },      { -0.0, "-0.0" },  { 1.0, "1.0" },
		{ -2.5, "-2.5" },    { 0.1, "0.1" },    { 1e21, "1e+21" },
		{ 1e15, "1e+15" },   { 1e-7, "1e-07" }, { 123456789.0, "123456789.0" },
		{ 0.1 + 0.2, NULL }, { 1.0 / 3, NULL }, { 1.7976931348623157e308, NULL },
		{ 5e-324, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str out = STR_INIT;
		struct jsonw w;

		jsonw_init(&w, &out);
		jsonw_double(&w, cases[i].d);
		assert_true(strtod(str_text(&out), NULL) == cases[i].d);
		if (cases[i].text)
			assert_string_equal(str_text(&out), cases[i].text);
		str_deinit(&out);
	}
}

static void what_json_has_no_word_for_is_null(void **state)
{
	struct str out = STR_INIT;
	struct jsonw w;

	(void)state;
	jsonw_init(&w, &out);
	jsonw_array(&w);
	jsonw_double(&w, (double)NAN);
	jsonw_double(&w, (double)INFINITY);
	jsonw_double(&w, -(double)INFINITY);
	jsonw_array_end(&w);
	assert_string_equal(str_text(&out), "[null,null,null]");
	str_deinit(&out);
}

/* Eight bytes are looked at together: each byte, at each place in them. */
static void a_byte_is_escaped_wherever_it_stands(void **state)
{
	static const char around[] = "0123456789abcdefgh";
	struct str out = STR_INIT, want = STR_INIT;
	char text[sizeof(around)];
	size_t at;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		for (at = 0; at < sizeof(around) - 1; at++) {
			memcpy(text, around, sizeof(text));
			text[at] = (char)c;
			str_reset(&want, SIZE_MAX);
			str_printf(&want, "\"%.*s", (int)at, around);
			if (c == '"' || c == '\\')
				str_printf(&want, "\\%c", c);
			else if (c == '\n' || c == '\r' || c == '\t')
				str_printf(&want, "\\%c",
					   c == '\n'   ? 'n'
					   : c == '\r' ? 'r'
						       : 't');
			else if (c < 0x20 || c == 0x7f)
				str_printf(&want, "\\u%04x", (unsigned)c);
			else
				str_add_char(&want, (char)c);
			str_printf(&want, "%s\"", around + at + 1);
			str_reset(&out, SIZE_MAX);
			jsonw_quote(&out, text, sizeof(text) - 1);
			assert_string_equal(str_text(&out), str_text(&want));
		}
	}
	str_deinit(&out);
	str_deinit(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_is_escaped_wherever_it_stands),
		cmocka_unit_test(commas_and_nesting_come_by_themselves),
		cmocka_unit_test(a_level_left_and_entered_again_starts_without_a_comma),
		cmocka_unit_test(sixty_levels_are_kept_apart),
		cmocka_unit_test(each_byte_alone_is_plain_or_escaped),
		cmocka_unit_test(strings_are_escaped_as_rfc_8259_demands),
		cmocka_unit_test(every_byte_below_128_survives_in_keys_and_texts),
		cmocka_unit_test(doubles_read_back_as_the_same_double),
		cmocka_unit_test(what_json_has_no_word_for_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
