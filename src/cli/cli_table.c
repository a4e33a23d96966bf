/*
 * cli_table.c - columns for people
 *
 * A column is as wide as its widest cell, counted in characters, which is right for text
 * whose characters are one cell wide and near enough for the rest.
 */
#include "cli/cli_table.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void cli_table_init(struct cli_table *table, const char *const *heads)
{
	size_t i;

	memset(table, 0, sizeof(*table));
	arena_init(&table->arena);
	while (heads[table->columns])
		table->columns++;
	assert(table->columns > 0 && table->columns <= CLI_TABLE_COLUMNS);
	for (i = 0; i < table->columns; i++)
		cli_table_text(table, heads[i]);
}

void cli_table_deinit(struct cli_table *table)
{
	mem_free(table->cells);
	arena_deinit(&table->arena);
}

void cli_table_clean(struct str *out, const char *text)
{
	size_t len = strlen(text), i, bytes;
	bool valid = utf8_valid(text, len, NULL);

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (valid && utf8_steers(text + i, &bytes)) {
			str_add_char(out, '?');
			i += bytes - 1;
		} else {
			str_add_char(out, c < ' ' || c == 0x7F || (c > 0x7F && !valid)
						  ? '?'
						  : text[i]);
		}
	}
}

void cli_table_text(struct cli_table *table, const char *text)
{
	struct str clean = STR_INIT;

	if (table->count == table->room) {
		table->room = table->room ? table->room * 2 : 64;
		table->cells =
			mem_resize(table->cells, sizeof(*table->cells) * table->room);
	}
	cli_table_clean(&clean, text && text[0] ? text : "-");
	table->cells[table->count++] = arena_dup(&table->arena, str_text(&clean));
	str_deinit(&clean);
}

void cli_table_int(struct cli_table *table, int64_t n)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%lld", (long long)n);
	cli_table_text(table, digits);
}

static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

void cli_table_print(const struct cli_table *table, struct str *out)
{
	size_t widths[CLI_TABLE_COLUMNS] = { 0 };
	size_t i, n;

	assert(table->count % table->columns == 0);
	for (i = 0; i < table->count; i++) {
		n = width(table->cells[i]);
		if (n > widths[i % table->columns])
			widths[i % table->columns] = n;
	}
	for (i = 0; i < table->count; i++) {
		size_t column = i % table->columns;

		str_add_text(out, table->cells[i]);
		if (column + 1 == table->columns) {
			str_add_char(out, '\n');
			continue;
		}
		for (n = width(table->cells[i]); n < widths[column] + 2; n++)
			str_add_char(out, ' ');
	}
}
