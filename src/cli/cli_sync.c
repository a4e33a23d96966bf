/*
 * cli_sync.c - def sync: the files of the data folder into the store
 *
 * What the API does for the page's button, by the same code (defs/defs_sync.c).
 */
#include "cli/cli_sync.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_table.h"
#include "cli/store_call.h"
#include "conf/conf.h"
#include "defs/defs_sync.h"
#include "engine/step_types.h"
#include "ipc/exit_code.h"
#include "pg/pg_batch.h"

#include <stdio.h>
#include <string.h>

#define DEADLINE_MS 60000

/* clang-format off */
const struct cli_option cli_sync_options[] = {
	{ 0, "force", NULL, "overwrite what was changed or deleted in the store since" },
	{ 0, NULL, NULL, NULL },
};
/* clang-format on */

struct syncing {
	const struct defs_sync *sync;
	struct str report;
	size_t errors;
};

static void on_synced(void *arg, const struct pg_reply *reply)
{
	struct syncing *syncing = arg;

	syncing->errors = defs_sync_report(syncing->sync, reply, &syncing->report);
}

/* A line of a list to the standard error each. */
static void say_all(const struct json *list, const char *how)
{
	size_t i;

	for (i = 0; i < jsonr_count(list); i++) {
		struct str line = STR_INIT;

		cli_table_clean(&line, jsonr_text(jsonr_at(list, i)));
		(void)fprintf(stderr, "%s: %s\n", how, str_text(&line));
		str_deinit(&line);
	}
}

static void print_table(const struct json *report)
{
	static const char *const heads[] = { "GROUP", "SYNCED", "DELETED", "ERRORS",
					     NULL };
	struct jsonr_iter it = jsonr_iter(jsonr_get(report, "details"));
	struct cli_table table;
	struct str out = STR_INIT;

	cli_table_init(&table, heads);
	while (jsonr_next(&it)) {
		cli_table_text(&table, it.key);
		cli_table_int(&table, jsonr_get_int(it.value, "synced", 0));
		cli_table_int(&table,
			      (int64_t)jsonr_count(jsonr_get(it.value, "deleted")));
		cli_table_int(&table, jsonr_get_int(it.value, "errors", 0));
	}
	cli_table_print(&table, &out);
	(void)fputs(str_text(&out), stdout);
	cli_table_deinit(&table);
	str_deinit(&out);
}

static void print(const struct cli_args *args, const struct syncing *syncing)
{
	struct json *report = NULL;
	struct err err;

	if (jsonr_parse(str_text(&syncing->report), syncing->report.len, &report, NULL,
			NULL, &err) < 0) {
		(void)fprintf(stderr, "error: %s\n", err.text);
		return;
	}
	say_all(jsonr_get(report, "errors"), "error");
	say_all(jsonr_get(report, "secrets_left_out"), "secret left out");
	if (args->json)
		(void)printf("%s\n", str_text(&syncing->report));
	else
		print_table(report);
	jsonr_free(report);
}

int cli_sync_run(const struct cli_args *args)
{
	struct syncing syncing = { .report = STR_INIT };
	struct defs_sync *sync = NULL;
	struct conf *conf = NULL;
	struct pg_batch *batch;
	struct err err;
	int code = cli_conf_load(args, true, &conf), rc;

	if (code)
		return code;
	rc = defs_sync_read(conf->data_dir, step_types_rules(), &sync, &err);
	if (rc < 0) {
		code = cli_args_fail(args, EXIT_CODE_FAILED, "%s", err.text);
		goto out;
	}
	syncing.sync = sync;
	batch = pg_batch_new();
	defs_sync_build(sync, conf->limits.default_tenant, cli_args_flag(args, "force"),
			batch);
	rc = store_call(conf, batch, DEADLINE_MS, on_synced, &syncing, &err);
	if (rc < 0) {
		code = cli_args_fail(args, store_call_exit_code(rc), "%s", err.text);
	} else {
		print(args, &syncing);
		if (syncing.errors)
			code = EXIT_CODE_FAILED;
	}
out:
	defs_sync_free(sync);
	str_deinit(&syncing.report);
	conf_free(conf);
	return code;
}
