/*
 * oaic_body.c - requests to an OpenAI-compatible server, in its words
 *
 * Messages of the engine may hold any bytes that a definition or an earlier answer had;
 * JSON may not, so they are mended on the way (utf8_clean).
 */
#include "llm/oaic_body.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/effect_key.h"
#include "engine/exec.h"
#include "engine/host.h"

#include <string.h>

#define TOOL_NAME_MAX 64
#define TOOL_NAME_SET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static const char *role_name(enum llm_role role)
{
	switch (role) {
	case LLM_SYSTEM:
		return "system";
	case LLM_USER:
		return "user";
	case LLM_ASSISTANT:
		return "assistant";
	case LLM_TOOL:
		return "tool";
	}
	return "user";
}

void oaic_body_url(struct str *out, const char *base_url)
{
	size_t len = strlen(base_url);

	while (len && base_url[len - 1] == '/')
		len--;
	if (len >= 3 && memcmp(base_url + len - 3, "/v1", 3) == 0)
		len -= 3;
	str_add(out, base_url, len);
	str_add_text(out, "/v1/chat/completions");
}

static void write_text(struct jsonw *w, const char *key, const char *text, size_t len)
{
	struct str clean = STR_INIT;

	jsonw_key(w, key);
	if (utf8_valid(text, len, NULL)) {
		jsonw_text_n(w, text, len);
		return;
	}
	utf8_clean(&clean, text, len);
	jsonw_text_n(w, str_text(&clean), clean.len);
	str_deinit(&clean);
}

/*
 * What a model wrote as arguments goes back as it was, if it is a JSON object: servers
 * refuse the whole request otherwise, and the call would fail for ever. What is none is
 * shown in one.
 */
static void write_arguments(struct jsonw *w, const struct llm_tool_call *call)
{
	struct json *doc = NULL;
	struct str text = STR_INIT;
	struct jsonw inner;

	if (jsonr_parse(call->arguments, call->arguments_len, &doc, NULL, NULL, NULL) ==
		    0 &&
	    jsonr_type(doc) == JSONR_OBJECT) {
		jsonr_print(doc, &text);
	} else {
		jsonw_init(&inner, &text);
		jsonw_object(&inner);
		if (call->arguments_len)
			write_text(&inner, "malformed_arguments", call->arguments,
				   call->arguments_len);
		jsonw_object_end(&inner);
	}
	jsonr_free(doc);
	write_text(w, "arguments", str_text(&text), text.len);
	str_deinit(&text);
}

/* A model may call whatever it likes; servers refuse a request with a name that no tool
 * can have. */
static void write_name(struct jsonw *w, const char *name)
{
	char clean[TOOL_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < TOOL_NAME_MAX && name[i]; i++)
		clean[i] = strchr(TOOL_NAME_SET, name[i]) ? name[i] : '_';
	clean[i] = '\0';
	jsonw_pair_text(w, "name", clean);
}

static void write_calls(struct jsonw *w, const struct llm_message *message)
{
	size_t i;

	jsonw_key(w, "tool_calls");
	jsonw_array(w);
	for (i = 0; i < message->calls_count; i++) {
		jsonw_object(w);
		jsonw_pair_text(w, "id", message->calls[i].id);
		jsonw_pair_text(w, "type", "function");
		jsonw_key(w, "function");
		jsonw_object(w);
		write_name(w, message->calls[i].name);
		write_arguments(w, &message->calls[i]);
		jsonw_object_end(w);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* A text and the images behind it, in parts (CONTRACT 6.5). */
static void write_parts(struct jsonw *w, const struct llm_message *message)
{
	size_t i;

	jsonw_key(w, "content");
	jsonw_array(w);
	if (message->len) {
		jsonw_object(w);
		jsonw_pair_text(w, "type", "text");
		write_text(w, "text", message->text, message->len);
		jsonw_object_end(w);
	}
	for (i = 0; i < message->images_count; i++) {
		jsonw_object(w);
		jsonw_pair_text(w, "type", "image_url");
		jsonw_key(w, "image_url");
		jsonw_object(w);
		write_text(w, "url", message->images[i].uri, message->images[i].len);
		jsonw_object_end(w);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void write_message(struct jsonw *w, const struct llm_message *message)
{
	jsonw_object(w);
	jsonw_pair_text(w, "role", role_name(message->role));
	if (message->role == LLM_TOOL)
		jsonw_pair_text(w, "tool_call_id", message->call_id);
	/* with calls there need not be a text, and some servers refuse an empty one */
	if (message->calls_count && !message->len)
		jsonw_pair_raw(w, "content", "null", 4);
	else if (message->images_count)
		write_parts(w, message);
	else
		write_text(w, "content", message->text, message->len);
	if (message->calls_count)
		write_calls(w, message);
	jsonw_object_end(w);
}

static void write_tool(struct jsonw *w, const struct llm_tool *tool)
{
	jsonw_object(w);
	jsonw_pair_text(w, "type", "function");
	jsonw_key(w, "function");
	jsonw_object(w);
	jsonw_pair_text(w, "name", tool->name);
	write_text(w, "description", tool->description, strlen(tool->description));
	jsonw_pair_raw(w, "parameters", tool->schema, strlen(tool->schema));
	jsonw_object_end(w);
	jsonw_object_end(w);
}

/* When one of them must be called: by its name when there is one alone, since more
 * servers know that form than "required". */
static void write_tools(struct jsonw *w, const struct llm_request *request)
{
	size_t i;

	jsonw_key(w, "tools");
	jsonw_array(w);
	for (i = 0; i < request->tools_count; i++)
		write_tool(w, &request->tools[i]);
	jsonw_array_end(w);
	if (request->tools_optional) {
		jsonw_pair_text(w, "tool_choice", "auto");
		return;
	}
	if (request->tools_count > 1) {
		jsonw_pair_text(w, "tool_choice", "required");
		return;
	}
	jsonw_key(w, "tool_choice");
	jsonw_object(w);
	jsonw_pair_text(w, "type", "function");
	jsonw_key(w, "function");
	jsonw_object(w);
	jsonw_pair_text(w, "name", request->tools[0].name);
	jsonw_object_end(w);
	jsonw_object_end(w);
}

void oaic_body_write(struct str *out, const char *model, const struct llm_call *call)
{
	const struct llm_request *request = &call->request;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	write_text(&w, "model", model, strlen(model));
	jsonw_key(&w, "messages");
	jsonw_array(&w);
	for (i = 0; i < request->count; i++)
		write_message(&w, &request->messages[i]);
	jsonw_array_end(&w);
	if (request->tools_count)
		write_tools(&w, request);
	jsonw_pair_bool(&w, "stream", true);
	jsonw_key(&w, "stream_options");
	jsonw_object(&w);
	jsonw_pair_bool(&w, "include_usage", true);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
}

void oaic_body_key(struct str *out, const struct llm_call *call)
{
	const struct llm_request *request = &call->request;

	effect_key(out, call->op.exec->run_id, request->key_path, request->execution,
		   request->ask);
}
