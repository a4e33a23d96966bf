/*
 * cli_db.c - noun db: migrate, status
 */
#include "cli/cli_nouns.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_list.h"
#include "cli/cli_table.h"
#include "cli/store_call.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "pg/pg_migrate.h"
#include "store/store_schema.h"

#include <stdio.h>

/* Indexes of a table with a history of years take hours; whoever asks by hand waits. */
#define MIGRATE_MS (INT64_C(7) * 24 * 3600 * 1000)

static struct store_schema_options options_of(const struct conf *conf)
{
	return (struct store_schema_options){
		.url = conf->postgres.url,
		.keep_stock_indexes = conf->db.stock_indexes == CONF_STOCK_INDEXES_KEEP,
	};
}

static int migrate(const struct cli_args *args)
{
	struct store_schema_options options;
	struct conf *conf = NULL;
	struct err err;
	int code = cli_conf_load(args, true, &conf), rc;

	if (code)
		return code;
	options = options_of(conf);
	options.deadline_ms = MIGRATE_MS;
	rc = store_schema_migrate(&options, &err);
	if (rc < 0)
		code = cli_args_fail(args, store_call_exit_code(rc), "%s", err.text);
	else if (args->json)
		(void)printf("{\"applied\":%d,\"migrations\":%zu}\n", rc,
			     store_schema_count());
	else
		(void)printf("%d of %zu migrations applied now\n", rc,
			     store_schema_count());
	conf_free(conf);
	return code;
}

static void add_json(struct str *out, const struct pg_migrate_row *rows, size_t count,
		     int pending)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "pending", pending);
	jsonw_key(&w, "migrations");
	jsonw_array(&w);
	for (i = 0; i < count; i++) {
		jsonw_object(&w);
		jsonw_pair_int(&w, "number", rows[i].number);
		jsonw_pair_text(&w, "name", rows[i].name);
		jsonw_pair_text(&w, "sha256", rows[i].sha256);
		jsonw_pair_text(&w, "applied_at",
				rows[i].applied ? rows[i].applied_at : NULL);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
}

static void add_applied(struct cli_table *table, const struct json *row)
{
	const char *at = jsonr_get_text(row, "applied_at");

	cli_table_text(table, at ? at : "pending");
}

static int print(const struct cli_args *args, const struct pg_migrate_row *rows,
		 size_t count, int pending)
{
	static const struct cli_list_column columns[] = {
		{ .head = "NUMBER", .member = "number", .kind = CLI_LIST_INT },
		{ .head = "NAME", .member = "name" },
		{ .head = "APPLIED", .cell = add_applied },
		{ .head = NULL },
	};
	static const struct cli_list migrations = { .member = "migrations",
						    .columns = columns };
	struct str out = STR_INIT;
	int code;

	add_json(&out, rows, count, pending);
	code = cli_list_show(args, &out, &migrations);
	str_deinit(&out);
	return code;
}

static int status(const struct cli_args *args)
{
	size_t count = store_schema_count();
	struct store_schema_options options;
	struct pg_migrate_row *rows;
	struct conf *conf = NULL;
	struct err err;
	int code = cli_conf_load(args, true, &conf), pending;

	if (code)
		return code;
	rows = mem_new_n(struct pg_migrate_row, count);
	options = options_of(conf);
	pending = store_schema_status(&options, rows, &err);
	if (pending < 0) {
		code = cli_args_fail(args, store_call_exit_code(pending), "%s", err.text);
	} else {
		code = print(args, rows, count, pending);
		if (code == EXIT_CODE_OK && pending)
			code = EXIT_CODE_FAILED;
	}
	mem_free(rows);
	conf_free(conf);
	return code;
}

/* clang-format off */
static const struct cli_verb verbs[] = {
	{ "migrate", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, NULL,
	  "bring the schema of Postgres up to date", NULL, migrate },
	{ "status", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, NULL,
	  "which migrations are applied",
	  "Exit status: 0 all of them, 1 some are pending.\n", status },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_db_noun = { "db", "the schema of Postgres", verbs };
