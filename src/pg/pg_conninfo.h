/* pg_conninfo.h - inside pg/: from an url to what libpq wants to hear */
#ifndef PG_PG_CONNINFO_H
#define PG_PG_CONNINFO_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct str;

#define PG_CONNINFO_MAX 64 /* libpq has about 40 keywords */

/* Parallel, NULL-terminated, as PQconnectStartParams takes them. Embed it zeroed. */
struct pg_conninfo {
	const char *keywords[PG_CONNINFO_MAX]; /* owned */
	char *values[PG_CONNINFO_MAX]; /* owned; wiped when freed, a password is in it */
	int count;
};

/*
 * Parse the url (SQLAlchemy's "+driver" in the scheme is dropped) and add what we need
 * where it says nothing: application_name, client_encoding, a session that may write, no
 * GSS. options (may be NULL) is put behind the url's own. ERR_INPUT, without quoting the
 * url.
 */
int pg_conninfo_init(struct pg_conninfo *info, const char *url,
		     const char *application_name, const char *options, struct err *err);
void pg_conninfo_deinit(struct pg_conninfo *info);

/* Server settings of a session as a value of `options`: "-c name=value ...". */
void pg_conninfo_session(struct str *out, int64_t statement_timeout_ms,
			 int64_t lock_timeout_ms);

/* A server that is too old: ERR_INPUT with a sentence. version as PQserverVersion gives
 * it.
 */
int pg_conninfo_check_version(int version, struct err *err);

/* A message of libpq or the server as one line of valid UTF-8 without control characters,
 * cut to size. */
void pg_conninfo_message(char *to, size_t size, const char *message);

#endif
