/* test_utf8.c - what may be stored and sent as text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"

#include <string.h>

#define REPLACED "\xEF\xBF\xBD"

static const struct {
	const char *text;
	size_t bad_at; /* SIZE_MAX: valid */
} cases[] = {
	{ "", SIZE_MAX },
	{ "plain ascii that is longer than eight bytes", SIZE_MAX },
	{ "\x7f", SIZE_MAX },
	{ "\xC2\x80", SIZE_MAX },
	{ "\xDF\xBF", SIZE_MAX },
	{ "\xE0\xA0\x80", SIZE_MAX },
	{ "\xED\x9F\xBF", SIZE_MAX },
	{ "\xEE\x80\x80", SIZE_MAX },
	{ "\xEF\xBF\xBF", SIZE_MAX },
	{ "\xF0\x90\x80\x80", SIZE_MAX },
	{ "\xF4\x8F\xBF\xBF", SIZE_MAX },
	{ "eight by\xE2\x82\xAC eight by", SIZE_MAX },
	{ "\x80", 0 },
	{ "\xBF", 0 },
	{ "\xC0\x80", 0 },         /* overlong NUL */
	{ "\xC1\xBF", 0 },         /* overlong */
	{ "\xC2", 0 },             /* cut */
	{ "\xC2\x41", 0 },         /* no continuation */
	{ "\xE0\x9F\xBF", 0 },     /* overlong */
	{ "\xE0\xA0", 0 },         /* cut */
	{ "\xE2\x82\x41", 0 },     /* third is none */
	{ "\xED\xA0\x80", 0 },     /* surrogate D800 */
	{ "\xED\xBF\xBF", 0 },     /* surrogate DFFF */
	{ "\xF0\x8F\xBF\xBF", 0 }, /* overlong */
	{ "\xF0\x90\x80", 0 },     /* cut */
	{ "\xF0\x90\x41\x80", 0 }, /* third is none */
	{ "\xF0\x90\x80\x41", 0 }, /* fourth is none */
	{ "\xF4\x90\x80\x80", 0 }, /* beyond U+10FFFF */
	{ "\xF5\x80\x80\x80", 0 },
	{ "\xFF", 0 },
	{ "ab\xC3", 2 },
	{ "eight by\x80", 8 },
	{ "eight b\x80ut", 7 },
};

static void exactly_rfc_3629_is_valid(void **state)
{
	size_t i, bad;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool valid = utf8_valid(cases[i].text, strlen(cases[i].text), &bad);

		assert_int_equal(valid, cases[i].bad_at == SIZE_MAX);
		if (!valid)
			assert_int_equal(bad, cases[i].bad_at);
		assert_int_equal(utf8_valid(cases[i].text, strlen(cases[i].text), NULL),
				 valid);
	}
	assert_true(utf8_valid("a\0b", 3, NULL));
	/* a sequence that the given length cuts, though more bytes are there */
	assert_false(utf8_valid("\xE2\x82\xAC", 2, NULL));
}

static void cleaning_replaces_bad_bytes_and_nuls(void **state)
{
	struct str out = STR_INIT;
	size_t i;

	(void)state;
	utf8_clean(&out,
		   "a\0b\xFF"
		   "c\xE2\x82\xAC\xC3",
		   9);
	assert_string_equal(str_text(&out),
			    "a" REPLACED "b" REPLACED "c\xE2\x82\xAC" REPLACED);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		str_reset(&out, 4096);
		utf8_clean(&out, cases[i].text, strlen(cases[i].text));
		assert_true(utf8_valid(str_text(&out), out.len, NULL));
		if (cases[i].bad_at == SIZE_MAX)
			assert_string_equal(str_text(&out), cases[i].text);
	}
	str_deinit(&out);
}

static void code_points_are_written_in_their_shortest_form(void **state)
{
	static const struct {
		unsigned code;
		const char *text;
	} points[] = {
		{ 0x41, "A" },
		{ 0x7F, "\x7F" },
		{ 0x80, "\xC2\x80" },
		{ 0x7FF, "\xDF\xBF" },
		{ 0x800, "\xE0\xA0\x80" },
		{ 0xFFFF, "\xEF\xBF\xBF" },
		{ 0x10000, "\xF0\x90\x80\x80" },
		{ 0x1F600, "\xF0\x9F\x98\x80" },
		{ 0x10FFFF, "\xF4\x8F\xBF\xBF" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(points) / sizeof(*points); i++) {
		struct str out = STR_INIT;

		utf8_add(&out, points[i].code);
		assert_string_equal(str_text(&out), points[i].text);
		str_deinit(&out);
	}
}

static void a_cut_never_divides_a_character(void **state)
{
	const char *text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"; /* 1 + 2 + 3 + 4 */
	static const size_t want[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };
	size_t max;

	(void)state;
	for (max = 0; max < sizeof(want) / sizeof(*want); max++)
		assert_int_equal(utf8_cut(text, 10, max), want[max]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exactly_rfc_3629_is_valid),
		cmocka_unit_test(cleaning_replaces_bad_bytes_and_nuls),
		cmocka_unit_test(code_points_are_written_in_their_shortest_form),
		cmocka_unit_test(a_cut_never_divides_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
