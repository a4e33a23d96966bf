/* cli_table.h - columns for people */
#ifndef CLI_CLI_TABLE_H
#define CLI_CLI_TABLE_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct str;

#define CLI_TABLE_COLUMNS 16

/* Cells are added row by row, from the left. */
struct cli_table {
	struct arena arena;
	size_t columns;
	const char **cells; /* owned; row 0 is the head */
	size_t count;
	size_t room;
};

/* heads: their names, NULL at the end; at most CLI_TABLE_COLUMNS. */
void cli_table_init(struct cli_table *table, const char *const *heads);
void cli_table_deinit(struct cli_table *table);
/*
 * Copied. Text from outside may stand in a cell: control characters and what is not UTF-8
 * are shown as '?', so that nobody's text can steer a terminal. NULL and "" become "-".
 */
void cli_table_text(struct cli_table *table, const char *text);
void cli_table_int(struct cli_table *table, int64_t n);
/* All rows, left-aligned, two spaces between columns; the last row must be full. */
void cli_table_print(const struct cli_table *table, struct str *out);

/* One text made harmless as above, appended to out. */
void cli_table_clean(struct str *out, const char *text);

#endif
