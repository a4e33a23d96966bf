/*
 * oaic_body.c - requests to an OpenAI-compatible server, in its words
 *
 * Messages of the engine may hold any bytes that a definition or an earlier answer had;
 * JSON may not, so they are mended on the way (utf8_clean).
 */
#include "llm/oaic_body.h"

#include "base/jsonw.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/effect_key.h"
#include "engine/exec.h"
#include "engine/host.h"

#include <string.h>

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

/* One of them must be called: by its name when there is one alone, since more servers
 * know that form than "required". */
static void write_tools(struct jsonw *w, const struct llm_request *request)
{
	size_t i;

	jsonw_key(w, "tools");
	jsonw_array(w);
	for (i = 0; i < request->tools_count; i++)
		write_tool(w, &request->tools[i]);
	jsonw_array_end(w);
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
	for (i = 0; i < request->count; i++) {
		jsonw_object(&w);
		jsonw_pair_text(&w, "role", role_name(request->messages[i].role));
		write_text(&w, "content", request->messages[i].text,
			   request->messages[i].len);
		jsonw_object_end(&w);
	}
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
