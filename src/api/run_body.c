/*
 * run_body.c - the body of a submission
 *
 * Every field may be absent or null; unknown ones are ignored, as the stock API does.
 * What will stand in a column is bounded here in bytes, by the column's width or below.
 */
#include "api/run_body.h"

#include "api/runs_port.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/moment.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MESSAGE_MAX   ((size_t)1024 * 1024)
#define KEY_MAX       64
#define RUN_AT_MAX_MS 253402300799999 /* the end of year 9999 */

static bool input_key_ok(const char *key)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char others[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	size_t len = strlen(key);

	return len >= 1 && len <= KEY_MAX && strchr(letters, key[0]) &&
	       strspn(key, others) == len;
}

static const char *read_inputs(struct body_faults *faults, const struct body_at *at,
			       const struct json *object, struct arena *arena)
{
	const struct json *inputs = jsonr_get(object, "inputs");
	struct body_at here = { at, "inputs", 0 };
	struct str text = STR_INIT;
	struct jsonr_iter it;
	const char *copy;

	if (jsonr_type(inputs) == JSONR_NULL)
		return NULL;
	if (jsonr_type(inputs) != JSONR_OBJECT) {
		body_fault(faults, &here, "dict_type",
			   "Input should be a valid dictionary");
		return NULL;
	}
	if (jsonr_count(inputs) > RUN_BODY_INPUTS_MAX) {
		body_fault(faults, &here, "too_long",
			   "Dictionary should have at most 256 keys");
		return NULL;
	}
	it = jsonr_iter(inputs);
	while (jsonr_next(&it)) {
		struct body_at key = { &here, it.key, 0 };

		if (!input_key_ok(it.key))
			body_fault(faults, &key, "string_pattern_mismatch",
				   "Key should match [A-Za-z][A-Za-z0-9_]{0,63}");
		if (jsonr_has_nul(it.value))
			body_fault(faults, &key, "string_nul",
				   "String should not hold U+0000");
	}
	if (jsonr_count(inputs) == 0)
		return NULL;
	jsonr_print(inputs, &text);
	copy = arena_dup_n(arena, text.data, text.len);
	str_deinit(&text);
	return copy;
}

/* Tags: an object of texts, numbers and truth values, so that each has one text. */
static const char *read_metadata(struct body_faults *faults, const struct body_at *at,
				 const struct json *object, struct arena *arena)
{
	const struct json *metadata = jsonr_get(object, "metadata");
	struct body_at here = { at, "metadata", 0 };
	struct str text = STR_INIT;
	struct jsonr_iter it;
	const char *copy;

	if (jsonr_type(metadata) == JSONR_NULL)
		return NULL;
	if (jsonr_type(metadata) != JSONR_OBJECT) {
		body_fault(faults, &here, "dict_type",
			   "Input should be a valid dictionary");
		return NULL;
	}
	if (jsonr_count(metadata) > RUN_BODY_TAGS_MAX)
		body_fault(faults, &here, "too_long",
			   "Dictionary should have at most 32 keys");
	it = jsonr_iter(metadata);
	while (jsonr_next(&it)) {
		struct body_at key = { &here, it.key, 0 };

		if (!input_key_ok(it.key))
			body_fault(faults, &key, "string_pattern_mismatch",
				   "Key should match [A-Za-z][A-Za-z0-9_]{0,63}");
		if (jsonr_type(it.value) == JSONR_OBJECT ||
		    jsonr_type(it.value) == JSONR_ARRAY ||
		    jsonr_type(it.value) == JSONR_NULL)
			body_fault(faults, &key, "scalar_type",
				   "Input should be a text, a number or a truth value");
		else if (jsonr_type(it.value) == JSONR_STRING &&
			 jsonr_text_len(it.value) > RUN_BODY_TAG_MAX)
			body_fault(faults, &key, "string_too_long",
				   "String should have at most 256 bytes");
		if (jsonr_has_nul(it.value))
			body_fault(faults, &key, "string_nul",
				   "String should not hold U+0000");
	}
	if (jsonr_count(metadata) == 0)
		return NULL;
	jsonr_print(metadata, &text);
	copy = arena_dup_n(arena, text.data, text.len);
	str_deinit(&text);
	return copy;
}

/* A moment as text, or as ms since 1970. */
static int64_t read_run_at(struct body_faults *faults, const struct body_at *at,
			   const struct json *object)
{
	const struct json *value = jsonr_get(object, "run_at");
	struct body_at here = { at, "run_at", 0 };
	int64_t at_ms = 0;

	if (jsonr_type(value) == JSONR_NULL)
		return 0;
	if (jsonr_type(value) == JSONR_INT)
		at_ms = jsonr_int(value);
	else if (jsonr_type(value) != JSONR_STRING ||
		 !moment_parse(jsonr_text(value), &at_ms))
		at_ms = -1;
	if (at_ms < 0 || at_ms > RUN_AT_MAX_MS)
		body_fault(faults, &here, "datetime_parsing",
			   "Input should be a moment, as 2026-11-23T21:45:00Z, or "
			   "milliseconds since 1970");
	return at_ms;
}

static void check_url(struct body_faults *faults, const struct body_at *at,
		      const char *url)
{
	struct body_at here = { at, "webhook_url", 0 };

	if (!url)
		return;
	if ((strncasecmp(url, "http://", 7) != 0 || !url[7]) &&
	    (strncasecmp(url, "https://", 8) != 0 || !url[8]))
		body_fault(faults, &here, "url_scheme",
			   "URL should begin with http:// or https://");
}

void run_body_read_webhook(struct body_faults *faults, const struct body_at *at,
			   const struct json *object, struct arena *arena,
			   const char **url, const char **secret)
{
	*url = body_text(faults, at, object, "webhook_url", RUN_BODY_URL_MAX, arena);
	check_url(faults, at, *url);
	*secret = body_text(faults, at, object, "webhook_secret", RUN_BODY_SECRET_MAX,
			    arena);
}

static const char *read_id(struct body_faults *faults, const struct body_at *at,
			   const struct json *object, const char *key,
			   struct arena *arena)
{
	const char *id = body_text(faults, at, object, key, IDS_MAX - 1, arena);

	return id && *id ? id : NULL;
}

void run_body_read(struct body_faults *faults, const struct body_at *at,
		   const struct json *object, struct arena *arena, struct run_body *ret)
{
	const char *message;

	memset(ret, 0, sizeof(*ret));
	if (jsonr_type(object) != JSONR_OBJECT) {
		body_fault(faults, at, "model_attributes_type",
			   "Input should be a valid dictionary or object to extract "
			   "fields from");
		return;
	}
	message = body_text(faults, at, object, "message", MESSAGE_MAX, arena);
	ret->message = message ? message : "";
	ret->inputs = read_inputs(faults, at, object, arena);
	ret->metadata = read_metadata(faults, at, object, arena);
	ret->session_id = read_id(faults, at, object, "session_id", arena);
	ret->tenant_id = read_id(faults, at, object, "tenant_id", arena);
	run_body_read_webhook(faults, at, object, arena, &ret->webhook_url,
			      &ret->webhook_secret);
	ret->priority = (int)body_int(faults, at, object, "priority", -10, 10, 0);
	ret->run_at_ms = read_run_at(faults, at, object);
}

void run_body_fill(const struct run_body *body, struct port_run *run)
{
	run->message = body->message;
	run->inputs = body->inputs;
	run->metadata = body->metadata;
	run->run_at_ms = body->run_at_ms;
	run->session_id = body->session_id;
	run->webhook_url = body->webhook_url;
	run->webhook_secret = body->webhook_secret;
	run->priority = body->priority;
}
