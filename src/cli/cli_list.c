/*
 * cli_list.c - lists as verbs print them: a table, or the JSON that it is made of
 *
 * A verb says what the columns are, and of a list of the API which of its options narrow
 * it. Pages are the API's: who wants more gives the cursor back that stands behind the
 * table. A list that a verb makes itself is JSON first as well, so that table and JSON
 * cannot differ.
 */
#include "cli/cli_list.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <assert.h>
#include <stdio.h>

#define LIMIT_MAX 200

static void add_cell(struct cli_table *table, const struct cli_list_column *column,
		     const struct json *row)
{
	if (column->cell) {
		column->cell(table, row);
		return;
	}
	switch (column->kind) {
	case CLI_LIST_TEXT:
		cli_table_text(table, jsonr_get_text(row, column->member));
		break;
	case CLI_LIST_INT:
		cli_table_int(table, jsonr_get_int(row, column->member, 0));
		break;
	case CLI_LIST_YES:
		cli_table_text(table,
			       jsonr_bool(jsonr_get(row, column->member)) ? "yes" : "no");
		break;
	}
}

static void print_table(const struct json *doc, const struct cli_list *list)
{
	const struct json *rows = list->member ? jsonr_get(doc, list->member) : doc;
	const char *after = list->paged ? jsonr_get_text(doc, "next") : NULL;
	const char *heads[CLI_TABLE_COLUMNS + 1] = { NULL };
	struct cli_table table;
	struct str out = STR_INIT;
	size_t i, k;

	for (k = 0; list->columns[k].head; k++) {
		assert(k < CLI_TABLE_COLUMNS);
		heads[k] = list->columns[k].head;
	}
	cli_table_init(&table, heads);
	for (i = 0; i < jsonr_count(rows); i++)
		for (k = 0; list->columns[k].head; k++)
			add_cell(&table, &list->columns[k], jsonr_at(rows, i));
	cli_table_print(&table, &out);
	if (after) {
		str_add_text(&out, "more: --after ");
		cli_table_clean(&out, after);
		str_add_char(&out, '\n');
	}
	(void)fputs(str_text(&out), stdout);
	cli_table_deinit(&table);
	str_deinit(&out);
}

void cli_list_print(const struct cli_answer *answer, const struct cli_list *list)
{
	print_table(answer->doc, list);
}

int cli_list_show(const struct cli_args *args, const struct str *json,
		  const struct cli_list *list)
{
	struct json *doc;

	if (args->json) {
		(void)printf("%s\n", str_text(json));
		return EXIT_CODE_OK;
	}
	if (jsonr_parse(str_text(json), json->len, &doc, NULL, NULL, NULL) < 0)
		return cli_args_fail(args, EXIT_CODE_FAILED, "the list is too large");
	print_table(doc, list);
	jsonr_free(doc);
	return EXIT_CODE_OK;
}

static void print(const struct cli_args *args, const struct cli_answer *answer,
		  const void *arg)
{
	(void)args;
	cli_list_print(answer, arg);
}

int cli_list_get(const struct cli_args *args, const char *path,
		 const struct cli_list *list)
{
	const struct cli_list_param *param = list->params;
	struct str query = STR_INIT;
	int64_t limit;
	int code;

	if (list->paged && !cli_args_int(args, "limit", 1, LIMIT_MAX, 0, &limit))
		return EXIT_CODE_USAGE;
	str_add_text(&query, path);
	for (; param && param->option; param++)
		cli_api_query(&query, param->name ? param->name : param->option,
			      cli_args_text(args, param->option, NULL));
	if (list->paged) {
		cli_api_query(&query, "limit", cli_args_text(args, "limit", NULL));
		cli_api_query(&query, "after", cli_args_text(args, "after", NULL));
	}
	code = cli_api_ask(args, "GET", str_text(&query), NULL, print, list);
	str_deinit(&query);
	return code;
}
