/*
 * cli_run_stats.c - verb run stats: runs in groups, as GET /api/v2/analytics sums them
 */
#include "cli/cli_run_stats.h"

#include "base/jsonr.h"
#include "cli/cli_args.h"
#include "cli/cli_list.h"
#include "cli/cli_table.h"

#include <stdio.h>

static void add_number(struct cli_table *table, const struct json *row,
		       const char *member)
{
	const struct json *value = jsonr_get(row, member);
	char text[32];

	if (jsonr_type(value) != JSONR_INT && jsonr_type(value) != JSONR_DOUBLE) {
		cli_table_text(table, NULL);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.9g", jsonr_double(value));
	cli_table_text(table, text);
}

static void cell_success(struct cli_table *table, const struct json *row)
{
	add_number(table, row, "success_rate");
}

static void cell_p50(struct cli_table *table, const struct json *row)
{
	add_number(table, row, "p50_seconds");
}

static void cell_p95(struct cli_table *table, const struct json *row)
{
	add_number(table, row, "p95_seconds");
}

static void cell_p99(struct cli_table *table, const struct json *row)
{
	add_number(table, row, "p99_seconds");
}

static void cell_cost(struct cli_table *table, const struct json *row)
{
	add_number(table, row, "cost_usd");
}

int cli_run_stats(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "GROUP", .member = "key" },
		{ .head = "RUNS", .member = "runs", .kind = CLI_LIST_INT },
		{ .head = "COMPLETED", .member = "completed", .kind = CLI_LIST_INT },
		{ .head = "FAILED", .member = "failed", .kind = CLI_LIST_INT },
		{ .head = "CANCELLED", .member = "cancelled", .kind = CLI_LIST_INT },
		{ .head = "SUCCESS %", .cell = cell_success },
		{ .head = "P50 S", .cell = cell_p50 },
		{ .head = "P95 S", .cell = cell_p95 },
		{ .head = "P99 S", .cell = cell_p99 },
		{ .head = "COST USD", .cell = cell_cost },
		{ .head = "TOKENS", .member = "tokens", .kind = CLI_LIST_INT },
		{ .head = NULL },
	};
	static const struct cli_list_param params[] = {
		{ "by", NULL },
		{ "since", NULL },
		{ "until", NULL },
		{ "tenant", "tenant_id" },
		{ "orchestration", "orchestration_id" },
		{ NULL, NULL },
	};
	static const struct cli_list groups = { "groups", columns, params, false };

	return cli_list_get(args, "/api/v2/analytics", &groups);
}

const struct cli_option cli_run_stats_options[] = {
	{ 0, "by", "WHAT", "day (the default), hour, orchestration, tenant or model" },
	{ 0, "since", "MOMENT", "accepted at or after it (seven days before --until)" },
	{ 0, "until", "MOMENT", "accepted before it (now)" },
	{ 0, "tenant", "ID", "only of this tenant" },
	{ 0, "orchestration", "ID", "only of this orchestration" },
	{ 0, NULL, NULL, NULL },
};
