/* test_percent.c - what URLs have encoded as %XX */
#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void escapes_are_undone(void **state)
{
	static const struct {
		const char *text, *plain;
		bool form;
	} rows[] = {
		{ "", "", false },
		{ "a%2Fb%2fc", "a/b/c", false },
		{ "%C3%A9", "\xC3\xA9", false },
		{ "a+b", "a+b", false },
		{ "a+b%2Bc", "a b+c", true },
		{ "%2541", "%41", false },
	};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(percent_decode(rows[i].text, strlen(rows[i].text),
						rows[i].form, out),
				 strlen(rows[i].plain));
		assert_string_equal(out, rows[i].plain);
	}
}

static void broken_escapes_and_nuls_are_refused(void **state)
{
	static const char *const rows[] = {
		"%", "%4", "a%", "%4g", "%g4", "%%41", "%00"
	};
	char out[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(percent_decode(rows[i], strlen(rows[i]), false, out),
				 -1);
	assert_int_equal(percent_decode("a\0b", 3, false, out), -1);
	/* what stands behind the length is not looked at */
	assert_int_equal(percent_decode("%41", 2, false, out), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(broken_escapes_and_nuls_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
