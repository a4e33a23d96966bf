/* pg_reply.h - what became of a batch, and the rows that came back */
#ifndef PG_PG_REPLY_H
#define PG_PG_REPLY_H

#include "base/err.h"
#include "pg/pg_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pg_fate {
	PG_COMMITTED, /* in, durable */
	PG_REJECTED,  /* the server said no; nothing of the batch is in */
	PG_UNSENT,    /* never reached the server whole; nothing of it is in */
	PG_UNKNOWN,   /* sent and not answered: in or not */
};

const char *pg_fate_name(enum pg_fate fate);

struct pg_outcome {
	enum pg_fate fate;
	enum pg_class cls; /* of the failure; PG_CLASS_NONE if committed */
	int statement;     /* index of the one that failed, -1: none or all */
	char sqlstate[PG_SQLSTATE_SIZE]; /* "" unless the server gave one */
	struct err err;                  /* code 0 if committed; ERR_CONN, ERR_TIMEOUT,
					    ERR_REFUSED, ERR_CLOSED, ERR_PROTO */
};

/*
 * The rows of a committed batch, one result per statement, in text form; valid inside the
 * callback that brings it. A statement, row or column that is not there is our own
 * mistake (asserted).
 */
struct pg_reply;

int pg_reply_rows(const struct pg_reply *reply, int statement);
/* Rows that an INSERT, UPDATE, DELETE or SELECT touched. */
int64_t pg_reply_affected(const struct pg_reply *reply, int statement);
bool pg_reply_null(const struct pg_reply *reply, int statement, int row, int col);
/* NUL-terminated; NULL for SQL NULL. Borrowed until the callback returns. */
const char *pg_reply_text(const struct pg_reply *reply, int statement, int row, int col);
size_t pg_reply_len(const struct pg_reply *reply, int statement, int row, int col);
/* 0, 0.0 and false for SQL NULL. */
int64_t pg_reply_int(const struct pg_reply *reply, int statement, int row, int col);
double pg_reply_double(const struct pg_reply *reply, int statement, int row, int col);
bool pg_reply_bool(const struct pg_reply *reply, int statement, int row, int col);

#endif
