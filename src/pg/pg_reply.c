/*
 * pg_reply.c - the rows that came back, and names for what became of a batch
 *
 * A thin cover over libpq's results, one per statement, so that nobody else includes its
 * header. Reading what is not there is a mistake of ours, not of the server: a
 * statement's columns are fixed in its text.
 */
#include "pg/pg_reply.h"

#include "pg/pg_result.h"

#include <assert.h>
#include <stdlib.h>

const char *pg_fate_name(enum pg_fate fate)
{
	switch (fate) {
	case PG_COMMITTED:
		return "committed";
	case PG_REJECTED:
		return "rejected";
	case PG_UNSENT:
		return "unsent";
	case PG_UNKNOWN:
		return "unknown";
	}
	return "?";
}

static const PGresult *result_of(const struct pg_reply *reply, int statement)
{
	assert(statement >= 0 && statement < reply->count && reply->results[statement]);
	return reply->results[statement];
}

static const PGresult *cell(const struct pg_reply *reply, int statement, int row, int col)
{
	const PGresult *result = result_of(reply, statement);

	assert(row >= 0 && row < PQntuples(result));
	assert(col >= 0 && col < PQnfields(result));
	return result;
}

int pg_reply_rows(const struct pg_reply *reply, int statement)
{
	return PQntuples(result_of(reply, statement));
}

int64_t pg_reply_affected(const struct pg_reply *reply, int statement)
{
	PGresult *result;

	(void)result_of(reply, statement);
	result = reply->results[statement];
	return strtoll(PQcmdTuples(result), NULL, 10);
}

bool pg_reply_null(const struct pg_reply *reply, int statement, int row, int col)
{
	return PQgetisnull(cell(reply, statement, row, col), row, col);
}

const char *pg_reply_text(const struct pg_reply *reply, int statement, int row, int col)
{
	const PGresult *result = cell(reply, statement, row, col);

	return PQgetisnull(result, row, col) ? NULL : PQgetvalue(result, row, col);
}

size_t pg_reply_len(const struct pg_reply *reply, int statement, int row, int col)
{
	return (size_t)PQgetlength(cell(reply, statement, row, col), row, col);
}

int64_t pg_reply_int(const struct pg_reply *reply, int statement, int row, int col)
{
	return strtoll(PQgetvalue(cell(reply, statement, row, col), row, col), NULL, 10);
}

double pg_reply_double(const struct pg_reply *reply, int statement, int row, int col)
{
	return strtod(PQgetvalue(cell(reply, statement, row, col), row, col), NULL);
}

bool pg_reply_bool(const struct pg_reply *reply, int statement, int row, int col)
{
	return *PQgetvalue(cell(reply, statement, row, col), row, col) == 't';
}
