/*
 * body.c - JSON bodies and query values
 *
 * Readers never stop at the first fault: a client hears of all of them at once, in the
 * shape that the stock API has (FastAPI's list; types and sentences as Pydantic's where
 * there is one). What a value was is not repeated in the answer: it may be a secret.
 */
#include "api/body.h"

#include "api/errors.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/units.h"
#include "server/request.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void body_faults_deinit(struct body_faults *faults)
{
	str_deinit(&faults->list);
	faults->count = 0;
}

static void print_at(struct jsonw *w, const struct body_at *at)
{
	if (!at)
		return;
	print_at(w, at->up);
	if (at->name)
		jsonw_text(w, at->name);
	else
		jsonw_int(w, at->index);
}

void body_fault(struct body_faults *faults, const struct body_at *at, const char *type,
		const char *message)
{
	struct jsonw w;

	if (faults->count++ >= BODY_FAULTS_MAX)
		return;
	if (faults->list.len > 0)
		str_add_char(&faults->list, ',');
	jsonw_init(&w, &faults->list);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", type);
	jsonw_key(&w, "loc");
	jsonw_array(&w);
	print_at(&w, at);
	jsonw_array_end(&w);
	jsonw_pair_text(&w, "msg", message);
	jsonw_object_end(&w);
}

void body_query_fault(struct body_faults *faults, const char *name, const char *type,
		      const char *message)
{
	struct body_at query = { NULL, "query", 0 };
	struct body_at here = { &query, name, 0 };

	body_fault(faults, &here, type, message);
}

void body_faults_print(const struct body_faults *faults, struct str *out)
{
	str_add_char(out, '[');
	str_add(out, str_text(&faults->list), faults->list.len);
	str_add_char(out, ']');
}

void body_faults_send(struct request *req, const struct body_faults *faults)
{
	struct str list = STR_INIT;

	body_faults_print(faults, &list);
	errors_send_json(req, ERRORS_VALIDATION, list.data, list.len);
	str_deinit(&list);
}

static const char *fault_type(enum jsonr_fault fault)
{
	switch (fault) {
	case JSONR_FAULT_DUPLICATE:
		return "json_duplicate_key";
	case JSONR_FAULT_DEPTH:
		return "json_too_deep";
	case JSONR_FAULT_NUMBER:
		return "json_number";
	case JSONR_FAULT_NONE:
	case JSONR_FAULT_SYNTAX:
		break;
	}
	return "json_invalid";
}

bool body_parse(struct body_faults *faults, const char *text, size_t len, size_t offset,
		struct json **ret)
{
	struct body_at body = { NULL, "body", 0 };
	struct body_at at = { &body, NULL, 0 };
	enum jsonr_fault fault = JSONR_FAULT_SYNTAX;
	size_t at_byte = 0;
	struct err err;

	*ret = NULL;
	if (jsonr_parse(text, len, ret, &fault, &at_byte, &err) == 0)
		return true;
	at.index = (int64_t)(offset + at_byte);
	body_fault(faults, &at, fault_type(fault), err.text);
	return false;
}

const char *body_text(struct body_faults *faults, const struct body_at *at,
		      const struct json *object, const char *key, size_t max_bytes,
		      struct arena *arena)
{
	const struct json *value = jsonr_get(object, key);
	struct body_at here = { at, key, 0 };
	char message[64];
	const char *text;
	size_t len;

	if (jsonr_type(value) == JSONR_NULL)
		return NULL;
	text = jsonr_text(value);
	if (!text) {
		body_fault(faults, &here, "string_type",
			   "Input should be a valid string");
		return NULL;
	}
	len = jsonr_text_len(value);
	if (len > max_bytes) {
		(void)snprintf(message, sizeof(message),
			       "String should have at most %zu bytes", max_bytes);
		body_fault(faults, &here, "string_too_long", message);
		return NULL;
	}
	if (memchr(text, '\0', len)) {
		body_fault(faults, &here, "string_nul", "String should not hold U+0000");
		return NULL;
	}
	return arena_dup_n(arena, text, len);
}

static void range_fault(struct body_faults *faults, const struct body_at *at, int64_t n,
			int64_t min, int64_t max)
{
	char message[80];

	if (n < min) {
		(void)snprintf(message, sizeof(message),
			       "Input should be greater than or equal to %" PRId64, min);
		body_fault(faults, at, "greater_than_equal", message);
	} else {
		(void)snprintf(message, sizeof(message),
			       "Input should be less than or equal to %" PRId64, max);
		body_fault(faults, at, "less_than_equal", message);
	}
}

int64_t body_int(struct body_faults *faults, const struct body_at *at,
		 const struct json *object, const char *key, int64_t min, int64_t max,
		 int64_t fallback)
{
	const struct json *value = jsonr_get(object, key);
	struct body_at here = { at, key, 0 };
	int64_t n = fallback;

	switch (jsonr_type(value)) {
	case JSONR_NULL:
		return fallback;
	case JSONR_INT:
		n = jsonr_int(value);
		break;
	case JSONR_DOUBLE: /* 3.0 is an integer to the stock API */
		if (jsonr_double(value) == floor(jsonr_double(value)) &&
		    fabs(jsonr_double(value)) < 1e15) {
			n = (int64_t)jsonr_double(value);
			break;
		}
		body_fault(faults, &here, "int_from_float",
			   "Input should be a valid integer, got a number with a "
			   "fractional part");
		return fallback;
	case JSONR_BOOL:
	case JSONR_STRING:
	case JSONR_ARRAY:
	case JSONR_OBJECT:
		body_fault(faults, &here, "int_type", "Input should be a valid integer");
		return fallback;
	}
	if (n >= min && n <= max)
		return n;
	range_fault(faults, &here, n, min, max);
	return fallback;
}

int64_t body_query_int(struct body_faults *faults, const struct request *req,
		       const char *name, int64_t min, int64_t max, int64_t fallback)
{
	struct body_at query = { NULL, "query", 0 };
	struct body_at here = { &query, name, 0 };
	const char *text = request_query(req, name);
	int64_t n;

	if (!text)
		return fallback;
	if (units_parse_int(text, &n) < 0) {
		body_fault(faults, &here, "int_parsing",
			   "Input should be a valid integer");
		return fallback;
	}
	if (n >= min && n <= max)
		return n;
	range_fault(faults, &here, n, min, max);
	return fallback;
}
