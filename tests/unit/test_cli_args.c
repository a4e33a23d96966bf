/* test_cli_args.c - the command line of one verb */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "cli/cli_args.h"

#include <string.h>

static int nothing(const struct cli_args *args)
{
	(void)args;
	return 0;
}

static const struct cli_option own[] = {
	{ 'm', "message", "TEXT", "a text" },
	{ 'w', "wait", NULL, "a flag" },
	{ 0, "input", "KEY=TEXT", "a list" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_verb verb = { "start",
				      "<id>",
				      1,
				      2,
				      CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF,
				      own,
				      "start something",
				      "More of it.\n",
				      nothing };
static const struct cli_verb bare = { "", "", 0, 0, 0, NULL, "look", NULL, nothing };

static struct cli_args args;
static struct str why;

static int forget(void **state)
{
	(void)state;
	str_deinit(&why);
	memset(&args, 0, sizeof(args));
	return 0;
}

#define PARSE(verb, ...)                                                                 \
	parse(verb, (const char *[]){ __VA_ARGS__ },                                     \
	      (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)))

static enum cli_args_result parse(const struct cli_verb *of, const char **words,
				  int count)
{
	str_reset(&why, 4096);
	return cli_args_parse("run", of, count, (char **)(uintptr_t)words, &args, &why);
}

static void options_and_operands_mix(void **state)
{
	size_t at = 0;

	(void)state;
	assert_int_equal(PARSE(&verb, "--input", "a=1", "id", "-w", "--input=b=2", "-m",
			       "first", "second", "-mlast", "-o", "json"),
			 CLI_ARGS_ACT);
	assert_int_equal(args.operand_count, 2);
	assert_string_equal(args.operands[0], "id");
	assert_string_equal(args.operands[1], "second");
	assert_true(args.json);
	assert_true(cli_args_flag(&args, "wait"));
	assert_string_equal(cli_args_text(&args, "message", "none"), "last");
	assert_string_equal(cli_args_next(&args, "input", &at), "a=1");
	assert_string_equal(cli_args_next(&args, "input", &at), "b=2");
	assert_null(cli_args_next(&args, "input", &at));
	assert_string_equal(cli_args_text(&args, "url", "none"), "none");
	assert_false(cli_args_flag(&args, "url"));
	cli_args_deinit(&args);
}

static void two_dashes_end_the_options_and_one_is_an_operand(void **state)
{
	(void)state;
	assert_int_equal(PARSE(&verb, "-", "--", "-w"), CLI_ARGS_ACT);
	assert_string_equal(args.operands[0], "-");
	assert_string_equal(args.operands[1], "-w");
	assert_false(cli_args_flag(&args, "wait"));
	cli_args_deinit(&args);
	/* an empty value is a value */
	assert_int_equal(PARSE(&verb, "id", "--message="), CLI_ARGS_ACT);
	assert_true(cli_args_flag(&args, "message"));
	assert_string_equal(cli_args_text(&args, "message", "none"), "");
	cli_args_deinit(&args);
	assert_int_equal(PARSE(&verb, "id", "--message", "-w"), CLI_ARGS_ACT);
	assert_string_equal(cli_args_text(&args, "message", "none"), "-w");
	cli_args_deinit(&args);
}

static void help_wins_wherever_it_stands(void **state)
{
	(void)state;
	assert_int_equal(PARSE(&verb, "-h"), CLI_ARGS_HELP);
	assert_int_equal(PARSE(&verb, "id", "-w", "--help"), CLI_ARGS_HELP);
	assert_int_equal(PARSE(&bare, "--help"), CLI_ARGS_HELP);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *words[4];
		const char *why;
	} cases[] = {
		{ { "id", "--nosuch" }, "unknown option: --nosuch" },
		{ { "id", "--messag" }, "unknown option: --messag" },
		{ { "id", "--messages" }, "unknown option: --messages" },
		{ { "id", "-x" }, "unknown option: -x" },
		{ { "id", "--wait=yes" }, "--wait=yes takes no value" },
		{ { "id", "-wx" }, "-wx takes no value" },
		{ { "id", "-m" }, "-m needs a value: TEXT" },
		{ { "id", "--url" }, "--url needs a value: URL" },
		{ { "-w" }, "<id> is missing" },
		{ { "a", "b", "c" }, "one word too many: c" },
		{ { "id", "-o", "xml" }, "-o is table or json, not xml" },
	};
	size_t i;
	int count;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *words[4];

		memcpy(words, cases[i].words, sizeof(words));
		for (count = 0; count < 4 && words[count];)
			count++;
		assert_int_equal(parse(&verb, words, count), CLI_ARGS_WRONG);
		assert_string_equal(str_text(&why), cases[i].why);
	}
	assert_int_equal(PARSE(&bare, "x"), CLI_ARGS_WRONG);
	assert_int_equal(PARSE(&bare, "-o", "json"), CLI_ARGS_WRONG);
}

static void more_words_than_a_line_may_have_are_refused(void **state)
{
	static const char *words[CLI_ARGS_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i <= CLI_ARGS_MAX; i++)
		words[i] = "-w";
	assert_int_equal(parse(&verb, words, CLI_ARGS_MAX + 1), CLI_ARGS_WRONG);
	words[0] = "id";
	assert_int_equal(parse(&verb, words, CLI_ARGS_MAX), CLI_ARGS_ACT);
	cli_args_deinit(&args);
}

static void numbers_and_durations_have_bounds(void **state)
{
	int64_t value;

	(void)state;
	assert_int_equal(PARSE(&verb, "id", "--timeout", "5s", "--message", "7"),
			 CLI_ARGS_ACT);
	assert_true(cli_args_ms(&args, "timeout", 1, 10000, 1, &value));
	assert_int_equal(value, 5000);
	assert_true(cli_args_int(&args, "message", 1, 7, 1, &value));
	assert_int_equal(value, 7);
	assert_true(cli_args_ms(&args, "url", 1, 2, 42, &value));
	assert_int_equal(value, 42);
	assert_true(cli_args_int(&args, "url", 1, 2, 43, &value));
	assert_int_equal(value, 43);
	assert_false(cli_args_ms(&args, "timeout", 1, 4999, 1, &value));
	assert_false(cli_args_ms(&args, "timeout", 5001, 10000, 1, &value));
	assert_false(cli_args_ms(&args, "message", 1, 10000, 1, &value));
	assert_false(cli_args_int(&args, "message", 8, 9, 1, &value));
	assert_false(cli_args_int(&args, "message", 1, 6, 1, &value));
	assert_false(cli_args_int(&args, "timeout", 1, 6, 1, &value));
	cli_args_deinit(&args);
}

static void the_help_has_every_option_and_verb(void **state)
{
	const struct cli_verb verbs[] = {
		verb, { NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL }
	};
	const struct cli_verb only[] = {
		bare, { NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL }
	};
	const struct cli_noun noun = { "run", "runs", verbs };
	const struct cli_noun alone = { "status", "the daemon", only };
	static const char *const parts[] = { "usage: synapsed run start [options] <id>",
					     "start something",
					     "More of it.",
					     "-m, --message TEXT",
					     "-w, --wait",
					     "--input",
					     "-o, --output",
					     "--url URL",
					     "--key-file",
					     "--timeout",
					     "-c, --config",
					     "--set",
					     "-h" };
	struct str out = STR_INIT;
	size_t i;

	(void)state;
	cli_args_help("run", &verb, &out);
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		assert_non_null(strstr(str_text(&out), parts[i]));
	str_reset(&out, 0);
	cli_args_noun_help(&noun, &out);
	assert_non_null(strstr(str_text(&out), "start <id>"));
	str_reset(&out, 0);
	cli_args_noun_help(&alone, &out);
	assert_non_null(strstr(str_text(&out), "usage: synapsed status [options]\n"));
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(options_and_operands_mix, forget),
		cmocka_unit_test_teardown(
			two_dashes_end_the_options_and_one_is_an_operand, forget),
		cmocka_unit_test_teardown(help_wins_wherever_it_stands, forget),
		cmocka_unit_test_teardown(what_is_wrong_is_named, forget),
		cmocka_unit_test_teardown(more_words_than_a_line_may_have_are_refused,
					  forget),
		cmocka_unit_test_teardown(numbers_and_durations_have_bounds, forget),
		cmocka_unit_test_teardown(the_help_has_every_option_and_verb, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
