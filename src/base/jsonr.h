/* jsonr.h - reading JSON from outside: strict, bounded, read-only */
#ifndef BASE_JSONR_H
#define BASE_JSONR_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;
/* A value of a parsed document. Opaque; it is json-c's object, which nobody else
 * includes. */
struct json;

enum jsonr_type {
	JSONR_NULL,
	JSONR_BOOL,
	JSONR_INT, /* fits int64 */
	JSONR_DOUBLE,
	JSONR_STRING,
	JSONR_ARRAY,
	JSONR_OBJECT,
};

#define JSONR_DEPTH_MAX 128

/* What a parse met beside ERR_INPUT's text. */
enum jsonr_fault {
	JSONR_FAULT_NONE,
	JSONR_FAULT_SYNTAX,    /* not JSON (RFC 8259), or not UTF-8 */
	JSONR_FAULT_DUPLICATE, /* a key twice in one object */
	JSONR_FAULT_DEPTH,     /* deeper than JSONR_DEPTH_MAX */
	JSONR_FAULT_NUMBER,    /* an integer beyond int64, or not finite */
};

/*
 * Parse exactly one document of len bytes (a NUL behind them is not needed). NaN,
 * Infinity, single quotes, comments, trailing text, lone surrogates, raw control
 * characters, U+0000 in a key and invalid UTF-8 are refused. On success *ret is the
 * caller's (jsonr_free frees the whole document). ERR_INPUT otherwise (ERR_LIMIT when
 * memory is gone); *fault and *at_byte (may be NULL) say what and where.
 */
int jsonr_parse(const char *text, size_t len, struct json **ret, enum jsonr_fault *fault,
		size_t *at_byte, struct err *err);
void jsonr_free(struct json *doc);

/*
 * All that these return is borrowed from the document. A NULL value reads as JSON null.
 */
enum jsonr_type jsonr_type(const struct json *value);
const char *jsonr_type_name(enum jsonr_type type); /* "string", "integer"... */
bool jsonr_bool(const struct json *value);
int64_t jsonr_int(const struct json *value);
double jsonr_double(const struct json *value); /* of JSONR_INT as well */
const char *jsonr_text(
	const struct json *value); /* NULL unless a string; may hold NULs */
size_t jsonr_text_len(const struct json *value);

/* Array and object length (0 for other types). */
size_t jsonr_count(const struct json *value);
const struct json *jsonr_at(const struct json *array, size_t index);
/* Member, or NULL when absent; *found (may be NULL) tells null from absent. */
const struct json *jsonr_get(const struct json *object, const char *key);
const struct json *jsonr_find(const struct json *object, const char *key, bool *found);
/*
 * Convenience: the text of a string member, else NULL; the integer of one, else fallback.
 */
const char *jsonr_get_text(const struct json *object, const char *key);
int64_t jsonr_get_int(const struct json *object, const char *key, int64_t fallback);

/* Is there a U+0000 in a text of this value? (In a key there is none.) */
bool jsonr_has_nul(const struct json *value);

/* Walk an object in document order: `struct jsonr_iter it = jsonr_iter(obj); while
 * (jsonr_next(&it))`. */
struct jsonr_iter {
	const char *key;          /* borrowed */
	const struct json *value; /* borrowed; NULL is JSON null */
	const void *entry;        /* ours */
	bool started;             /* ours */
	const struct json *object;
};
struct jsonr_iter jsonr_iter(const struct json *object);
bool jsonr_next(struct jsonr_iter *it);

/* Compact text of a value, appended to out. Fractions keep the text they were written
 * with; the integer -0 becomes 0. */
void jsonr_print(const struct json *value, struct str *out);

#endif
