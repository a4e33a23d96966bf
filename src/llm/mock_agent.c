/*
 * mock_agent.c - what mock.agent:<turns>:<ms> answers
 *
 * It is a function of the request alone, so that a turn that is repeated after a crash
 * gets the answer that it got before.
 *
 * Arguments are made of the schema's required properties: the first value of an enum, the
 * task for a text, the turn for a number. A schema that asks for more than types gets
 * arguments that do not fit; the caller says so to the model, as to any.
 */
#include "llm/mock_agent.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/call.h"

#include <string.h>

#define TASK_MAX 200 /* bytes of the user's message in an argument */

/* What the request says, found once. */
struct reading {
	const struct llm_message *task;   /* the last user message; NULL: none */
	const struct llm_message *result; /* the last tool's behind it; NULL: none */
	size_t answers;                   /* behind it */
};

static struct reading reading_of(const struct llm_request *request)
{
	struct reading reading = { 0 };
	size_t i;

	for (i = 0; i < request->count; i++) {
		const struct llm_message *message = &request->messages[i];

		switch (message->role) {
		case LLM_USER:
			reading = (struct reading){ .task = message };
			break;
		case LLM_TOOL:
			reading.result = message;
			break;
		case LLM_ASSISTANT:
			reading.answers++;
			break;
		case LLM_SYSTEM:
			break;
		}
	}
	return reading;
}

static void write_task(struct jsonw *w, const struct llm_message *task)
{
	struct str clean = STR_INIT;

	if (task)
		utf8_clean(&clean, task->text, task->len);
	jsonw_text_n(w, str_text(&clean),
		     utf8_cut(str_text(&clean), clean.len,
			      clean.len < TASK_MAX ? clean.len : TASK_MAX));
	str_deinit(&clean);
}

static void write_value(struct jsonw *w, const struct json *schema,
			const struct reading *reading)
{
	const struct json *first = jsonr_at(jsonr_get(schema, "enum"), 0);
	const char *type = jsonr_get_text(schema, "type");
	struct str text = STR_INIT;

	if (!type)
		type = "string";
	if (first) {
		jsonr_print(first, &text);
		jsonw_raw(w, str_text(&text), text.len);
	} else if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0) {
		jsonw_int(w, (int64_t)reading->answers + 1);
	} else if (strcmp(type, "boolean") == 0) {
		jsonw_bool(w, true);
	} else if (strcmp(type, "array") == 0) {
		jsonw_raw(w, "[]", 2);
	} else if (strcmp(type, "object") == 0) {
		jsonw_raw(w, "{}", 2);
	} else if (strcmp(type, "null") == 0) {
		jsonw_null(w);
	} else {
		write_task(w, reading->task);
	}
	str_deinit(&text);
}

static void write_arguments(struct str *out, const char *schema,
			    const struct reading *reading)
{
	const struct json *required, *properties;
	struct json *doc = NULL;
	struct jsonw w;
	size_t i;

	(void)jsonr_parse(schema, strlen(schema), &doc, NULL, NULL, NULL);
	required = jsonr_get(doc, "required");
	properties = jsonr_get(doc, "properties");
	jsonw_init(&w, out);
	jsonw_object(&w);
	for (i = 0; i < jsonr_count(required); i++) {
		const char *name = jsonr_text(jsonr_at(required, i));

		if (!name)
			continue;
		jsonw_key(&w, name);
		write_value(&w, jsonr_get(properties, name), reading);
	}
	jsonw_object_end(&w);
	jsonr_free(doc);
}

static void call_tool(struct llm_call *call, const struct reading *reading)
{
	const struct llm_request *request = &call->request;
	const struct llm_tool *tool =
		&request->tools[reading->answers % request->tools_count];
	struct llm_tool_call *made = mem_new(struct llm_tool_call);
	struct str id = STR_INIT, arguments = STR_INIT;

	str_printf(&id, "call_%d_1", request->ask + 1);
	write_arguments(&arguments, tool->schema, reading);
	made->id = str_take(&id);
	made->name = mem_dup(tool->name);
	made->arguments_len = arguments.len;
	made->arguments = str_take(&arguments);
	call->answer.calls = made;
	call->answer.calls_count = 1;
	if (!request->tools_optional)
		call_answer_one(&call->answer);
}

void mock_agent_answer(struct llm_call *call, int64_t turns)
{
	struct reading reading = reading_of(&call->request);
	const struct llm_message *said = reading.result ? reading.result : reading.task;

	if (call->request.tools_count && reading.answers < (size_t)turns)
		call_tool(call, &reading);
	else if (said)
		str_add(&call->answer.text, said->text, said->len);
}
