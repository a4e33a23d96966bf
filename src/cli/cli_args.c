/*
 * cli_args.c - the command line of one verb, taken apart
 *
 * Options are rows: the verb's own and those of the groups that it names. Parsing and the
 * help read the same rows, so neither can know what the other does not. Options and
 * operands mix; "--" ends the options; "--name value" and "--name=value" are the same.
 */
#include "cli/cli_args.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "ipc/exit_code.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct cli_option every[] = {
	{ 'h', "help", NULL, "print this help" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option output[] = {
	{ 'o', "output", "table|json", "how to print (table)" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option http[] = {
	{ 0, "url", "URL", "the API ($SYNAPSED_URL, else the configured port on 127.0.0.1)" },
	{ 0, "key-file", "FILE", "file that holds the API key ($SYNAPSED_KEY)" },
	{ 0, "timeout", "DURATION", "of one request (30s)" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option conf[] = {
	{ 'c', "config", "FILE", "configuration file ($SYNAPSED_CONF)" },
	{ 0, "set", "KEY=VALUE", "set an option; may be given again" },
	{ 0, NULL, NULL, NULL },
};
/* clang-format on */

#define TABLES 5

/* The tables that a verb's options come from; unused places are NULL. */
static void tables_of(const struct cli_verb *verb, const struct cli_option *ret[TABLES])
{
	ret[0] = verb->options;
	ret[1] = verb->groups & CLI_GROUP_OUTPUT ? output : NULL;
	ret[2] = verb->groups & CLI_GROUP_HTTP ? http : NULL;
	ret[3] = verb->groups & CLI_GROUP_CONF ? conf : NULL;
	ret[4] = every;
}

static const struct cli_option *find(const struct cli_verb *verb, char letter,
				     const char *name, size_t len)
{
	const struct cli_option *tables[TABLES], *row;
	size_t i;

	tables_of(verb, tables);
	for (i = 0; i < TABLES; i++)
		for (row = tables[i]; row && row->name; row++)
			if (name ? strlen(row->name) == len &&
					    memcmp(row->name, name, len) == 0
				 : row->letter && row->letter == letter)
				return row;
	return NULL;
}

/*
 * argv[*at] is an option. Sets *row and *value and moves *at to the last word that
 * belongs to it.
 */
static int take_option(const struct cli_verb *verb, int argc, char **argv, int *at,
		       const struct cli_option **row, const char **value, struct str *why)
{
	const char *word = argv[*at], *equals = NULL;

	if (word[1] == '-') {
		equals = strchr(word, '=');
		*row = find(verb, 0, word + 2,
			    equals ? (size_t)(equals - word - 2) : strlen(word + 2));
	} else {
		*row = find(verb, word[1], NULL, 0);
	}
	if (!*row) {
		str_printf(why, "unknown option: %s", word);
		return -1;
	}
	*value = NULL;
	if (!(*row)->value) {
		if (equals || (word[1] != '-' && word[2])) {
			str_printf(why, "%s takes no value", word);
			return -1;
		}
		return 0;
	}
	if (equals)
		*value = equals + 1;
	else if (word[1] != '-' && word[2])
		*value = word + 2;
	else if (*at + 1 < argc)
		*value = argv[++*at];
	if (!*value) {
		str_printf(why, "%s needs a value: %s", word, (*row)->value);
		return -1;
	}
	return 0;
}

static enum cli_args_result check(struct cli_args *args, struct str *why)
{
	const char *how = cli_args_text(args, "output", "table");

	if (strcmp(how, "table") != 0 && strcmp(how, "json") != 0) {
		str_printf(why, "-o is table or json, not %s", how);
		return CLI_ARGS_WRONG;
	}
	args->json = strcmp(how, "json") == 0;
	if (args->operand_count < (size_t)args->verb->operands_min) {
		str_printf(why, "%s is missing", args->verb->operands);
		return CLI_ARGS_WRONG;
	}
	if (args->operand_count > (size_t)args->verb->operands_max) {
		str_printf(why, "one word too many: %s",
			   args->operands[args->verb->operands_max]);
		return CLI_ARGS_WRONG;
	}
	return CLI_ARGS_ACT;
}

enum cli_args_result cli_args_parse(const char *noun, const struct cli_verb *verb,
				    int argc, char **argv, struct cli_args *ret,
				    struct str *why)
{
	struct cli_args args = { .noun = noun, .verb = verb };
	enum cli_args_result result = CLI_ARGS_WRONG;
	const struct cli_option *row;
	const char *value;
	bool only_operands = false;
	int i;

	if (argc > CLI_ARGS_MAX) {
		str_printf(why, "more than %d words", CLI_ARGS_MAX);
		return CLI_ARGS_WRONG;
	}
	args.given = mem_new_n(struct cli_arg, argc + 1);
	args.operands = mem_new_n(const char *, argc + 1);
	for (i = 0; i < argc; i++) {
		if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
			args.operands[args.operand_count++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			only_operands = true;
			continue;
		}
		if (take_option(verb, argc, argv, &i, &row, &value, why) < 0)
			goto out;
		if (row == &every[0]) {
			result = CLI_ARGS_HELP;
			goto out;
		}
		args.given[args.given_count++] = (struct cli_arg){ row, value };
	}
	result = check(&args, why);
	if (result == CLI_ARGS_ACT) {
		*ret = args;
		return result;
	}
out:
	cli_args_deinit(&args);
	return result;
}

void cli_args_deinit(struct cli_args *args)
{
	mem_free(args->given);
	mem_free(args->operands);
}

const char *cli_args_next(const struct cli_args *args, const char *name, size_t *at)
{
	while (*at < args->given_count) {
		const struct cli_arg *arg = &args->given[(*at)++];

		if (strcmp(arg->option->name, name) == 0)
			return arg->value ? arg->value : "";
	}
	return NULL;
}

const char *cli_args_text(const struct cli_args *args, const char *name,
			  const char *fallback)
{
	const char *value, *last = fallback;
	size_t at = 0;

	while ((value = cli_args_next(args, name, &at)))
		last = value;
	return last;
}

bool cli_args_flag(const struct cli_args *args, const char *name)
{
	return cli_args_text(args, name, NULL) != NULL;
}

bool cli_args_ms(const struct cli_args *args, const char *name, int64_t min, int64_t max,
		 int64_t fallback, int64_t *ret)
{
	const char *text = cli_args_text(args, name, NULL);
	char low[UNITS_TEXT_MAX], high[UNITS_TEXT_MAX];

	*ret = fallback;
	if (!text)
		return true;
	if (units_parse_ms(text, ret) == 0 && *ret >= min && *ret <= max)
		return true;
	(void)cli_args_fail(args, EXIT_CODE_USAGE,
			    "--%s is a duration such as 30s, from %s to %s, not %s", name,
			    units_format_ms(min, low), units_format_ms(max, high), text);
	return false;
}

bool cli_args_int(const struct cli_args *args, const char *name, int64_t min, int64_t max,
		  int64_t fallback, int64_t *ret)
{
	const char *text = cli_args_text(args, name, NULL);

	*ret = fallback;
	if (!text)
		return true;
	if (units_parse_int(text, ret) == 0 && *ret >= min && *ret <= max)
		return true;
	(void)cli_args_fail(args, EXIT_CODE_USAGE,
			    "--%s is a number from %lld to %lld, not %s", name,
			    (long long)min, (long long)max, text);
	return false;
}

static void help_options(const struct cli_option *row, struct str *out)
{
	for (; row && row->name; row++) {
		size_t start = out->len;

		str_add_text(out, "  ");
		if (row->letter)
			str_printf(out, "-%c, ", row->letter);
		str_printf(out, "--%s", row->name);
		if (row->value)
			str_printf(out, " %s", row->value);
		if (out->len - start > 26)
			str_printf(out, "\n%28s", "");
		else
			str_printf(out, "%*s", (int)(28 - (out->len - start)), "");
		str_printf(out, "%s\n", row->what);
	}
}

void cli_args_help(const char *noun, const struct cli_verb *verb, struct str *out)
{
	const struct cli_option *tables[TABLES];
	size_t i;

	str_printf(out, "usage: synapsed %s%s%s [options]%s%s\n\n%s\n", noun,
		   verb->name[0] ? " " : "", verb->name, verb->operands[0] ? " " : "",
		   verb->operands, verb->what);
	if (verb->more)
		str_printf(out, "\n%s", verb->more);
	str_add_char(out, '\n');
	tables_of(verb, tables);
	for (i = 0; i < TABLES; i++)
		help_options(tables[i], out);
}

void cli_args_noun_help(const struct cli_noun *noun, struct str *out)
{
	const struct cli_verb *verb;

	if (!noun->verbs[0].name[0]) {
		cli_args_help(noun->name, &noun->verbs[0], out);
		return;
	}
	str_printf(out, "usage: synapsed %s <verb> [options]\n\n%s\n\n", noun->name,
		   noun->what);
	for (verb = noun->verbs; verb->name; verb++) {
		size_t start = out->len;

		str_printf(out, "  %s%s%s", verb->name, verb->operands[0] ? " " : "",
			   verb->operands);
		if (out->len - start > 26)
			str_printf(out, "\n%28s%s\n", "", verb->what);
		else
			str_printf(out, "%*s%s\n", (int)(28 - (out->len - start)), "",
				   verb->what);
	}
	str_printf(out, "\n`synapsed %s <verb> -h` has the options of each.\n",
		   noun->name);
}

int cli_args_fail(const struct cli_args *args, int code, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list list;

	va_start(list, format);
	str_vprintf(&text, format, list);
	va_end(list);
	(void)fflush(stdout); /* what was said before stands before it */
	(void)fprintf(stderr, "synapsed %s%s%s: %s\n", args->noun,
		      args->verb->name[0] ? " " : "", args->verb->name, str_text(&text));
	str_deinit(&text);
	return code;
}
