/*
 * pg_conninfo.c - from an url to what libpq wants to hear
 *
 * The settings of a session, and why:
 *
 *   TimeZone, DateStyle  moments come back as ISO text in UTC
 *   lock_timeout         a batch that meets a held row is tried again run by run,
 *                        instead of holding up all others
 *   statement_timeout    bounds what a client that is gone leaves running
 *   plan_cache_mode      one plan per statement for the connection's life; without it
 *                        the first five executions are planned each
 *   enable_hashjoin, mergejoin, seqscan, bitmapscan off
 *                        a join of an unnest() with a table is a nested loop over its
 *                        key. On an empty or just filled table, statistics say that
 *                        reading all of it is cheaper; that plan would stay when the
 *                        table has grown
 *   jit                  the cost of a plan that must scan (seqscan is only penalised)
 *                        looks huge; compiling it would take longer than running it
 *
 * synchronous_commit is left to the server: what we promise stands on it.
 */
#include "pg/pg_conninfo.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#define OLDEST_VERSION 140000

static void put(struct pg_conninfo *info, const char *keyword, const char *value)
{
	assert(info->count < PG_CONNINFO_MAX - 1);
	info->keywords[info->count] = mem_dup(keyword);
	info->values[info->count] = mem_dup(value);
	info->count++;
}

static char **find(struct pg_conninfo *info, const char *keyword)
{
	int i;

	for (i = 0; i < info->count; i++) {
		if (strcmp(info->keywords[i], keyword) == 0)
			return &info->values[i];
	}
	return NULL;
}

static void put_default(struct pg_conninfo *info, const char *keyword, const char *value)
{
	if (!find(info, keyword))
		put(info, keyword, value);
}

/* "postgresql+asyncpg://..." -> "postgresql://..."; the result is the caller's. */
static char *plain_url(const char *url)
{
	const char *scheme_end = strstr(url, "://");
	const char *plus = strchr(url, '+');
	struct str out = STR_INIT;

	if (!scheme_end || !plus || plus > scheme_end)
		return mem_dup(url);
	str_add(&out, url, (size_t)(plus - url));
	str_add_text(&out, scheme_end);
	return str_take(&out);
}

int pg_conninfo_init(struct pg_conninfo *info, const char *url,
		     const char *application_name, const char *options, struct err *err)
{
	PQconninfoOption *parsed = NULL;
	char *plain = plain_url(url);
	char *message = NULL;
	char **old;
	int rc = 0, i;

	/*
	 * libpq's message may quote a part of the url, and that part may be the password
	 */
	parsed = PQconninfoParse(plain, &message);
	if (!parsed) {
		rc = err_set(err, ERR_INPUT,
			     "the Postgres url is not one that libpq understands "
			     "(postgresql://user:password@host:port/database)");
		goto out;
	}
	for (i = 0; parsed[i].keyword; i++) {
		if (parsed[i].val && *parsed[i].val)
			put(info, parsed[i].keyword, parsed[i].val);
	}
	put_default(info, "application_name",
		    application_name ? application_name : "synapsed");
	put_default(info, "client_encoding", "UTF8");
	put_default(info, "target_session_attrs", "read-write");
	put_default(info, "gssencmode", "disable");
	if (options && *options) {
		old = find(info, "options");
		if (old) {
			struct str both = STR_INIT;

			str_printf(&both, "%s %s", *old, options);
			mem_free(*old);
			*old = str_take(&both);
		} else {
			put(info, "options", options);
		}
	}
out:
	if (parsed)
		PQconninfoFree(parsed);
	if (message)
		PQfreemem(message);
	mem_wipe(plain, strlen(plain));
	mem_free(plain);
	return rc;
}

void pg_conninfo_deinit(struct pg_conninfo *info)
{
	int i;

	for (i = 0; i < info->count; i++) {
		mem_wipe(info->values[i], strlen(info->values[i]));
		mem_free(info->values[i]);
		mem_free(info->keywords[i]);
	}
	*info = (struct pg_conninfo){ .count = 0 };
}

void pg_conninfo_session(struct str *out, int64_t statement_timeout_ms,
			 int64_t lock_timeout_ms)
{
	str_printf(out,
		   "-c TimeZone=UTC -c DateStyle=ISO -c statement_timeout=%" PRId64
		   " -c lock_timeout=%" PRId64,
		   statement_timeout_ms, lock_timeout_ms);
	str_add_text(out, " -c plan_cache_mode=force_generic_plan -c jit=off"
			  " -c enable_hashjoin=off -c enable_mergejoin=off"
			  " -c enable_bitmapscan=off"
			  " -c enable_seqscan=off");
}

int pg_conninfo_check_version(int version, struct err *err)
{
	if (version >= OLDEST_VERSION)
		return 0;
	return err_set(err, ERR_INPUT,
		       "the Postgres server is version %d; synapsed needs 14 or newer",
		       version / 10000);
}

/* What a peer says need not be text. */
static void make_text(char *text, size_t len)
{
	bool valid = utf8_valid(text, len, NULL);
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !valid))
			text[i] = '?';
	}
}

void pg_conninfo_message(char *to, size_t size, const char *message)
{
	size_t len = 0;

	while (*message && len + 3 < size) {
		if (*message != '\n') {
			to[len++] = *message++;
			continue;
		}
		while (*message == '\n' || *message == '\t' || *message == ' ')
			message++;
		if (*message) {
			to[len++] = ';';
			to[len++] = ' ';
		}
	}
	to[len] = '\0';
	make_text(to, len);
}
