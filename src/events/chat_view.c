/*
 * chat_view.c - events of a chat with an agent, as its clients get them
 *
 * A turn is a run of one step, and its journal and stream say so, since whoever goes on
 * with it reads there where it stands. Clients of chats know of no steps: to them an
 * agent thinks, uses tools, and answers. Numbers and stream ids stay, so what is left
 * out is no hole.
 *
 *	about the run or the step    left out
 *	final of the step            the answer, with the fields that stock clients expect
 *	step_error, unless tried anew, and orchestration_error    error
 *	final of a cancelled run     error: nobody else says that it ended so
 */
#include "events/chat_view.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"

#include <string.h>

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

static bool about_the_run(const char *type)
{
	static const char *const types[] = {
		"worker_picked_up", "orchestration_start",    "step_start",
		"step_complete",    "orchestration_complete",
	};

	return is_one_of(type, types, sizeof(types) / sizeof(*types));
}

static bool of_a_step(const char *key)
{
	static const char *const keys[] = { "orch_step_id", "step_name", "step_type" };

	return is_one_of(key, keys, sizeof(keys) / sizeof(*keys));
}

static void copy(struct jsonw *w, const char *key, const struct json *value)
{
	struct str text = STR_INIT;

	jsonr_print(value, &text);
	jsonw_pair_raw(w, key, str_text(&text), text.len);
	str_deinit(&text);
}

/* Of an event's end. */
static void copy_numbers(struct jsonw *w, const struct json *event)
{
	static const char *const keys[] = { "truncated", "ts", "turn", "seq", "epoch" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (jsonr_get(event, keys[i]))
			copy(w, keys[i], jsonr_get(event, keys[i]));
}

static void print_error(struct str *out, const struct json *event, const char *error)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", "error");
	jsonw_pair_text(&w, "message", error); /* what stock clients read */
	jsonw_pair_text(&w, "error", error);
	if (jsonr_get(event, "error_class"))
		copy(&w, "error_class", jsonr_get(event, "error_class"));
	copy_numbers(&w, event);
	jsonw_object_end(&w);
}

static void print_answer(struct str *out, const struct json *event)
{
	const char *intent = jsonr_get_text(event, "intent");
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", "final");
	copy(&w, "response", jsonr_get(event, "response"));
	jsonw_pair_text(&w, "intent", intent ? intent : "chat");
	copy(&w, "data", jsonr_get(event, "data"));
	copy(&w, "tool_name", jsonr_get(event, "tool_name"));
	copy_numbers(&w, event);
	jsonw_object_end(&w);
}

static bool print_final(struct str *out, const struct json *event)
{
	const char *intent = jsonr_get_text(event, "intent");
	const char *status = jsonr_get_text(jsonr_get(event, "data"), "status");

	if (!intent || strcmp(intent, "orchestration") != 0)
		print_answer(out, event);
	else if (status && strcmp(status, "cancelled") == 0)
		print_error(out, event, "Cancelled");
	else
		return false;
	return true;
}

static void print_rest(struct str *out, const struct json *event)
{
	struct jsonr_iter it = jsonr_iter(event);
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	while (jsonr_next(&it))
		if (!of_a_step(it.key))
			copy(&w, it.key, it.value);
	jsonw_object_end(&w);
}

bool chat_view(struct str *out, const char *text, size_t len)
{
	struct json *event = NULL;
	bool shown = true;
	const char *type;

	if (jsonr_parse(text, len, &event, NULL, NULL, NULL) < 0) {
		str_add(out, text, len); /* a stock worker writes NaN */
		return true;
	}
	type = jsonr_get_text(event, "type");
	if (!type)
		type = "";
	if (about_the_run(type) ||
	    (strcmp(type, "step_error") == 0 && jsonr_get(event, "retry_in_ms")))
		shown = false;
	else if (strcmp(type, "final") == 0)
		shown = print_final(out, event);
	else if (strcmp(type, "orchestration_error") == 0 ||
		 strcmp(type, "step_error") == 0)
		print_error(out, event, jsonr_get_text(event, "error"));
	else
		print_rest(out, event);
	jsonr_free(event);
	return shown;
}
