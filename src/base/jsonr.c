/*
 * jsonr.c - reading JSON from outside: strict, bounded, read-only
 *
 * json-c does the parsing and holds the document; this file owns it alone. What json-c
 * lets through even in its strict mode (NaN, Infinity, single quotes, raw control
 * characters, duplicate keys, integers beyond int64, lone surrogates) is refused here by
 * a scan over the text before it: a flat automaton over quotes and brackets, without
 * recursion, that keeps the decoded keys of each open object in a map. So "a" and
 * "\u0061" are the same key, and a body of a million keys costs O(n).
 *
 * Nothing of the size of the greatest depth is allocated for a document: the scan is on
 * the stack, and the parser's own stack is kept for the next one. Both are kilobytes,
 * most documents a hundred bytes, and glibc tidies up all of its small chunks before it
 * hands out a large one.
 *
 * json-c ends a key at its first NUL, where the scan does not: U+0000 in a key is
 * refused, since behind it two different keys would become one. In values it may stand.
 */
#include "base/jsonr.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JC(value) ((struct json_object *)(uintptr_t)(const void *)(value))

/*
 * A parser that has read a larger document than this has larger buffers, too, and goes.
 */
#define SPARE_LEN_MAX 65536

/* Any process, which has one thread: the parser, unless it is in use. */
static struct json_tokener *spare;

struct scan {
	const char *text;
	size_t len;
	size_t at;
	enum jsonr_fault fault;
	const char *why;
	int depth;
	struct {
		bool object;
		struct map keys; /* decoded key -> itself; owns the strings */
	} open[JSONR_DEPTH_MAX];
};

static int scan_fail(struct scan *scan, enum jsonr_fault fault, const char *why)
{
	if (scan->fault == JSONR_FAULT_NONE) {
		scan->fault = fault;
		scan->why = why;
	}
	return -1;
}

static int hex4(const char *p, unsigned *ret)
{
	unsigned value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		char c = p[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value |= (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value |= (unsigned)(c - 'A' + 10);
		else
			return -1;
	}
	*ret = value;
	return 0;
}

/* At the opening quote. Decodes into key when it is wanted (object keys only). */
static int scan_string(struct scan *scan, struct str *key)
{
	size_t i = scan->at + 1;
	unsigned high, low;

	for (; i < scan->len; i++) {
		unsigned char c = (unsigned char)scan->text[i];

		scan->at = i;
		if (c == '"') {
			scan->at = i + 1;
			return 0;
		}
		if (c < 0x20)
			return scan_fail(scan, JSONR_FAULT_SYNTAX,
					 "raw control character in a string");
		if (c != '\\') {
			if (key)
				str_add_char(key, (char)c);
			continue;
		}
		if (++i >= scan->len)
			break;
		c = (unsigned char)scan->text[i];
		if (c != 'u') {
			const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t";
			const char *hit = c ? strchr(from, c) : NULL;

			if (!hit)
				return scan_fail(scan, JSONR_FAULT_SYNTAX,
						 "unknown escape");
			if (key)
				str_add_char(key, to[hit - from]);
			continue;
		}
		if (i + 4 >= scan->len || hex4(scan->text + i + 1, &high) < 0)
			return scan_fail(scan, JSONR_FAULT_SYNTAX, "broken \\u escape");
		i += 4;
		if (high >= 0xDC00 && high <= 0xDFFF)
			return scan_fail(scan, JSONR_FAULT_SYNTAX, "lone surrogate");
		if (high >= 0xD800 && high <= 0xDBFF) {
			if (i + 6 >= scan->len || scan->text[i + 1] != '\\' ||
			    scan->text[i + 2] != 'u' ||
			    hex4(scan->text + i + 3, &low) < 0 || low < 0xDC00 ||
			    low > 0xDFFF)
				return scan_fail(scan, JSONR_FAULT_SYNTAX,
						 "lone surrogate");
			i += 6;
			high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
		}
		if (key)
			utf8_add(key, high);
	}
	return scan_fail(scan, JSONR_FAULT_SYNTAX, "string without an end");
}

static void keys_free(struct map *keys)
{
	map_for_each(slot, keys)
		mem_free(slot->value);
	map_deinit(keys);
}

static int scan_key(struct scan *scan)
{
	struct str key = STR_INIT;
	struct map *keys = &scan->open[scan->depth - 1].keys;
	size_t start = scan->at;
	size_t len;
	char *copy;

	if (scan_string(scan, &key) < 0) {
		str_deinit(&key);
		return -1;
	}
	len = key.len;
	if (memchr(str_text(&key), '\0', len)) {
		str_deinit(&key);
		scan->at = start;
		return scan_fail(scan, JSONR_FAULT_SYNTAX, "U+0000 in a key");
	}
	if (map_get(keys, str_text(&key), len)) {
		str_deinit(&key);
		scan->at = start;
		return scan_fail(scan, JSONR_FAULT_DUPLICATE,
				 "the same key twice in one object");
	}
	copy = str_take(&key);
	(void)map_put(keys, copy, len, copy);
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int scan_number(struct scan *scan)
{
	const char *p = scan->text;
	size_t start = scan->at, i = start;
	bool real = false;
	char copy[32];

	if (i < scan->len && p[i] == '-')
		i++;
	if (i >= scan->len || !is_digit(p[i]))
		return scan_fail(scan, JSONR_FAULT_SYNTAX, "not a JSON value");
	if (p[i] == '0' && i + 1 < scan->len && is_digit(p[i + 1]))
		return scan_fail(scan, JSONR_FAULT_SYNTAX,
				 "a number with a leading zero");
	while (i < scan->len && is_digit(p[i]))
		i++;
	if (i < scan->len && p[i] == '.') {
		real = true;
		if (++i >= scan->len || !is_digit(p[i]))
			return scan_fail(scan, JSONR_FAULT_SYNTAX,
					 "a number ends in a point");
		while (i < scan->len && is_digit(p[i]))
			i++;
	}
	if (i < scan->len && (p[i] == 'e' || p[i] == 'E')) {
		real = true;
		i++;
		if (i < scan->len && (p[i] == '+' || p[i] == '-'))
			i++;
		if (i >= scan->len || !is_digit(p[i]))
			return scan_fail(scan, JSONR_FAULT_SYNTAX,
					 "an exponent without digits");
		while (i < scan->len && is_digit(p[i]))
			i++;
	}
	if (real) {
		/* long ones are judged by json-c's own conversion: only range matters
		 * here */
		size_t n = i - start;
		char *whole = mem_try_alloc(n + 1);
		bool finite;

		if (!whole)
			return scan_fail(scan, JSONR_FAULT_NUMBER,
					 "a number of such length");
		memcpy(whole, p + start, n);
		finite = isfinite(strtod(whole, NULL));
		mem_free(whole);
		if (!finite)
			return scan_fail(scan, JSONR_FAULT_NUMBER,
					 "a number that is not finite");
	} else {
		char *end;

		if (i - start >= sizeof(copy))
			return scan_fail(scan, JSONR_FAULT_NUMBER,
					 "an integer beyond 64 bits");
		memcpy(copy, p + start, i - start);
		copy[i - start] = '\0';
		if (strtoll(copy, &end, 10) == LLONG_MAX &&
		    strcmp(copy, "9223372036854775807"))
			return scan_fail(scan, JSONR_FAULT_NUMBER,
					 "an integer beyond 64 bits");
		if (strtoll(copy, &end, 10) == LLONG_MIN &&
		    strcmp(copy, "-9223372036854775808"))
			return scan_fail(scan, JSONR_FAULT_NUMBER,
					 "an integer beyond 64 bits");
	}
	scan->at = i;
	return 0;
}

static int scan_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if (scan->len - scan->at < len || memcmp(scan->text + scan->at, word, len) != 0)
		return scan_fail(scan, JSONR_FAULT_SYNTAX, "not a JSON value");
	scan->at += len;
	return 0;
}

static void scan_space(struct scan *scan)
{
	while (scan->at < scan->len && is_space(scan->text[scan->at]))
		scan->at++;
}

static int scan_open(struct scan *scan, bool object)
{
	if (scan->depth >= JSONR_DEPTH_MAX)
		return scan_fail(scan, JSONR_FAULT_DEPTH,
				 "nested deeper than 128 levels");
	scan->open[scan->depth].object = object;
	map_init(&scan->open[scan->depth].keys);
	scan->depth++;
	scan->at++;
	return 0;
}

static void scan_close(struct scan *scan)
{
	scan->depth--;
	keys_free(&scan->open[scan->depth].keys);
	scan->at++;
}

/* "key": before a member's value. */
static int scan_member(struct scan *scan)
{
	scan_space(scan);
	if (scan->at >= scan->len || scan->text[scan->at] != '"')
		return scan_fail(scan, JSONR_FAULT_SYNTAX,
				 "expected a key in double quotes");
	if (scan_key(scan) < 0)
		return -1;
	scan_space(scan);
	if (scan->at >= scan->len || scan->text[scan->at] != ':')
		return scan_fail(scan, JSONR_FAULT_SYNTAX, "expected ':' behind a key");
	scan->at++;
	return 0;
}

/*
 * One value that is no container, or the opening of one; 1 when a container was opened.
 */
static int scan_value(struct scan *scan)
{
	scan_space(scan);
	if (scan->at >= scan->len)
		return scan_fail(scan, JSONR_FAULT_SYNTAX, "the text ends too early");
	switch (scan->text[scan->at]) {
	case '{':
		return scan_open(scan, true) < 0 ? -1 : 1;
	case '[':
		return scan_open(scan, false) < 0 ? -1 : 1;
	case '"':
		return scan_string(scan, NULL);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		return scan_number(scan);
	}
}

static int scan_document(struct scan *scan)
{
	int opened = scan_value(scan);

	while (opened >= 0) {
		bool object;
		char closing;

		if (opened == 0) {
			/* behind a value: a comma, a closing bracket, or the end */
			scan_space(scan);
			if (scan->depth == 0) {
				if (scan->at != scan->len)
					return scan_fail(scan, JSONR_FAULT_SYNTAX,
							 "text behind the document");
				return 0;
			}
			if (scan->at >= scan->len)
				return scan_fail(scan, JSONR_FAULT_SYNTAX,
						 "the text ends too early");
			object = scan->open[scan->depth - 1].object;
			closing = object ? '}' : ']';
			if (scan->text[scan->at] == closing) {
				scan_close(scan);
				continue;
			}
			if (scan->text[scan->at] != ',')
				return scan_fail(scan, JSONR_FAULT_SYNTAX,
						 object ? "expected ',' or '}'"
							: "expected ',' or ']'");
			scan->at++;
		} else {
			/* behind an opening bracket: it may close at once */
			object = scan->open[scan->depth - 1].object;
			closing = object ? '}' : ']';
			scan_space(scan);
			if (scan->at < scan->len && scan->text[scan->at] == closing) {
				scan_close(scan);
				opened = 0;
				continue;
			}
		}
		if (object && scan_member(scan) < 0)
			return -1;
		opened = scan_value(scan);
	}
	return -1;
}

static struct json_tokener *take_tokener(void)
{
	struct json_tokener *tokener = spare;

	spare = NULL;
	if (tokener)
		return tokener;
	tokener = json_tokener_new_ex(JSONR_DEPTH_MAX + 2);
	if (tokener)
		json_tokener_set_flags(tokener,
				       JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return tokener;
}

static void put_tokener(struct json_tokener *tokener, size_t len)
{
	if (len > SPARE_LEN_MAX) {
		json_tokener_free(tokener);
		return;
	}
	json_tokener_reset(tokener); /* drops what a broken document left, keeps flags */
	spare = tokener;
}

int jsonr_parse(const char *text, size_t len, struct json **ret, enum jsonr_fault *fault,
		size_t *at_byte, struct err *err)
{
	struct scan scan_of_this;
	struct scan *scan = &scan_of_this;
	struct json_tokener *tokener = NULL;
	struct json_object *doc = NULL;
	enum json_tokener_error jerr;
	size_t bad, at;
	int rc = 0;

	scan->text = text;
	scan->len = len;
	scan->at = 0;
	scan->fault = JSONR_FAULT_NONE;
	scan->why = NULL;
	scan->depth = 0; /* what is open is set when it opens */
	if (len > INT_MAX - 1) {
		(void)scan_fail(scan, JSONR_FAULT_SYNTAX, "more than 2 GiB");
	} else if (!utf8_valid(text, len, &bad)) {
		scan->at = bad;
		(void)scan_fail(scan, JSONR_FAULT_SYNTAX, "not UTF-8");
	} else {
		(void)scan_document(scan);
	}
	at = scan->at; /* closing what was left open moves it */
	while (scan->depth > 0)
		scan_close(scan);
	if (fault)
		*fault = scan->fault;
	if (scan->fault != JSONR_FAULT_NONE) {
		if (at_byte)
			*at_byte = at;
		rc = err_set(err, ERR_INPUT, "%s (byte %zu)", scan->why, at);
		goto out;
	}

	tokener = take_tokener();
	if (!tokener) {
		rc = err_set(err, ERR_LIMIT, "no memory for a JSON document of %zu bytes",
			     len);
		goto out;
	}
	doc = json_tokener_parse_ex(tokener, text, (int)len);
	jerr = json_tokener_get_error(tokener);
	if (jerr == json_tokener_continue) {
		/* a bare number ends only with what follows it */
		doc = json_tokener_parse_ex(tokener, "", 1);
		jerr = json_tokener_get_error(tokener);
	}
	if (jerr != json_tokener_success) {
		if (fault)
			*fault = JSONR_FAULT_SYNTAX;
		if (at_byte)
			*at_byte = json_tokener_get_parse_end(tokener);
		json_object_put(doc);
		rc = err_set(err, ERR_INPUT, "%s", json_tokener_error_desc(jerr));
		goto out;
	}
	*ret = (struct json *)(void *)doc;
out:
	if (tokener)
		put_tokener(tokener, len);
	return rc;
}

void jsonr_free(struct json *doc)
{
	json_object_put(JC(doc));
}

enum jsonr_type jsonr_type(const struct json *value)
{
	switch (json_object_get_type(JC(value))) {
	case json_type_null:
		return JSONR_NULL;
	case json_type_boolean:
		return JSONR_BOOL;
	case json_type_double:
		return JSONR_DOUBLE;
	case json_type_int:
		return JSONR_INT;
	case json_type_object:
		return JSONR_OBJECT;
	case json_type_array:
		return JSONR_ARRAY;
	case json_type_string:
		return JSONR_STRING;
	}
	return JSONR_NULL;
}

const char *jsonr_type_name(enum jsonr_type type)
{
	static const char *const names[] = { "null",   "boolean", "integer", "number",
					     "string", "array",   "object" };

	return names[type];
}

bool jsonr_bool(const struct json *value)
{
	return json_object_get_boolean(JC(value));
}

int64_t jsonr_int(const struct json *value)
{
	return json_object_get_int64(JC(value));
}

double jsonr_double(const struct json *value)
{
	return json_object_get_double(JC(value));
}

const char *jsonr_text(const struct json *value)
{
	if (!json_object_is_type(JC(value), json_type_string))
		return NULL;
	return json_object_get_string(JC(value));
}

size_t jsonr_text_len(const struct json *value)
{
	if (!json_object_is_type(JC(value), json_type_string))
		return 0;
	return (size_t)json_object_get_string_len(JC(value));
}

size_t jsonr_count(const struct json *value)
{
	switch (jsonr_type(value)) {
	case JSONR_ARRAY:
		return json_object_array_length(JC(value));
	case JSONR_OBJECT:
		return (size_t)json_object_object_length(JC(value));
	case JSONR_NULL:
	case JSONR_BOOL:
	case JSONR_INT:
	case JSONR_DOUBLE:
	case JSONR_STRING:
		return 0;
	}
	return 0;
}

const struct json *jsonr_at(const struct json *array, size_t index)
{
	if (jsonr_type(array) != JSONR_ARRAY)
		return NULL;
	return (const struct json *)(void *)json_object_array_get_idx(JC(array), index);
}

const struct json *jsonr_find(const struct json *object, const char *key, bool *found)
{
	struct json_object *value = NULL;
	bool there = jsonr_type(object) == JSONR_OBJECT &&
		     json_object_object_get_ex(JC(object), key, &value);

	if (found)
		*found = there;
	return (const struct json *)(void *)value;
}

const struct json *jsonr_get(const struct json *object, const char *key)
{
	return jsonr_find(object, key, NULL);
}

const char *jsonr_get_text(const struct json *object, const char *key)
{
	return jsonr_text(jsonr_get(object, key));
}

int64_t jsonr_get_int(const struct json *object, const char *key, int64_t fallback)
{
	const struct json *value = jsonr_get(object, key);

	return jsonr_type(value) == JSONR_INT ? jsonr_int(value) : fallback;
}

struct jsonr_iter jsonr_iter(const struct json *object)
{
	return (struct jsonr_iter){ .object = object };
}

bool jsonr_next(struct jsonr_iter *it)
{
	const struct lh_entry *entry;

	if (!it->started) {
		it->started = true;
		if (jsonr_type(it->object) != JSONR_OBJECT)
			return false;
		entry = json_object_get_object(JC(it->object))->head;
	} else {
		entry = it->entry ? ((const struct lh_entry *)it->entry)->next : NULL;
	}
	it->entry = entry;
	if (!entry)
		return false;
	it->key = entry->k;
	it->value = entry->v;
	return true;
}

/* Recursion is bounded by JSONR_DEPTH_MAX. */
bool jsonr_has_nul(const struct json *value)
{
	struct jsonr_iter it;
	size_t i;

	switch (jsonr_type(value)) {
	case JSONR_STRING:
		return memchr(jsonr_text(value), '\0', jsonr_text_len(value)) != NULL;
	case JSONR_ARRAY:
		for (i = 0; i < jsonr_count(value); i++)
			if (jsonr_has_nul(jsonr_at(value, i)))
				return true;
		return false;
	case JSONR_OBJECT:
		it = jsonr_iter(value);
		while (jsonr_next(&it))
			if (jsonr_has_nul(it.value))
				return true;
		return false;
	case JSONR_NULL:
	case JSONR_BOOL:
	case JSONR_INT:
	case JSONR_DOUBLE:
		break;
	}
	return false;
}

void jsonr_print(const struct json *value, struct str *out)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
		JC(value), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	str_add(out, text, len);
}
