/*
 * pg_read.c - one batch of Postgres for one answer
 */
#include "api/pg_read.h"

#include "base/log.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"

#include <stdbool.h>
#include <string.h>

#define DEADLINE_MS 5000

struct read {
	pg_read_cb cb;
	void *arg;
};

/*
 * A database that is new to the fleet has no tables, or those of before, until a keeper
 * has seen to them: it is not ready yet, which is no fault of ours.
 */
static bool is_unmade(const char *sqlstate)
{
	return strcmp(sqlstate, "42P01") == 0 || strcmp(sqlstate, "42703") == 0 ||
	       strcmp(sqlstate, "42883") == 0;
}

static enum errors_code error_of(const struct pg_outcome *outcome)
{
	if (is_unmade(outcome->sqlstate)) {
		log_warn("pg.read_failed", LOG_S("error", outcome->err.text));
		return ERRORS_POSTGRES;
	}
	if (outcome->cls == PG_CLASS_BUG || outcome->cls == PG_CLASS_VALUE ||
	    outcome->cls == PG_CLASS_CONSTRAINT) {
		log_error("pg.read_refused", LOG_S("sqlstate", outcome->sqlstate),
			  LOG_S("error", outcome->err.text));
		return ERRORS_INTERNAL;
	}
	log_warn("pg.read_failed", LOG_S("error", outcome->err.text));
	return ERRORS_POSTGRES;
}

static void on_rows(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct read *read = arg;

	if (outcome->fate == PG_COMMITTED)
		read->cb(read->arg, ERRORS_NONE, reply);
	else
		read->cb(read->arg, error_of(outcome), NULL);
	mem_free(read);
}

void pg_read(struct pg_pool *pool, struct pg_batch *batch, pg_read_cb cb, void *arg)
{
	struct read *read;
	int rc;

	if (pg_pool_links_up(pool) == 0) {
		pg_batch_free(batch);
		cb(arg, ERRORS_POSTGRES, NULL);
		return;
	}
	read = mem_new(struct read);
	read->cb = cb;
	read->arg = arg;
	rc = pg_pool_submit(pool, batch, DEADLINE_MS, on_rows, read);
	if (rc < 0) {
		mem_free(read);
		cb(arg, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES, NULL);
	}
}
