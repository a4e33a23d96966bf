/* pg_state.h - what an SQLSTATE asks of us */
#ifndef PG_PG_STATE_H
#define PG_PG_STATE_H

#include <stdbool.h>

enum pg_class {
	PG_CLASS_NONE,      /* no error */
	PG_CLASS_TRANSIENT, /* deadlock, lock wait, time limit: the same again may work */
	PG_CLASS_UNAVAILABLE, /* disk full, read-only, shutting down: later, not never */
	PG_CLASS_CONNECTION,  /* the connection is gone or was never there */
	PG_CLASS_VALUE,       /* a value that cannot be stored (22xxx) */
	PG_CLASS_CONSTRAINT,  /* a constraint says no (23xxx) */
	PG_CLASS_ACCESS,      /* authentication, privileges: an administrator's to mend */
	PG_CLASS_BUG,         /* all else: our SQL does not fit this schema */
};

#define PG_SQLSTATE_SIZE 6 /* five characters and a NUL */

/* A peer's SQLSTATE into to[PG_SQLSTATE_SIZE]: "" stays, what is none becomes XX000. */
void pg_state_copy(char *to, const char *sqlstate);
/* Class of a five-character SQLSTATE; "" is PG_CLASS_NONE. */
enum pg_class pg_state_class(const char *sqlstate);
/* A stable lower-case word; static. */
const char *pg_state_class_name(enum pg_class cls);
/* The server closes a connection that it tells this (57P01..57P05, 08xxx). */
bool pg_state_is_loss(const char *sqlstate);

#endif
