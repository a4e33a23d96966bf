/* pg_migrate.h - numbered, forward-only changes of the schema */
#ifndef PG_PG_MIGRATE_H
#define PG_PG_MIGRATE_H

#include "base/digest.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct embed;

/*
 * BLOCKING calls with deadlines, on a connection of their own: for the command line, and
 * for a child's start-up before its loop runs. Never from a callback, never in the
 * master.
 */
struct pg_migrate_options {
	const char *url;
	int64_t connect_timeout_ms; /* 0: 5000 */
	int64_t deadline_ms; /* of everything, waiting for another migrator included;
				0: 60000. The server gives up when we do */
	/*
	 * Texts that migrations may read by current_setting('<key>'): pairs, then NULL.
	 */
	const char *const *settings; /* e.g. {"synapsed.stock_indexes", "keep", NULL} */
};

/*
 * The migrations: texts named NNN_name, numbers rise (asserted) and may have gaps, in
 * order. `always` (may be NULL) runs after them, every time, and must be harmless when
 * repeated.
 */
struct pg_migrate_set {
	const struct embed *texts;
	size_t count;
	const struct embed *always;
};

struct pg_migrate_row {
	int number;
	char name[64];
	char sha256[DIGEST_HEX_SIZE];
	bool applied;
	char applied_at[64]; /* "" unless applied */
};

/*
 * Apply what is missing, each in one transaction, one migrator at a time (advisory lock).
 * Returns how many were applied (0: nothing to do) or
 *   ERR_CONN, ERR_TIMEOUT  the server could not be reached, or not in time: what was
 *                          applied stays, call again;
 *   ERR_CONFLICT           the database has a migration that we do not know and cannot
 *                          work with, or one of ours with another sha256;
 *   ERR_REFUSED            a statement failed; its migration left no trace;
 *   ERR_INPUT              the url, or a server older than 14.
 */
int pg_migrate_run(const struct pg_migrate_options *options,
		   const struct pg_migrate_set *set, struct err *err);

/*
 * Fill rows[set->count] with what is applied and what is not; changes nothing, also on an
 * empty database. Returns how many are pending (0: current), or as above.
 */
int pg_migrate_status(const struct pg_migrate_options *options,
		      const struct pg_migrate_set *set, struct pg_migrate_row *rows,
		      struct err *err);

#endif
