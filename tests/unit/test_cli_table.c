/* test_cli_table.c - columns for people */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/cli_table.h"

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	static const char *const heads[] = { "A", "LONGER", "C", NULL };
	struct cli_table table;
	struct str out = STR_INIT;

	(void)state;
	cli_table_init(&table, heads);
	cli_table_text(&table, "wide cell");
	cli_table_int(&table, -5);
	cli_table_text(&table, NULL);
	cli_table_text(&table, "\xC3\xA9\xE2\x82\xAC"); /* two characters */
	cli_table_text(&table, "");
	cli_table_text(&table, "end");
	cli_table_print(&table, &out);
	assert_string_equal(str_text(&out), "A          LONGER  C\n"
					    "wide cell  -5      -\n"
					    "\xC3\xA9\xE2\x82\xAC         -       end\n");
	cli_table_deinit(&table);
	str_deinit(&out);
}

static void many_rows_are_kept(void **state)
{
	static const char *const heads[] = { "N", NULL };
	struct cli_table table;
	struct str out = STR_INIT;
	int i, lines = 0;

	(void)state;
	cli_table_init(&table, heads);
	for (i = 0; i < 1000; i++)
		cli_table_int(&table, i);
	cli_table_print(&table, &out);
	for (i = 0; i < (int)out.len; i++)
		lines += out.data[i] == '\n';
	assert_int_equal(lines, 1001);
	cli_table_deinit(&table);
	str_deinit(&out);
}

static void nobodys_text_steers_a_terminal(void **state)
{
	static const struct {
		const char *text;
		const char *clean;
	} cases[] = {
		{ "plain", "plain" },
		{ "\x1b[31mred\x1b[0m", "?[31mred?[0m" },
		{ "a\nb\tc\rd\x7f", "a?b?c?d?" },
		{ "caf\xC3\xA9 \xF0\x9F\x98\x80", "caf\xC3\xA9 \xF0\x9F\x98\x80" },
		{ "\xC2\x9B"
		  "31m",
		  "?31m" },                   /* CSI as one character */
		{ "\xC2\xA0x", "\xC2\xA0x" }, /* the first one behind them */
		{ "a\xE2\x80\xAEz\xE2\x81\xA6\xE2\x80\xA8", "a?z??" }, /* turned round */
		{ "\xE2\x80\x9Cx\xE2\x80\xA6", "\xE2\x80\x9Cx\xE2\x80\xA6" },
		{ "bad \xFF\xC3", "bad ??" },
		{ "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct str out = STR_INIT;

		cli_table_clean(&out, cases[i].text);
		assert_string_equal(str_text(&out), cases[i].clean);
		str_deinit(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(many_rows_are_kept),
		cmocka_unit_test(nobodys_text_steers_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
