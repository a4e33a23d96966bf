/*
 * docr.c - fields of a stored document, read with bounds; what does not fit is a problem
 *
 * Nothing stops at the first one: all fields are read, so that one import shows all that
 * is wrong, each with its place. Every text has a bound, and no U+0000, which Postgres
 * could not store.
 */
#include "run/docr.h"

#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void docr_complain(struct docr *r, const char *field, const char *text)
{
	char where[128];

	(void)snprintf(where, sizeof(where), "%s%s", r->prefix, field);
	problem_add(r->problems, where, "%s", text);
}

int docr_parse(const char *text, size_t len, size_t max, const char *what,
	       struct problems *problems, struct json **ret)
{
	struct json *doc = NULL;
	struct err err;

	if (len > max) {
		problem_add(problems, "", "%s has at most %zu bytes, not %zu", what, max,
			    len);
		return ERR_INPUT;
	}
	if (jsonr_parse(text, len, &doc, NULL, NULL, &err) < 0) {
		problem_add(problems, "", "not JSON: %s", err.text);
		return ERR_INPUT;
	}
	if (jsonr_type(doc) != JSONR_OBJECT) {
		problem_add(problems, "", "must be an object, not %s",
			    jsonr_type_name(jsonr_type(doc)));
		jsonr_free(doc);
		return ERR_INPUT;
	}
	*ret = doc;
	return 0;
}

const char *docr_keep(struct docr *r, const char *field, const struct json *value,
		      size_t max)
{
	const char *text = jsonr_text(value);
	size_t len = jsonr_text_len(value);
	char why[96];

	if (!text) {
		(void)snprintf(why, sizeof(why), "must be a string, not %s",
			       jsonr_type_name(jsonr_type(value)));
		docr_complain(r, field, why);
		return NULL;
	}
	if (jsonr_has_nul(value)) {
		docr_complain(r, field, "must not hold the character U+0000");
		return NULL;
	}
	if (len > max) {
		(void)snprintf(why, sizeof(why), "must have at most %zu bytes, not %zu",
			       max, len);
		docr_complain(r, field, why);
		return NULL;
	}
	return arena_dup_n(r->arena, text, len);
}

const char *docr_text(struct docr *r, const char *field, size_t max)
{
	const struct json *value = jsonr_get(r->object, field);
	const char *text;

	if (jsonr_type(value) == JSONR_NULL)
		return NULL;
	text = docr_keep(r, field, value, max);
	return text && *text ? text : NULL;
}

const char *docr_needed(struct docr *r, const char *field, size_t max)
{
	const struct json *value = jsonr_get(r->object, field);
	const char *text;

	if (jsonr_type(value) == JSONR_NULL) {
		docr_complain(r, field, "is missing");
		return "";
	}
	text = docr_keep(r, field, value, max);
	if (!text)
		return "";
	if (!*text)
		docr_complain(r, field, "must not be empty");
	return text;
}

int64_t docr_int(struct docr *r, const char *field, int64_t min, int64_t max,
		 int64_t fallback)
{
	const struct json *value = jsonr_get(r->object, field);
	enum jsonr_type type = jsonr_type(value);
	char why[96];
	double d;

	if (type == JSONR_NULL)
		return fallback;
	d = jsonr_double(value);
	if (type != JSONR_INT && (type != JSONR_DOUBLE || d != floor(d))) {
		(void)snprintf(why, sizeof(why), "must be an integer, not %s",
			       type == JSONR_DOUBLE ? "a fraction"
						    : jsonr_type_name(type));
		docr_complain(r, field, why);
		return fallback;
	}
	if (d < (double)min || d > (double)max) {
		(void)snprintf(why, sizeof(why), "must be %lld..%lld", (long long)min,
			       (long long)max);
		docr_complain(r, field, why);
		return fallback;
	}
	return type == JSONR_INT ? jsonr_int(value) : (int64_t)d;
}

bool docr_bool(struct docr *r, const char *field, bool fallback)
{
	const struct json *value = jsonr_get(r->object, field);

	if (jsonr_type(value) == JSONR_NULL)
		return fallback;
	if (jsonr_type(value) == JSONR_BOOL)
		return jsonr_bool(value);
	docr_complain(r, field, "must be true or false");
	return fallback;
}

bool docr_container(struct docr *r, const char *field, enum jsonr_type type,
		    const struct json **ret)
{
	const struct json *value = jsonr_get(r->object, field);
	char why[96];

	if (jsonr_type(value) == JSONR_NULL)
		return false;
	if (jsonr_type(value) != type) {
		(void)snprintf(why, sizeof(why), "must be an %s, not %s",
			       jsonr_type_name(type), jsonr_type_name(jsonr_type(value)));
		docr_complain(r, field, why);
		return false;
	}
	*ret = value;
	return true;
}

bool docr_count(struct docr *r, const char *field, size_t count, size_t max)
{
	char why[96];

	if (count <= max)
		return true;
	(void)snprintf(why, sizeof(why), "must have at most %zu entries, not %zu", max,
		       count);
	docr_complain(r, field, why);
	return false;
}

size_t docr_names(struct docr *r, const char *field, const struct json *list, size_t max,
		  size_t text_max, const char ***ret)
{
	size_t count = jsonr_count(list), kept = 0, i;

	if (!docr_count(r, field, count, max))
		return 0;
	*ret = arena_new_n(r->arena, const char *, count + 1);
	for (i = 0; i < count; i++) {
		const char *name = docr_keep(r, field, jsonr_at(list, i), text_max);

		if (name && *name)
			(*ret)[kept++] = name;
	}
	return kept;
}
