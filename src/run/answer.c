/*
 * answer.c - whether an answer fits the fields that were asked for
 *
 * A field is an object: name (or key, as stock's bundles call it), type, label, and
 * what we add: required (true, or "true"), options. Forms of browsers send texts, so
 * a number may be one that reads as a number, and a yes or no one that says so.
 *
 *	number, integer         a number, or a text that is one
 *	boolean, checkbox       true or false, or these words
 *	select, radio           one of the options, if there are any: a list, or a
 *	                        text of them divided by commas
 *	multiselect             a list of such
 *	text, string, textarea, a text, or a number or yes and no, which forms make
 *	email, date, url ...    texts of
 *	others                  whatever there is
 */
#include "run/answer.h"

#include "base/jsonr.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 256 /* later ones are not compared */

struct check {
	const char *name;
	const struct json *field;
	answer_fault_cb fault;
	void *arg;
};

static void complain(const struct check *check, const char *type, const char *message)
{
	check->fault(check->arg, check->name, type, message);
}

static bool is_one_of(const char *text, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(text, *names) == 0)
			return true;
	return false;
}

static bool is_true(const struct json *value)
{
	const char *text = jsonr_text(value);

	return jsonr_type(value) == JSONR_BOOL ? jsonr_bool(value)
					       : text && strcmp(text, "true") == 0;
}

static bool is_blank(const struct json *value)
{
	return jsonr_type(value) == JSONR_NULL ||
	       (jsonr_type(value) == JSONR_STRING && jsonr_text_len(value) == 0);
}

static bool is_number(const struct json *value, bool whole)
{
	const char *text = jsonr_text(value);
	char *end;

	if (jsonr_type(value) == JSONR_INT)
		return true;
	if (jsonr_type(value) == JSONR_DOUBLE)
		return !whole;
	if (!text || !*text || strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	if (whole)
		(void)strtoll(text, &end, 10);
	else
		(void)strtod(text, &end);
	return !*end;
}

static bool is_bool(const struct json *value)
{
	static const char *const words[] = { "true", "false", NULL };
	const char *text = jsonr_text(value);

	return jsonr_type(value) == JSONR_BOOL || (text && is_one_of(text, words));
}

/* One of "a, b,c", blanks around it aside. */
static bool is_in_text(const char *options, const char *value)
{
	size_t len;

	while (*options) {
		options += strspn(options, " \t,");
		len = strcspn(options, ",");
		while (len && (options[len - 1] == ' ' || options[len - 1] == '\t'))
			len--;
		if (len && strlen(value) == len && memcmp(options, value, len) == 0)
			return true;
		options += strcspn(options, ",");
	}
	return false;
}

/* What an option of a list stands for: itself, or the value of an object. */
static const char *option_text(const struct json *option)
{
	const char *text = jsonr_get_text(option, "value");

	return text ? text : jsonr_text(option);
}

static bool is_option(const struct json *field, const struct json *value)
{
	const struct json *options = jsonr_get(field, "options");
	const char *text = jsonr_text(value), *option;
	size_t i;

	if (!text)
		return false;
	if (jsonr_type(options) == JSONR_STRING)
		return is_in_text(jsonr_text(options), text);
	for (i = 0; i < jsonr_count(options); i++) {
		option = option_text(jsonr_at(options, i));
		if (option && strcmp(option, text) == 0)
			return true;
	}
	return jsonr_count(options) == 0;
}

static bool are_options(const struct json *field, const struct json *value)
{
	size_t i;

	if (jsonr_type(value) != JSONR_ARRAY)
		return is_option(field, value);
	for (i = 0; i < jsonr_count(value); i++)
		if (!is_option(field, jsonr_at(value, i)))
			return false;
	return true;
}

static bool is_scalar(const struct json *value)
{
	return jsonr_type(value) != JSONR_ARRAY && jsonr_type(value) != JSONR_OBJECT;
}

static void check_type(const struct check *check, const char *type,
		       const struct json *value)
{
	static const char *const texts[] = { "text", "string", "textarea", "email",
					     "date", "url",    "password", NULL };
	static const char *const numbers[] = { "number", "float", NULL };
	static const char *const bools[] = { "boolean", "bool", "checkbox", NULL };
	static const char *const choices[] = { "select", "radio", NULL };

	if (is_one_of(type, numbers) && !is_number(value, false))
		complain(check, "number_type", "Input should be a valid number");
	else if (strcmp(type, "integer") == 0 && !is_number(value, true))
		complain(check, "int_type", "Input should be a valid integer");
	else if (is_one_of(type, bools) && !is_bool(value))
		complain(check, "bool_type", "Input should be true or false");
	else if (is_one_of(type, choices) && !is_option(check->field, value))
		complain(check, "enum", "Input should be one of the field's options");
	else if (strcmp(type, "multiselect") == 0 && !are_options(check->field, value))
		complain(check, "enum", "Input should be some of the field's options");
	else if (is_one_of(type, texts) && !is_scalar(value))
		complain(check, "string_type", "Input should be a valid string");
}

static void check_field(struct check *check, const struct json *answer)
{
	const char *type = jsonr_get_text(check->field, "type");
	const struct json *value;

	check->name = jsonr_get_text(check->field, "name");
	if (!check->name)
		check->name = jsonr_get_text(check->field, "key");
	if (!check->name)
		return; /* nobody can know what it asks for */
	value = jsonr_get(answer, check->name);
	if (!is_blank(value)) {
		check_type(check, type ? type : "", value);
	} else if (is_true(jsonr_get(check->field, "required"))) {
		complain(check, "missing", "Field required");
	}
}

void answer_check(const struct json *fields, const struct json *answer,
		  answer_fault_cb fault, void *arg)
{
	struct check check = { .fault = fault, .arg = arg };
	size_t count = jsonr_count(fields), i;

	if (jsonr_type(fields) != JSONR_ARRAY)
		return;
	for (i = 0; i < count && i < FIELDS_MAX; i++) {
		check.field = jsonr_at(fields, i);
		check_field(&check, answer);
	}
}
