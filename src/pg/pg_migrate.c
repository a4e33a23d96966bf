/*
 * pg_migrate.c - numbered, forward-only changes of the schema
 *
 * Each migration is one transaction: take the advisory lock, read what is applied, run
 * the text, note it, commit. The lock ends with the transaction, so this works through a
 * pooler as well, and a migrator that dies leaves neither a lock nor half a migration.
 * Another migrator that held the lock first has done the work: the list is read behind
 * the lock.
 *
 * A database with a migration that this program does not have is newer. It is worked
 * with, since migrations keep the statements of the release before working: else no host
 * could be restarted while a fleet is upgraded one by one, and none could go back. One
 * that does not keep them says so in its text (LEAST), and older programs refuse it. A
 * database with another text under the same number went another way, and is refused.
 */
#include "pg/pg_migrate.h"

#include "base/embed.h"
#include "base/log.h"
#include "base/mem.h"
#include "pg/pg_direct.h"
#include "pg/pg_sql.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS     5000
#define DEADLINE_MS    60000
#define LOCK_WAIT_TEXT "60000"
/* In a line of its own, with the number of the migration that a program must know. */
#define LEAST    "\n-- least: "
#define GRACE_MS 1000 /* so that it is our deadline that is met first */

static void rows_init(const struct pg_migrate_set *set, struct pg_migrate_row *rows)
{
	size_t i;

	for (i = 0; i < set->count; i++) {
		const struct embed *text = &set->texts[i];

		/* numbers rise and may leave some out */
		rows[i] = (struct pg_migrate_row){ .number = atoi(text->name) };
		assert(rows[i].number > (i ? rows[i - 1].number : 0));
		(void)snprintf(rows[i].name, sizeof(rows[i].name), "%s", text->name);
		(void)digest_sha256(text->text, text->len, rows[i].sha256);
	}
}

static struct pg_migrate_row *row_of(const struct pg_migrate_set *set,
				     struct pg_migrate_row *rows, int number)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

static int newest(const struct pg_migrate_set *set)
{
	return set->count ? atoi(set->texts[set->count - 1].name) : 0;
}

static int unknown(const struct pg_migrate_set *set, const PGresult *applied, int i,
		   struct err *err)
{
	int number = atoi(PQgetvalue(applied, i, 0)), least = newest(set);

	if (number > least && atoi(PQgetvalue(applied, i, 4)) <= least)
		return 1;
	return err_set(
		err, ERR_CONFLICT,
		"the database has migration %d (%s), this program knows those up to "
		"%d: a newer synapsed has changed it",
		number, PQgetvalue(applied, i, 1), least);
}

/*
 * Mark the rows that the table names. Returns 1 if it names newer ones that this program
 * can work with, 0 if it does not, or ERR_CONFLICT.
 */
static int rows_match(const struct pg_migrate_set *set, struct pg_migrate_row *rows,
		      const PGresult *applied, struct err *err)
{
	int i, number, rc = 0;
	size_t at;

	for (i = 0; i < PQntuples(applied); i++) {
		struct pg_migrate_row *row;

		number = atoi(PQgetvalue(applied, i, 0));
		row = row_of(set, rows, number);
		if (!row) {
			rc = unknown(set, applied, i, err);
			if (rc < 0)
				return rc;
			continue;
		}
		if (strcmp(PQgetvalue(applied, i, 2), row->sha256) != 0)
			return err_set(err, ERR_CONFLICT,
				       "migration %d (%s) in the database has another "
				       "sha256 than this program's %s",
				       number, PQgetvalue(applied, i, 1), row->name);
		row->applied = true;
		(void)snprintf(row->applied_at, sizeof(row->applied_at), "%s",
			       PQgetvalue(applied, i, 3));
	}
	for (at = 0; rc == 1 && at < set->count; at++)
		if (!rows[at].applied)
			return err_set(
				err, ERR_CONFLICT,
				"the database has newer migrations, but not %s: another "
				"synapsed has changed it",
				rows[at].name);
	return rc;
}

static int read_rows(struct pg_direct *direct, const struct pg_migrate_set *set,
		     struct pg_migrate_row *rows, struct err *err)
{
	PGresult *applied = NULL;
	int rc;

	rows_init(set, rows);
	rc = pg_direct_query(direct, &pg_sql_texts[PG_SQL_MIGRATE_LIST], NULL, 0,
			     &applied, err);
	if (rc == 0)
		rc = rows_match(set, rows, applied, err);
	PQclear(applied);
	return rc;
}

static int set_value(struct pg_direct *direct, const char *name, const char *value,
		     struct err *err)
{
	const char *values[2] = { name, value };

	return pg_direct_query(direct, &pg_sql_texts[PG_SQL_MIGRATE_SESSION], values, 2,
			       NULL, err);
}

/* A statement that we have left must not go on and hold its locks against everybody. */
static int set_timeout(struct pg_direct *direct, struct err *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64,
		       pg_direct_left_ms(direct) + GRACE_MS);
	return set_value(direct, "statement_timeout", text, err);
}

/* Open a transaction that nobody else migrates in. */
static int begin(struct pg_direct *direct, const struct pg_migrate_options *options,
		 struct err *err)
{
	size_t i;
	int rc;

	rc = pg_direct_script(direct, &pg_sql_texts[PG_SQL_MIGRATE_BEGIN], err);
	if (rc == 0)
		rc = set_value(direct, "lock_timeout", LOCK_WAIT_TEXT, err);
	if (rc == 0)
		rc = set_timeout(direct, err);
	for (i = 0; rc == 0 && options->settings && options->settings[i]; i += 2)
		rc = set_value(direct, options->settings[i], options->settings[i + 1],
			       err);
	if (rc == 0)
		rc = pg_direct_query(direct, &pg_sql_texts[PG_SQL_MIGRATE_LOCK], NULL, 0,
				     NULL, err);
	if (rc == 0)
		rc = pg_direct_script(direct, &pg_sql_texts[PG_SQL_MIGRATE_TABLE], err);
	return rc;
}

static int commit(struct pg_direct *direct, struct err *err)
{
	return pg_direct_script(direct, &pg_sql_texts[PG_SQL_MIGRATE_COMMIT], err);
}

static int note(struct pg_direct *direct, const struct embed *text,
		const struct pg_migrate_row *row, struct err *err)
{
	char number[16], least[16];
	const char *said = strstr(text->text, LEAST);
	const char *values[4] = { number, row->name, row->sha256, least };

	(void)snprintf(number, sizeof(number), "%d", row->number);
	(void)snprintf(least, sizeof(least), "%d",
		       said ? atoi(said + sizeof(LEAST) - 1) : 0);
	return pg_direct_query(direct, &pg_sql_texts[PG_SQL_MIGRATE_NOTE], values, 4,
			       NULL, err);
}

/* Apply the first one that is missing. 1: done one; 0: there is none. *newer: as said by
 * rows_match(). */
static int apply_next(struct pg_direct *direct, const struct pg_migrate_options *options,
		      const struct pg_migrate_set *set, struct pg_migrate_row *rows,
		      bool *newer, struct err *err)
{
	size_t i;
	int rc;

	rc = begin(direct, options, err);
	if (rc == 0)
		rc = read_rows(direct, set, rows, err);
	if (rc < 0)
		return rc;
	*newer = rc > 0;
	for (i = 0; i < set->count && rows[i].applied; i++)
		;
	if (i == set->count)
		return commit(direct, err);
	rc = pg_direct_script(direct, &set->texts[i], err);
	if (rc == 0)
		rc = note(direct, &set->texts[i], &rows[i], err);
	if (rc == 0)
		rc = commit(direct, err);
	if (rc < 0)
		return rc;
	log_info("db.migrated", LOG_N("number", rows[i].number),
		 LOG_S("name", rows[i].name));
	return 1;
}

static int always(struct pg_direct *direct, const struct pg_migrate_options *options,
		  const struct embed *text, struct err *err)
{
	int rc = begin(direct, options, err);

	if (rc == 0)
		rc = pg_direct_script(direct, text, err);
	return rc == 0 ? commit(direct, err) : rc;
}

static int open_direct(struct pg_direct *direct, const struct pg_migrate_options *options,
		       struct err *err)
{
	return pg_direct_open(
		direct, options->url,
		options->connect_timeout_ms > 0 ? options->connect_timeout_ms
						: CONNECT_MS,
		options->deadline_ms > 0 ? options->deadline_ms : DEADLINE_MS, err);
}

int pg_migrate_run(const struct pg_migrate_options *options,
		   const struct pg_migrate_set *set, struct err *err)
{
	struct pg_migrate_row *rows = mem_new_n(struct pg_migrate_row, set->count + 1);
	struct pg_direct direct = { .conn = NULL };
	bool newer = false;
	int applied = 0, rc;

	rc = open_direct(&direct, options, err);
	while (rc == 0) {
		rc = apply_next(&direct, options, set, rows, &newer, err);
		if (rc <= 0)
			break;
		applied++;
		rc = 0;
	}
	if (newer)
		log_warn("db.newer", LOG_N("known", newest(set)));
	/* how a newer one wants its indexes we do not know */
	else if (rc == 0 && set->always)
		rc = always(&direct, options, set->always, err);
	/*
	 * a transaction that is still open ends with the connection, and so does its lock
	 */
	pg_direct_close(&direct);
	mem_free(rows);
	return rc < 0 ? rc : applied;
}

int pg_migrate_status(const struct pg_migrate_options *options,
		      const struct pg_migrate_set *set, struct pg_migrate_row *rows,
		      struct err *err)
{
	struct pg_direct direct = { .conn = NULL };
	PGresult *exists = NULL;
	int pending = 0, rc;
	size_t i;

	rows_init(set, rows);
	rc = open_direct(&direct, options, err);
	if (rc == 0)
		rc = pg_direct_query(&direct, &pg_sql_texts[PG_SQL_MIGRATE_EXISTS], NULL,
				     0, &exists, err);
	if (rc == 0 && *PQgetvalue(exists, 0, 0) == 't')
		rc = read_rows(&direct, set, rows, err);
	if (rc > 0)
		log_warn("db.newer", LOG_N("known", newest(set)));
	PQclear(exists);
	pg_direct_close(&direct);
	if (rc < 0)
		return rc;
	for (i = 0; i < set->count; i++)
		pending += !rows[i].applied;
	return pending;
}
