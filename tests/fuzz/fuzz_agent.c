/*
 * fuzz_agent.c - any bytes as an agent, a custom tool, a schema or the fields of a
 * form, and what is held against them (libFuzzer)
 *
 * The first line is the document, the second what a model or a person gives. What must
 * hold beside that nothing crashes: what is refused has a reason in UTF-8; a request
 * of a tool has no line end in a header, and its URL and body are bounded by what they
 * are made of; what a tool's answer is cut to is JSON.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/utf8.h"
#include "run/agent.h"
#include "run/answer.h"
#include "run/problem.h"
#include "run/schema.h"
#include "run/tool_output.h"
#include "tools/http_tool.h"

#include <assert.h>

static void check_agent(const char *text)
{
	struct agent *agent = NULL;
	struct problems problems;
	int rc;

	problem_init(&problems);
	rc = agent_parse(text, strlen(text), &agent, &problems);
	assert((rc == 0) == (agent != NULL) && (rc == 0) == (problems.count == 0));
	if (rc == 0)
		assert(agent->id[0] && agent->name && agent->system_prompt &&
		       agent->tools_count <= AGENT_TOOLS_MAX);
	agent_unref(agent);
	problem_deinit(&problems);
}

static void on_fault(void *arg, const char *field, const char *type, const char *message)
{
	(void)arg;
	assert(!field || utf8_valid(field, strlen(field), NULL));
	assert(type[0] && message[0] && utf8_valid(message, strlen(message), NULL));
}

static void check_request(const struct http_tool *tool, const struct json *arguments)
{
	struct http_tool_request request;
	struct err err;
	size_t i;
	int rc;

	memset(&request, 0, sizeof(request));
	rc = http_tool_build(tool, arguments, "key", &request, &err);
	assert(rc == 0 || rc == ERR_INPUT || rc == ERR_LIMIT);
	for (i = 0; rc == 0 && request.headers[i]; i++) {
		assert(i < HTTP_TOOL_HEADERS_MAX + 3);
		assert(!strpbrk(request.headers[i], "\r\n"));
	}
	if (rc == 0)
		assert(!strpbrk(str_text(&request.url), " \t\r\n"));
	http_tool_request_deinit(&request);
}

static void check_tool(const char *text, const struct json *given)
{
	struct http_tool tool;
	struct err err;
	int rc;

	memset(&tool, 0, sizeof(tool));
	rc = http_tool_parse(text, strlen(text), &tool, &err);
	assert(rc == 0 || rc == ERR_INPUT);
	if (rc < 0)
		assert(err.text[0] && utf8_valid(err.text, strlen(err.text), NULL));
	else if (jsonr_type(given) == JSONR_OBJECT)
		check_request(&tool, given);
	http_tool_deinit(&tool);
}

static void check_output(const char *definition, const char *text)
{
	struct str out = STR_INIT;
	struct json *doc = NULL;

	if (tool_output_filter(&out, definition, strlen(definition), text, strlen(text)))
		assert(jsonr_parse(str_text(&out), out.len, &doc, NULL, NULL, NULL) == 0);
	else
		assert(!out.len);
	jsonr_free(doc);
	str_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *first = take_line(&data, &size), *second = take_line(&data, &size);
	struct json *doc = NULL, *given = NULL;
	struct err err;

	if (jsonr_parse(first, strlen(first), &doc, NULL, NULL, NULL) < 0)
		doc = NULL;
	if (jsonr_parse(second, strlen(second), &given, NULL, NULL, NULL) < 0)
		given = NULL;
	check_agent(first);
	check_tool(first, given);
	check_output(first, second);
	if (schema_check(doc, given, &err) < 0)
		assert(err.text[0] && utf8_valid(err.text, strlen(err.text), NULL));
	if (jsonr_type(given) == JSONR_OBJECT)
		answer_check(doc, given, on_fault, NULL);
	jsonr_free(doc);
	jsonr_free(given);
	mem_free(first);
	mem_free(second);
	return 0;
}
