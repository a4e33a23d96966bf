/*
 * pg_batch.c - statements with their parameters, in the form that goes over the wire
 *
 * A batch outlives the objects that it was made from: it may wait for a link, and is
 * built in one go from many runs. So values are copied, in the server's binary form at
 * once: an array parameter is one growing buffer that starts with the array's header
 * (dimensions, has-nulls, element type, length, lower bound), which is filled in when the
 * batch is sent.
 *
 * Scalars share one buffer and are found by their offset in it, since it moves when it
 * grows. Each array has a buffer of its own, because arrays are filled side by side.
 */
#include "pg/pg_batch.h"

#include "base/embed.h"
#include "base/mem.h"
#include "base/str.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#define ARRAY_HEAD 20 /* five 32-bit words */

struct pg_statement {
	const struct embed *sql; /* borrowed for ever */
	int first;               /* its first parameter */
	int count;
};

struct pg_value {
	unsigned type; /* OID, of the array for arrays */
	int array;     /* index of the array, -1: scalar */
	size_t at;     /* scalar: offset in scalars */
	int len;       /* scalar: bytes; -1: NULL */
};

struct pg_array {
	struct str bytes; /* header, then elements */
	enum pg_col_type type;
	int32_t count;
	bool nulls;  /* one element at least is NULL */
	bool values; /* one at least is not */
	bool sparse; /* nothing but NULLs travels as an empty array */
};

struct pg_batch {
	struct pg_statement *statements;
	int statement_count, statement_room;
	struct pg_value *values;
	int value_count, value_room;
	struct pg_array *arrays;
	int array_count, array_room;
	struct str scalars;
	size_t bytes;
};

/* The types' OIDs are fixed in the server's catalogue (pg_type.dat). */
static const struct {
	unsigned element, array;
} types[] = {
	/* clang-format off */
	[PG_COL_TEXT]   = {  25, 1009 },
	[PG_COL_INT8]   = {  20, 1016 },
	[PG_COL_INT4]   = {  23, 1007 },
	[PG_COL_BOOL]   = {  16, 1000 },
	[PG_COL_FLOAT8] = { 701, 1022 },
	/* clang-format on */
};

static void put_be32(char *to, uint32_t n)
{
	to[0] = (char)(n >> 24);
	to[1] = (char)(n >> 16);
	to[2] = (char)(n >> 8);
	to[3] = (char)n;
}

static void put_be64(char *to, uint64_t n)
{
	put_be32(to, (uint32_t)(n >> 32));
	put_be32(to + 4, (uint32_t)n);
}

static uint64_t double_bits(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	return bits;
}

/* Room for one more in a growing table of entries of `size` bytes. */
static void *grow(void *table, int count, int *room, size_t size)
{
	if (count < *room)
		return table;
	*room = *room ? *room * 2 : 8;
	return mem_resize(table, (size_t)*room * size);
}

struct pg_batch *pg_batch_new(void)
{
	return mem_new(struct pg_batch);
}

void pg_batch_free(struct pg_batch *batch)
{
	int i;

	if (!batch)
		return;
	for (i = 0; i < batch->array_count; i++)
		str_deinit(&batch->arrays[i].bytes);
	str_deinit(&batch->scalars);
	mem_free(batch->arrays);
	mem_free(batch->values);
	mem_free(batch->statements);
	mem_free(batch);
}

int pg_batch_add(struct pg_batch *batch, const struct embed *sql)
{
	batch->statements = grow(batch->statements, batch->statement_count,
				 &batch->statement_room, sizeof(*batch->statements));
	batch->statements[batch->statement_count] = (struct pg_statement){
		.sql = sql,
		.first = batch->value_count,
	};
	return batch->statement_count++;
}

int pg_batch_count(const struct pg_batch *batch)
{
	return batch->statement_count;
}

size_t pg_batch_bytes(const struct pg_batch *batch)
{
	return batch->bytes;
}

static struct pg_value *add_value(struct pg_batch *batch, unsigned type)
{
	struct pg_value *value;

	assert(batch->statement_count > 0);
	batch->values = grow(batch->values, batch->value_count, &batch->value_room,
			     sizeof(*batch->values));
	value = &batch->values[batch->value_count++];
	*value = (struct pg_value){ .type = type, .array = -1, .len = -1 };
	batch->statements[batch->statement_count - 1].count++;
	return value;
}

static void add_scalar(struct pg_batch *batch, enum pg_col_type type, const void *bytes,
		       size_t len)
{
	struct pg_value *value = add_value(batch, types[type].element);

	assert(len <= INT_MAX);
	value->at = batch->scalars.len;
	value->len = (int)len;
	str_add(&batch->scalars, bytes, len);
	batch->bytes += len;
}

void pg_batch_text(struct pg_batch *batch, const char *text, int64_t len)
{
	if (!text) {
		pg_batch_null(batch, PG_COL_TEXT);
		return;
	}
	add_scalar(batch, PG_COL_TEXT, text, len < 0 ? strlen(text) : (size_t)len);
}

void pg_batch_int8(struct pg_batch *batch, int64_t n)
{
	char bytes[8];

	put_be64(bytes, (uint64_t)n);
	add_scalar(batch, PG_COL_INT8, bytes, sizeof(bytes));
}

void pg_batch_int4(struct pg_batch *batch, int32_t n)
{
	char bytes[4];

	put_be32(bytes, (uint32_t)n);
	add_scalar(batch, PG_COL_INT4, bytes, sizeof(bytes));
}

void pg_batch_bool(struct pg_batch *batch, bool value)
{
	char byte = value ? 1 : 0;

	add_scalar(batch, PG_COL_BOOL, &byte, 1);
}

void pg_batch_float8(struct pg_batch *batch, double d)
{
	char bytes[8];

	put_be64(bytes, double_bits(d));
	add_scalar(batch, PG_COL_FLOAT8, bytes, sizeof(bytes));
}

void pg_batch_null(struct pg_batch *batch, enum pg_col_type type)
{
	(void)add_value(batch, types[type].element);
}

pg_col pg_batch_column(struct pg_batch *batch, enum pg_col_type type, size_t expect)
{
	struct pg_value *value = add_value(batch, types[type].array);
	struct pg_array *array;
	size_t element = type == PG_COL_BOOL ? 5 : type == PG_COL_INT4 ? 8 : 12;

	batch->arrays = grow(batch->arrays, batch->array_count, &batch->array_room,
			     sizeof(*batch->arrays));
	array = &batch->arrays[batch->array_count];
	*array = (struct pg_array){ .bytes = STR_INIT, .type = type };
	(void)str_reserve(&array->bytes, ARRAY_HEAD + expect * element);
	str_grew(&array->bytes, ARRAY_HEAD);
	value->array = batch->array_count;
	return batch->array_count++;
}

pg_col pg_batch_sparse(struct pg_batch *batch, enum pg_col_type type)
{
	pg_col col = pg_batch_column(batch, type, 0);

	batch->arrays[col].sparse = true;
	return col;
}

/* Where the next element's len bytes go. */
static char *put_element(struct pg_batch *batch, pg_col col, enum pg_col_type type,
			 size_t len)
{
	struct pg_array *array;
	char *to;

	assert(col >= 0 && col < batch->array_count);
	array = &batch->arrays[col];
	assert(array->type == type && len <= INT_MAX && array->count < INT_MAX);
	to = str_reserve(&array->bytes, 4 + len);
	put_be32(to, (uint32_t)len);
	str_grew(&array->bytes, 4 + len);
	array->count++;
	array->values = true;
	batch->bytes += 4 + len;
	return to + 4;
}

void pg_batch_put_text(struct pg_batch *batch, pg_col col, const char *text, int64_t len)
{
	size_t size;

	if (!text) {
		pg_batch_put_null(batch, col);
		return;
	}
	size = len < 0 ? strlen(text) : (size_t)len;
	memcpy(put_element(batch, col, PG_COL_TEXT, size), text, size);
}

void pg_batch_put_int8(struct pg_batch *batch, pg_col col, int64_t n)
{
	put_be64(put_element(batch, col, PG_COL_INT8, 8), (uint64_t)n);
}

void pg_batch_put_int4(struct pg_batch *batch, pg_col col, int32_t n)
{
	put_be32(put_element(batch, col, PG_COL_INT4, 4), (uint32_t)n);
}

void pg_batch_put_bool(struct pg_batch *batch, pg_col col, bool value)
{
	*put_element(batch, col, PG_COL_BOOL, 1) = value ? 1 : 0;
}

void pg_batch_put_float8(struct pg_batch *batch, pg_col col, double d)
{
	put_be64(put_element(batch, col, PG_COL_FLOAT8, 8), double_bits(d));
}

void pg_batch_put_null(struct pg_batch *batch, pg_col col)
{
	struct pg_array *array;

	assert(col >= 0 && col < batch->array_count);
	array = &batch->arrays[col];
	assert(array->count < INT_MAX);
	put_be32(str_reserve(&array->bytes, 4), UINT32_MAX);
	str_grew(&array->bytes, 4);
	array->count++;
	array->nulls = true;
	batch->bytes += 4;
}

const struct embed *pg_batch_sql(const struct pg_batch *batch, int statement)
{
	assert(statement >= 0 && statement < batch->statement_count);
	return batch->statements[statement].sql;
}

int pg_batch_param_count(const struct pg_batch *batch, int statement)
{
	assert(statement >= 0 && statement < batch->statement_count);
	return batch->statements[statement].count;
}

static struct pg_param array_param(struct pg_array *array, unsigned type)
{
	bool empty = !array->count || (array->sparse && !array->values);
	char *head = array->bytes.data;

	put_be32(head, empty ? 0 : 1);
	put_be32(head + 4, array->nulls && !empty ? 1 : 0);
	put_be32(head + 8, types[array->type].element);
	if (!empty) {
		put_be32(head + 12, (uint32_t)array->count);
		put_be32(head + 16, 1);
	}
	assert(array->bytes.len <= INT_MAX);
	return (struct pg_param){
		.type = type,
		.bytes = head,
		.len = empty ? 12 : (int)array->bytes.len,
	};
}

struct pg_param pg_batch_param(struct pg_batch *batch, int statement, int index)
{
	const struct pg_value *value;

	assert(index >= 0 && index < pg_batch_param_count(batch, statement));
	value = &batch->values[batch->statements[statement].first + index];
	if (value->array >= 0)
		return array_param(&batch->arrays[value->array], value->type);
	if (value->len < 0)
		return (struct pg_param){ .type = value->type };
	return (struct pg_param){
		.type = value->type,
		/* str_text: an empty text is "", not NULL, which would be SQL NULL */
		.bytes = str_text(&batch->scalars) + value->at,
		.len = value->len,
	};
}
