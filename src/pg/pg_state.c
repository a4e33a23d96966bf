/*
 * pg_state.c - what an SQLSTATE asks of us
 *
 * A table of prefixes, the longest match wins: two characters are a class of the SQL
 * standard, five a single condition. What is in no row is our own mistake, a statement
 * that does not fit the schema: trying again would not help, and somebody must hear of
 * it.
 */
#include "pg/pg_state.h"

#include <stddef.h>
#include <string.h>

static const struct {
	char prefix[PG_SQLSTATE_SIZE];
	enum pg_class cls;
} classes[] = {
	/* clang-format off */
	{ "08",    PG_CLASS_CONNECTION },
	{ "22",    PG_CLASS_VALUE },
	{ "23",    PG_CLASS_CONSTRAINT },
	{ "25006", PG_CLASS_UNAVAILABLE }, /* read-only: a standby, or a demoted primary */
	{ "26000", PG_CLASS_UNAVAILABLE }, /* prepared statement is gone: pooler, DISCARD */
	{ "28",    PG_CLASS_ACCESS },
	{ "40001", PG_CLASS_TRANSIENT },   /* serialization failure */
	{ "40P01", PG_CLASS_TRANSIENT },   /* deadlock */
	{ "40",    PG_CLASS_TRANSIENT },
	{ "42501", PG_CLASS_ACCESS },      /* privilege */
	{ "42P05", PG_CLASS_UNAVAILABLE }, /* prepared statement exists: pooler */
	{ "53",    PG_CLASS_UNAVAILABLE }, /* disk full, out of memory, connections */
	{ "55P03", PG_CLASS_TRANSIENT },   /* lock_timeout */
	{ "57014", PG_CLASS_TRANSIENT },   /* statement_timeout, cancel */
	{ "57P",   PG_CLASS_CONNECTION },  /* shutting down, starting up, terminated */
	{ "58",    PG_CLASS_UNAVAILABLE }, /* I/O error of the server */
	/* clang-format on */
};

void pg_state_copy(char *to, const char *sqlstate)
{
	size_t len = strlen(sqlstate);

	if (len && (len != PG_SQLSTATE_SIZE - 1 ||
		    strspn(sqlstate, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != len)) {
		sqlstate = "XX000";
		len = PG_SQLSTATE_SIZE - 1;
	}
	memcpy(to, sqlstate, len + 1);
}

enum pg_class pg_state_class(const char *sqlstate)
{
	enum pg_class cls = PG_CLASS_BUG;
	size_t best = 0, i, len;

	if (!*sqlstate)
		return PG_CLASS_NONE;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		len = strlen(classes[i].prefix);
		if (len <= best || strncmp(sqlstate, classes[i].prefix, len) != 0)
			continue;
		best = len;
		cls = classes[i].cls;
	}
	return cls;
}

const char *pg_state_class_name(enum pg_class cls)
{
	switch (cls) {
	case PG_CLASS_NONE:
		return "none";
	case PG_CLASS_TRANSIENT:
		return "transient";
	case PG_CLASS_UNAVAILABLE:
		return "unavailable";
	case PG_CLASS_CONNECTION:
		return "connection";
	case PG_CLASS_VALUE:
		return "value";
	case PG_CLASS_CONSTRAINT:
		return "constraint";
	case PG_CLASS_ACCESS:
		return "access";
	case PG_CLASS_BUG:
		return "bug";
	}
	return "?";
}

bool pg_state_is_loss(const char *sqlstate)
{
	return *sqlstate && pg_state_class(sqlstate) == PG_CLASS_CONNECTION;
}
