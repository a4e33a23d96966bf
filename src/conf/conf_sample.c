/*
 * conf_sample.c - the option table on paper
 *
 * The sample file and the manual page's list are checked in and compared with what comes
 * from here (tests/blackbox/test_conf.py), so neither can lie about an option. Group
 * names are not commented out: taking away one "#" switches an option on, and a group
 * without options is empty, which the reader accepts.
 */
#include "conf/conf_sample.h"

#include "base/str.h"
#include "conf/conf_rows.h"
#include "conf/conf_words.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 78

/* Fill lines with the words of a text, each line behind prefix. */
static void add_filled(struct str *out, const char *prefix, const char *text)
{
	size_t column = 0, len;

	for (; *text; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (!len)
			break;
		if (column && column + 1 + len > WIDTH) {
			str_add_char(out, '\n');
			column = 0;
		}
		if (column)
			str_add_char(out, ' ');
		else
			str_add_text(out, prefix);
		column += (column ? 1 : strlen(prefix)) + len;
		str_add(out, text, len);
	}
	str_add_char(out, '\n');
}

/* As a sentence: upper case in front, a full stop behind. */
static void add_sentence(struct str *out, const char *prefix, const char *text)
{
	struct str sentence = STR_INIT;

	str_printf(&sentence, "%c%s.", toupper((unsigned char)*text), text + 1);
	add_filled(out, prefix, str_text(&sentence));
	str_deinit(&sentence);
}

static bool is_list(const struct conf_row *row)
{
	return row->kind == CONF_NAMES || row->kind == CONF_ORIGINS ||
	       row->kind == CONF_NETS || row->kind == CONF_SET;
}

static void add_expected(struct str *out, const char *prefix, const struct conf_row *row)
{
	struct str text = STR_INIT;

	conf_words_expected(row, &text);
	add_sentence(out, prefix, str_text(&text));
	str_deinit(&text);
}

static void add_default(struct str *out, const char *prefix, const struct conf_row *row)
{
	struct str text = STR_INIT;

	if (!*row->def)
		str_add_text(&text, "no default");
	else
		str_printf(&text, "default: %s", row->def);
	if (row->user_def)
		str_printf(&text, " for root, else %s", row->user_def_words);
	add_sentence(out, prefix, str_text(&text));
	str_deinit(&text);
}

static const char *stock_form_words(enum conf_stock form)
{
	switch (form) {
	case CONF_STOCK_SAME:
		return "";
	case CONF_STOCK_SECONDS:
		return " (a bare number of seconds)";
	case CONF_STOCK_MINUTES:
		return " (a bare number of minutes)";
	case CONF_STOCK_PORT:
		return " (the port alone)";
	case CONF_STOCK_BIT:
		return " (0 or 1)";
	case CONF_STOCK_OFF:
		return " (zero and less: no limit)";
	}
	return "";
}

static void add_environment(struct str *out, const char *prefix,
			    const struct conf_row *row)
{
	struct str text = STR_INIT;
	char env[CONF_ENV_MAX];

	str_printf(&text, "environment: %s", conf_rows_env(row, env));
	if (row->stock)
		str_printf(&text, ", %s%s", row->stock,
			   stock_form_words(row->stock_form));
	add_sentence(out, prefix, str_text(&text));
	str_deinit(&text);
}

static void add_reload(struct str *out, const char *prefix, const struct conf_row *row)
{
	struct str text = STR_INIT;

	str_add_text(&text, "reload: ");
	conf_words_effect(row, &text);
	add_sentence(out, prefix, str_text(&text));
	str_deinit(&text);
}

static void add_value(struct str *out, const struct conf_row *row)
{
	const char *text = *row->def ? row->def : row->example, *p;

	if (is_list(row))
		str_add_char(out, '[');
	for (p = text; *p; p++) {
		str_add_char(out, *p);
		if (*p == ',')
			str_add_char(out, ' ');
	}
	if (is_list(row))
		str_add_char(out, ']');
}

static const char head[] =
	"# synapsed.yaml - configuration of synapsed(8), described in synapsed.yaml(5)\n"
	"#\n"
	"# Every option is here with its default, commented out: take away one # to set it.\n"
	"# A duration is an integer and ms, s, m, h or d; a size is an integer and B, KiB,\n"
	"# MiB or GiB. The command line wins over the environment, that over this file, this\n"
	"# file over the defaults. A change takes effect with a reload (SIGHUP), for which each\n"
	"# option says what it replaces, or with a restart.\n"
	"# Check it with: synapsed -t -c FILE; see what holds with: synapsed -T -c FILE\n";

#define INDENT_MAX 8 /* two a level */

/*
 * The headings between the group of one key and that of the next: "llm:" and, below it,
 * "openai_compatible:". Returns where the option's own name begins in key.
 */
static size_t add_groups(struct str *out, const char *before, const char *key,
			 int *indent)
{
	size_t at = 0, len;
	bool same = true;

	*indent = 0;
	while (key[at + (len = strcspn(key + at, "."))] == '.') {
		len++;
		same = same && strncmp(before, key, at + len) == 0;
		if (!same)
			str_printf(out, "%*s%.*s:\n", *indent, "", (int)len - 1,
				   key + at);
		*indent += 2;
		at += len;
	}
	assert(*indent <= INDENT_MAX);
	return at;
}

void conf_sample_yaml(struct str *out)
{
	const char *before = "";
	char prefix[INDENT_MAX + 3];
	size_t i, at;
	int indent;

	str_add_text(out, head);
	for (i = 0; i < conf_rows_count; i++) {
		const struct conf_row *row = &conf_rows[i];

		str_add_char(out, '\n');
		at = add_groups(out, before, row->key, &indent);
		before = row->key;
		(void)snprintf(prefix, sizeof(prefix), "%*s# ", indent, "");
		add_sentence(out, prefix, row->what);
		add_expected(out, prefix, row);
		add_default(out, prefix, row);
		add_environment(out, prefix, row);
		add_reload(out, prefix, row);
		str_printf(out, "%*s#%s: ", indent, "", row->key + at);
		add_value(out, row);
		str_add_char(out, '\n');
	}
}

/* What means something to mdoc at this place. */
static void add_escaped(struct str *out, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			str_add_text(out, "\\&");
		if (*text == '~')
			str_add_text(out, "\\(ti");
		else if (*text == '\\')
			str_add_text(out, "\\e");
		else
			str_add_char(out, *text);
		line_start = *text == '\n';
	}
}

void conf_sample_man(struct str *out)
{
	struct str text = STR_INIT;
	size_t i;

	str_add_text(out, ".Bl -tag -width Ds\n");
	for (i = 0; i < conf_rows_count; i++) {
		const struct conf_row *row = &conf_rows[i];

		str_printf(out, ".It Ic %s\n", row->key);
		add_sentence(&text, "", row->what);
		add_expected(&text, "", row);
		add_default(&text, "", row);
		add_environment(&text, "", row);
		add_reload(&text, "", row);
		add_escaped(out, str_text(&text));
		str_reset(&text, 4096);
	}
	str_add_text(out, ".El\n");
	str_deinit(&text);
}
