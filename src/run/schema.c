/*
 * schema.c - whether a JSON value is what a JSON Schema describes
 *
 * For arguments that a model made up: the point is to tell it what is wrong before
 * anything is sent, so the first fault is enough. Each call goes down in the value or in
 * the schema, which are both no deeper than a reader goes; what a schema with many
 * alternatives makes of a large value is bounded by WORK_MAX.
 */
#include "run/schema.h"

#include "base/jsonr.h"
#include "base/str.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define WORK_MAX  100000 /* pairs of a schema and a value looked at */
#define SHOWN_MAX 200    /* bytes shown of a place */

struct check {
	struct str path; /* of the value under way, as a JSON pointer */
	struct err *err;
	int work;
};

static int walk(struct check *c, const struct json *schema, const struct json *value);

static int fault(struct check *c, const char *what, const char *name)
{
	return err_set(c->err, ERR_INPUT, "%.*s%s%s%.100s", SHOWN_MAX, str_text(&c->path),
		       c->path.len ? ": " : "", what, name);
}

/* Down to a member or an element and back up. */
static int descend(struct check *c, const char *name, size_t index,
		   const struct json *schema, const struct json *value)
{
	size_t before = c->path.len;
	int rc;

	str_add_char(&c->path, '/');
	if (name)
		str_add_text(&c->path, name);
	else
		str_add_int(&c->path, (int64_t)index);
	rc = walk(c, schema, value);
	c->path.len = before;
	c->path.data[before] = '\0';
	return rc;
}

static bool is_whole(const struct json *value)
{
	double d = jsonr_double(value);

	return jsonr_type(value) == JSONR_INT ||
	       (jsonr_type(value) == JSONR_DOUBLE && d == floor(d));
}

static bool is_of(const struct json *value, const char *name)
{
	enum jsonr_type type = jsonr_type(value);

	if (strcmp(name, "integer") == 0)
		return is_whole(value);
	if (strcmp(name, "number") == 0)
		return type == JSONR_INT || type == JSONR_DOUBLE;
	if (strcmp(name, "boolean") == 0)
		return type == JSONR_BOOL;
	if (strcmp(name, "null") == 0)
		return type == JSONR_NULL;
	if (strcmp(name, "string") == 0)
		return type == JSONR_STRING;
	if (strcmp(name, "array") == 0)
		return type == JSONR_ARRAY;
	if (strcmp(name, "object") == 0)
		return type == JSONR_OBJECT;
	return true; /* no type that we know */
}

static int check_type(struct check *c, const struct json *type, const struct json *value)
{
	const char *name = jsonr_text(type);
	size_t i;

	if (name)
		return is_of(value, name) ? 0 : fault(c, "must be of type ", name);
	for (i = 0; i < jsonr_count(type); i++) {
		name = jsonr_text(jsonr_at(type, i));
		if (!name || is_of(value, name))
			return 0;
	}
	return jsonr_type(type) == JSONR_ARRAY && i
		       ? fault(c, "has a type that is not allowed", "")
		       : 0;
}

static bool same(const struct json *a, const struct json *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	bool equal;

	if (jsonr_type(a) == JSONR_INT || jsonr_type(a) == JSONR_DOUBLE)
		return (jsonr_type(b) == JSONR_INT || jsonr_type(b) == JSONR_DOUBLE) &&
		       jsonr_double(a) == jsonr_double(b);
	jsonr_print(a, &x);
	jsonr_print(b, &y);
	equal = x.len == y.len && memcmp(str_text(&x), str_text(&y), x.len) == 0;
	str_deinit(&x);
	str_deinit(&y);
	return equal;
}

static int check_enum(struct check *c, const struct json *list, const struct json *value)
{
	struct str text = STR_INIT;
	size_t i;
	int rc;

	for (i = 0; i < jsonr_count(list); i++)
		if (same(jsonr_at(list, i), value))
			return 0;
	jsonr_print(list, &text);
	rc = fault(c, "must be one of ", str_text(&text));
	str_deinit(&text);
	return rc;
}

static int check_bound(struct check *c, const struct json *schema, const char *keyword,
		       double n, bool upper, bool open, const char *what)
{
	const struct json *bound = jsonr_get(schema, keyword);
	struct str text = STR_INIT;
	bool broken;
	double b;
	int rc;

	if (jsonr_type(bound) != JSONR_INT && jsonr_type(bound) != JSONR_DOUBLE)
		return 0;
	b = jsonr_double(bound);
	broken = upper ? (open ? n >= b : n > b) : (open ? n <= b : n < b);
	if (!broken)
		return 0;
	jsonr_print(bound, &text);
	rc = fault(c, what, str_text(&text));
	str_deinit(&text);
	return rc;
}

static int check_number(struct check *c, const struct json *schema,
			const struct json *value)
{
	double n = jsonr_double(value);
	int rc;

	rc = check_bound(c, schema, "minimum", n, false, false, "must be at least ");
	if (rc == 0)
		rc = check_bound(c, schema, "maximum", n, true, false,
				 "must be at most ");
	if (rc == 0)
		rc = check_bound(c, schema, "exclusiveMinimum", n, false, true,
				 "must be more than ");
	if (rc == 0)
		rc = check_bound(c, schema, "exclusiveMaximum", n, true, true,
				 "must be less than ");
	return rc;
}

static int check_text(struct check *c, const struct json *schema,
		      const struct json *value)
{
	const char *text = jsonr_text(value);
	size_t len = jsonr_text_len(value), i;
	double n = 0;
	int rc;

	for (i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xC0) != 0x80;
	rc = check_bound(c, schema, "minLength", n, false, false,
			 "must have characters, at least ");
	if (rc == 0)
		rc = check_bound(c, schema, "maxLength", n, true, false,
				 "must have characters, at most ");
	return rc;
}

static int check_array(struct check *c, const struct json *schema,
		       const struct json *value)
{
	const struct json *items = jsonr_get(schema, "items");
	size_t i;
	int rc;

	rc = check_bound(c, schema, "minItems", (double)jsonr_count(value), false, false,
			 "must have entries, at least ");
	if (rc == 0)
		rc = check_bound(c, schema, "maxItems", (double)jsonr_count(value), true,
				 false, "must have entries, at most ");
	if (jsonr_type(items) != JSONR_OBJECT)
		return rc;
	for (i = 0; rc == 0 && i < jsonr_count(value); i++)
		rc = descend(c, NULL, i, items, jsonr_at(value, i));
	return rc;
}

static int check_member(struct check *c, const struct json *schema,
			const struct jsonr_iter *it)
{
	const struct json *more;
	const struct json *own;
	bool found;

	own = jsonr_find(jsonr_get(schema, "properties"), it->key, &found);
	if (found)
		return descend(c, it->key, 0, own, it->value);
	more = jsonr_find(schema, "additionalProperties", &found);
	if (found && jsonr_type(more) == JSONR_BOOL && !jsonr_bool(more))
		return fault(c, "there is no argument ", it->key);
	if (found && jsonr_type(more) == JSONR_OBJECT)
		return descend(c, it->key, 0, more, it->value);
	return 0;
}

static int check_object(struct check *c, const struct json *schema,
			const struct json *value)
{
	const struct json *required = jsonr_get(schema, "required");
	struct jsonr_iter it = jsonr_iter(value);
	const char *name;
	bool found = true;
	size_t i;
	int rc = 0;

	for (i = 0; i < jsonr_count(required); i++) {
		name = jsonr_text(jsonr_at(required, i));
		if (name)
			(void)jsonr_find(value, name, &found);
		if (!found)
			return fault(c, "is missing ", name);
	}
	while (rc == 0 && jsonr_next(&it))
		rc = check_member(c, schema, &it);
	return rc;
}

/* How many of the alternatives allow it. */
static size_t allowing(struct check *c, const struct json *list, const struct json *value)
{
	struct err *err = c->err, last;
	size_t i, n = 0;

	c->err = &last;
	for (i = 0; i < jsonr_count(list); i++)
		n += walk(c, jsonr_at(list, i), value) == 0;
	c->err = err;
	return n;
}

static int check_combined(struct check *c, const struct json *schema,
			  const struct json *value)
{
	const struct json *all = jsonr_get(schema, "allOf");
	const struct json *any = jsonr_get(schema, "anyOf");
	const struct json *one = jsonr_get(schema, "oneOf");
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < jsonr_count(all); i++)
		rc = walk(c, jsonr_at(all, i), value);
	if (rc == 0 && jsonr_count(any) && allowing(c, any, value) == 0)
		rc = fault(c, "is none of what is allowed (anyOf)", "");
	if (rc == 0 && jsonr_count(one) && allowing(c, one, value) != 1)
		rc = fault(c, "must be exactly one of what is allowed (oneOf)", "");
	return rc;
}

static int check_kind(struct check *c, const struct json *schema,
		      const struct json *value)
{
	switch (jsonr_type(value)) {
	case JSONR_INT:
	case JSONR_DOUBLE:
		return check_number(c, schema, value);
	case JSONR_STRING:
		return check_text(c, schema, value);
	case JSONR_ARRAY:
		return check_array(c, schema, value);
	case JSONR_OBJECT:
		return check_object(c, schema, value);
	case JSONR_NULL:
	case JSONR_BOOL:
		break;
	}
	return 0;
}

static int walk(struct check *c, const struct json *schema, const struct json *value)
{
	const struct json *constant;
	bool found;
	int rc;

	if (jsonr_type(schema) != JSONR_OBJECT)
		return 0;
	if (++c->work > WORK_MAX)
		return fault(c, "is too large to be compared with its schema", "");
	rc = check_type(c, jsonr_get(schema, "type"), value);
	if (rc == 0 && jsonr_count(jsonr_get(schema, "enum")))
		rc = check_enum(c, jsonr_get(schema, "enum"), value);
	constant = jsonr_find(schema, "const", &found);
	if (rc == 0 && found && !same(constant, value))
		rc = fault(c, "is not what it must be (const)", "");
	if (rc == 0)
		rc = check_kind(c, schema, value);
	if (rc == 0)
		rc = check_combined(c, schema, value);
	return rc;
}

int schema_check(const struct json *schema, const struct json *value, struct err *err)
{
	struct check c = { .err = err };
	int rc = walk(&c, schema, value);

	str_deinit(&c.path);
	return rc;
}
