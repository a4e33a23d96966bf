/* pg_batch.h - statements with their parameters that commit or fail together */
#ifndef PG_PG_BATCH_H
#define PG_PG_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct embed;

/*
 * A batch is run as one implicit transaction: pipeline mode, no BEGIN, one sync at its
 * end, which is the commit. Statements run in the order in which they were added; a later
 * one sees what the earlier ones wrote (READ COMMITTED: each has a snapshot of its own).
 *
 *	batch = pg_batch_new();
 *	at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_RUNS_LOOK]);
 *	pg_batch_text(batch, owner, -1);                $1, a scalar
 *	ids = pg_batch_column(batch, PG_COL_TEXT, n);   $2, for unnest($2::text[])
 *	for (i = 0; i < n; i++)
 *		pg_batch_put_text(batch, ids, id[i], -1);
 *
 * Everything is copied into the batch. Parameters travel in binary; text must be valid
 * UTF-8 without NUL (the server refuses the batch otherwise: PG_CLASS_VALUE). In the SQL
 * a text parameter becomes another type by a cast ($3::text::jsonb).
 */
struct pg_batch;

/* The element type of an array parameter. */
enum pg_col_type {
	PG_COL_TEXT,
	PG_COL_INT8,
	PG_COL_INT4,
	PG_COL_BOOL,
	PG_COL_FLOAT8,
};

/* A handle on an array parameter under construction, good while its batch lives. */
typedef int pg_col;

struct pg_batch *pg_batch_new(void);
void pg_batch_free(struct pg_batch *batch);

/*
 * Start the next statement and return its index in the reply. The text is borrowed for
 * ever (a row of an embedded table); its name is the name of the prepared statement, so
 * names are unique in the program. Parameters added from here on are this statement's.
 */
int pg_batch_add(struct pg_batch *batch, const struct embed *sql);
/* How many statements were added. */
int pg_batch_count(const struct pg_batch *batch);
/* Bytes of all parameters so far: for callers that bound a batch by size. */
size_t pg_batch_bytes(const struct pg_batch *batch);

/* Scalar parameters. len -1: up to the NUL. text NULL: SQL NULL. */
void pg_batch_text(struct pg_batch *batch, const char *text, int64_t len);
void pg_batch_int8(struct pg_batch *batch, int64_t n);
void pg_batch_int4(struct pg_batch *batch, int32_t n);
void pg_batch_bool(struct pg_batch *batch, bool value);
void pg_batch_float8(struct pg_batch *batch, double d);
/* SQL NULL of the type in question. */
void pg_batch_null(struct pg_batch *batch, enum pg_col_type type);

/*
 * An array parameter. Declare all arrays of a statement first and fill them row by row,
 * or one after another: both are fine. `expect` is a hint (rows to come). An array nobody
 * put anything into is empty.
 */
pg_col pg_batch_column(struct pg_batch *batch, enum pg_col_type type, size_t expect);
/* For a column of a wide unnest() that is often NULL in all rows: then it travels as an
 * empty array, which unnest() beside a longer one pads with NULLs. */
pg_col pg_batch_sparse(struct pg_batch *batch, enum pg_col_type type);
void pg_batch_put_text(struct pg_batch *batch, pg_col col, const char *text, int64_t len);
void pg_batch_put_int8(struct pg_batch *batch, pg_col col, int64_t n);
void pg_batch_put_int4(struct pg_batch *batch, pg_col col, int32_t n);
void pg_batch_put_bool(struct pg_batch *batch, pg_col col, bool value);
void pg_batch_put_float8(struct pg_batch *batch, pg_col col, double d);
void pg_batch_put_null(struct pg_batch *batch, pg_col col);

/*
 * What the link sends. Values are borrowed from the batch until it is freed or added to.
 */
struct pg_param {
	unsigned type;     /* the type's OID */
	const char *bytes; /* binary; NULL: SQL NULL */
	int len;
};

const struct embed *pg_batch_sql(const struct pg_batch *batch, int statement);
int pg_batch_param_count(const struct pg_batch *batch, int statement);
/* Closes the arrays' headers, too: call it when nothing more is put. */
struct pg_param pg_batch_param(struct pg_batch *batch, int statement, int index);

#endif
