/*
 * sim_tool.c - custom tools, and what their server answers
 *
 * A request is made as tools/http_tool.c makes it; what is answered is in the case
 * (sim_case.h): `http`, by path, or follows from what is sent. How a status is judged is
 * that of tools/toolbox.c. A request that is sent once more under its key is the same.
 */
#include "sim_tool.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "engine/effect_key.h"
#include "engine/host.h"
#include "sim_case.h"
#include "sim_store.h"
#include "sim_watch.h"
#include "sim_world.h"
#include "tools/http_tool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SERVER "http://tools"

void sim_tool_find(const struct sim_run *run, struct tool_find *find)
{
	const struct json *tools = jsonr_get(run->around, "tools");
	size_t i;

	for (i = 0; i < jsonr_count(tools); i++) {
		const struct json *tool = jsonr_at(tools, i);
		const char *about = jsonr_get_text(tool, "description");

		if (strcmp(jsonr_get_text(tool, "name"), find->name) != 0)
			continue;
		jsonr_print(tool, &find->text);
		str_add_text(&find->about, about);
		jsonr_print(jsonr_get(tool, "inputSchema"), &find->schema);
		return;
	}
	find->class = FAIL_JOB;
	str_printf(&find->text, "there is no tool '%s'", find->name);
}

/* What is between the server and the query, its %XX read. */
static void add_path(struct str *out, const char *url)
{
	char hex[3] = "";

	for (url += strlen(SERVER); *url && *url != '?'; url++) {
		if (*url == '%' && url[1] && url[2]) {
			memcpy(hex, url + 1, 2);
			str_add_char(out, (char)strtoul(hex, NULL, 16));
			url += 2;
		} else {
			str_add_char(out, *url);
		}
	}
}

static void note(struct sim_run *run, const struct http_tool *tool,
		 const struct http_tool_request *request)
{
	struct jsonw w;
	size_t i;

	if (run->requests.len)
		str_add_char(&run->requests, ',');
	jsonw_init(&w, &run->requests);
	jsonw_object(&w);
	jsonw_pair_text(&w, "method", tool->method);
	jsonw_pair_text(&w, "url", str_text(&request->url));
	jsonw_pair_text(&w, "body", request->body.len ? str_text(&request->body) : NULL);
	jsonw_key(&w, "headers");
	jsonw_array(&w);
	for (i = 0; request->headers[i]; i++)
		jsonw_text_n(&w, request->headers[i], strlen(request->headers[i]));
	jsonw_array_end(&w);
	jsonw_object_end(&w);
}

static const struct json *answer_of(const struct sim_run *run, const char *url,
				    const char *body)
{
	struct str path = STR_INIT;
	const struct json *answer;

	add_path(&path, url);
	answer = jsonr_get(jsonr_get(run->around, "http"), str_text(&path));
	str_deinit(&path);
	if (!jsonr_get(answer, "if"))
		return answer;
	return jsonr_get(answer,
			 strstr(body, jsonr_get_text(answer, "if")) ? "then" : "else");
}

static void judge_status(struct tool_use *use, int64_t status)
{
	struct str *text = &use->answer.text;

	if (status != 200) {
		use->answer.class = FAIL_TOOL;
		use->answer.refused =
			status == 400 || status == 404 || status == 409 || status == 422;
		str_printf(text,
			   "tool '%s' answered with status %lld: ", use->request.name,
			   (long long)status);
	}
}

static void judge(struct tool_use *use, const struct json *answer)
{
	struct str *text = &use->answer.text;

	judge_status(use, answer ? jsonr_get_int(answer, "status", 200) : 404);
	if (jsonr_get(answer, "json"))
		jsonr_print(jsonr_get(answer, "json"), text);
	else if (answer)
		str_add_text(text, jsonr_get_text(answer, "text"));
}

/* By chance, but what was sent twice is answered alike. */
static void answer_by_chance(const struct sim_world *world, struct tool_use *use,
			     uint64_t what)
{
	static const int64_t statuses[] = { 200, 200, 200, 200, 200, 422, 404, 503 };

	what = sim_mix(what, sim_plan_stream(&world->plan, SIM_STREAM_ANSWER, 77));
	judge_status(use, statuses[what % 8]);
	str_printf(&use->answer.text, "{\"found\":%d}", (int)(what / 8 % 100));
}

static uint64_t what_is_sent(const struct http_tool *tool,
			     const struct http_tool_request *request)
{
	uint64_t what = sim_mix_text(0, tool->method, strlen(tool->method));

	what = sim_mix_text(what, str_text(&request->url), request->url.len);
	return sim_mix_text(what, str_text(&request->body), request->body.len);
}

void sim_tool_use(struct sim_world *world, struct sim_run *run, struct tool_use *use)
{
	struct http_tool_request request = { 0 };
	struct json *arguments = NULL;
	struct http_tool tool;
	struct str key = STR_INIT;
	struct err err;

	effect_key(&key, run->run_id, use->request.key_path, use->request.execution,
		   use->request.nth);
	if (http_tool_parse(use->request.definition, use->request.definition_len, &tool,
			    &err) < 0) {
		use->answer.class = FAIL_JOB;
		str_add_text(&use->answer.text, err.text);
		str_deinit(&key);
		return;
	}
	if (jsonr_parse(use->request.arguments, use->request.arguments_len, &arguments,
			NULL, NULL, &err) == 0 &&
	    http_tool_build(&tool, arguments, str_text(&key), &request, &err) == 0) {
		uint64_t what = what_is_sent(&tool, &request);

		if (run->given)
			note(run, &tool, &request);
		sim_watch_once(world, run, "tool", str_text(&key), what);
		if (run->given)
			judge(use, answer_of(run, str_text(&request.url),
					     str_text(&request.body)));
		else
			answer_by_chance(world, use,
					 sim_mix_text(what, str_text(&key), key.len));
		http_tool_request_deinit(&request);
	} else {
		use->answer.class = FAIL_JOB;
		str_add_text(&use->answer.text, err.text);
	}
	jsonr_free(arguments);
	str_deinit(&key);
	http_tool_deinit(&tool);
}
