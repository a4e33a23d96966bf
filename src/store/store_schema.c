/*
 * store_schema.c - the migrations of this program
 *
 * Which indexes orchestration_runs has depends on an option and not on a version, so they
 * are seen to after the migrations, every time, as are the journal's next partitions.
 */
#include "store/store_schema.h"

#include "pg/pg_migrate.h"
#include "store/store_migration.h"
#include "store/store_sql.h"

static const struct pg_migrate_set *set_of(void)
{
	static struct pg_migrate_set set;

	set = (struct pg_migrate_set){
		.texts = store_migration_texts,
		.count = STORE_MIGRATION_COUNT,
		.always = &store_sql_texts[STORE_SQL_SCHEMA_ALWAYS],
	};
	return &set;
}

size_t store_schema_count(void)
{
	return STORE_MIGRATION_COUNT;
}

int store_schema_migrate(const struct store_schema_options *options, struct err *err)
{
	const char *const settings[] = {
		"synapsed.stock_indexes",
		options->keep_stock_indexes ? "keep" : "drop",
		NULL,
	};
	struct pg_migrate_options migrate = {
		.url = options->url,
		.deadline_ms = options->deadline_ms,
		.settings = settings,
	};

	return pg_migrate_run(&migrate, set_of(), err);
}

int store_schema_status(const struct store_schema_options *options,
			struct pg_migrate_row *rows, struct err *err)
{
	struct pg_migrate_options migrate = { .url = options->url };

	return pg_migrate_status(&migrate, set_of(), rows, err);
}
