/* pg_direct.h - inside pg/: a connection that blocks, for what runs without a loop */
#ifndef PG_PG_DIRECT_H
#define PG_PG_DIRECT_H

#include "base/err.h"

#include <libpq-fe.h>
#include <stdint.h>

struct embed;

/* BLOCKING, each call until the deadline given at open. Embed it zeroed. */
struct pg_direct {
	PGconn *conn;
	int64_t due_mono_ms;
};

/* ERR_INPUT (url, version), ERR_CONN, ERR_TIMEOUT. Close it in every case. */
int pg_direct_open(struct pg_direct *direct, const char *url, int64_t connect_timeout_ms,
		   int64_t deadline_ms, struct err *err);
/* Until the deadline, at least 1. */
int64_t pg_direct_left_ms(const struct pg_direct *direct);
void pg_direct_close(struct pg_direct *direct);

/* The text as it is, which may be several statements: no parameters, no rows. ERR_REFUSED
 * with the server's sentence, ERR_CONN, ERR_TIMEOUT. */
int pg_direct_script(struct pg_direct *direct, const struct embed *sql, struct err *err);
/* One statement with text parameters. *ret (may be NULL) is the caller's: PQclear. */
int pg_direct_query(struct pg_direct *direct, const struct embed *sql,
		    const char *const *values, int count, PGresult **ret,
		    struct err *err);

#endif
