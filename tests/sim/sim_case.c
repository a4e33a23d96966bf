/*
 * sim_case.c - definitions with scripted answers, instead of those of chance
 *
 * A file is a JSON list of cases: {name, definition, message, inputs, narrow, limits,
 * answers, code, tools, http, cancel, agents, people}. What came of each is printed and
 * judged by whoever wrote the file (tests/conformance/suite.py), as it judges the real
 * path. The simulator's own invariants hold besides.
 *
 * An answer follows from path, execution and which of its calls it is, so a call that is
 * repeated behind a death gets the same. mock.* models are what src/llm/mock.c says.
 */
#include "sim_case.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/host.h"
#include "llm/mock_agent.h"
#include "run/definition.h"
#include "run/model.h"
#include "sim_plan.h"
#include "sim_store.h"
#include "sim_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX  (16 * 1024 * 1024)
#define TOKEN_MAX 100000

static void refuse(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

/* ---- the file ---- */

static char *dup_json(const struct json *value)
{
	struct str text = STR_INIT;

	jsonr_print(value, &text);
	return str_take(&text);
}

static char *dup_text(const struct json *value)
{
	const char *text = jsonr_text(value);

	return mem_dup(text ? text : "");
}

static struct json *copy(const struct json *value)
{
	struct json *doc = NULL;
	char *text = dup_json(value);

	if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, NULL) < 0)
		refuse("a case", "is no JSON any more");
	mem_free(text);
	return doc;
}

void sim_cases_read(struct sim_cases *cases, const char *file)
{
	struct json *doc = NULL;
	char *text = NULL;
	struct err err;
	size_t len, i;

	if (fdutil_read_file(file, FILE_MAX, &text, &len, &err) < 0 ||
	    jsonr_parse(text, len, &doc, NULL, NULL, &err) < 0)
		refuse(file, err.text);
	mem_free(text);
	cases->count = jsonr_count(doc);
	cases->items = mem_new_n(struct sim_case, cases->count + 1);
	for (i = 0; i < cases->count; i++) {
		const struct json *item = jsonr_at(doc, i);
		struct sim_case *one = &cases->items[i];

		one->name = dup_text(jsonr_get(item, "name"));
		one->message = dup_text(jsonr_get(item, "message"));
		one->definition = dup_json(jsonr_get(item, "definition"));
		one->inputs = dup_json(jsonr_get(item, "inputs"));
		one->narrow = jsonr_bool(jsonr_get(item, "narrow"));
		one->doc = copy(item);
	}
	jsonr_free(doc);
}

void sim_cases_free(struct sim_cases *cases)
{
	size_t i;

	for (i = 0; i < cases->count; i++) {
		struct sim_case *one = &cases->items[i];

		mem_free(one->name);
		mem_free(one->message);
		mem_free(one->definition);
		mem_free(one->inputs);
		jsonr_free(one->doc);
	}
	mem_free(cases->items);
}

static void read_limits(const struct json *limits, struct engine_limits *ret)
{
	ret->run_timeout_ms =
		jsonr_get_int(limits, "run_timeout_ms", ret->run_timeout_ms);
	ret->step_timeout_ms =
		jsonr_get_int(limits, "step_timeout_ms", ret->step_timeout_ms);
	ret->max_turns = jsonr_get_int(limits, "max_turns", ret->max_turns);
	ret->state_max =
		(size_t)jsonr_get_int(limits, "state_max", (int64_t)ret->state_max);
	ret->output_max =
		(size_t)jsonr_get_int(limits, "output_max", (int64_t)ret->output_max);
}

void sim_case_plan(const struct sim_case *one, uint64_t seed, struct sim_plan *plan)
{
	sim_plan_init(plan, seed);
	plan->given = one;
	plan->runs = 1;
	plan->steady = true;
	plan->bug = 0;
	plan->limits = ENGINE_LIMITS_DEFAULT;
	read_limits(jsonr_get(one->doc, "limits"), &plan->limits);
	plan->limits.snapshot_rows = 1 + (uint32_t)(seed % 9); /* for takeovers to read */
	plan->faults &= ~(1U << SIM_CANCEL | 1U << SIM_RESUME);
	if (one->narrow)
		plan->faults &= 1U << SIM_CRASH;
	else
		plan->faults |= 1U << SIM_CRASH;
	if (seed == 0)
		plan->faults = 0;
}

/* ---- models ---- */

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Of a list the one with that number, from 0, or its last. */
static const struct json *pick(const struct json *value, size_t n)
{
	size_t count = jsonr_count(value);

	if (jsonr_type(value) != JSONR_ARRAY || !count)
		return value;
	return jsonr_at(value, n < count ? n : count - 1);
}

static bool was_told(const struct llm_call *call, const char *text)
{
	size_t i;

	for (i = 0; i < call->request.count; i++)
		if (strstr(call->request.messages[i].text, text))
			return true;
	return false;
}

static const struct json *find_answer(const struct sim_case *one,
				      const struct llm_call *call, int tries)
{
	const struct llm_request *request = &call->request;
	const struct json *answers = jsonr_get(one->doc, "answers");
	const struct json *answer = jsonr_get(answers, request->path);

	if (!answer)
		answer = jsonr_get(answers, last_of(request->path));
	answer = pick(pick(answer, (size_t)request->execution - 1), (size_t)request->ask);
	if (jsonr_get(answer, "tries"))
		answer = pick(jsonr_get(answer, "tries"), (size_t)tries - 1);
	if (jsonr_get(answer, "if"))
		answer = jsonr_get(answer, was_told(call, jsonr_get_text(answer, "if"))
						   ? "then"
						   : "else");
	return answer;
}

static const struct llm_message *last_message(const struct llm_call *call)
{
	size_t i = call->request.count;

	while (i > 0 && call->request.messages[i - 1].role != LLM_USER)
		i--;
	assert(i > 0);
	return &call->request.messages[i - 1];
}

static void echo(struct llm_call *call)
{
	const struct llm_message *message = last_message(call);
	struct json *doc = NULL;

	if (call->request.tools_count != 1) {
		str_add(&call->answer.text, message->text, message->len);
		return;
	}
	(void)jsonr_parse(message->text, message->len, &doc, NULL, NULL, NULL);
	str_add_text(&call->answer.tool, call->request.tools[0].name);
	if (jsonr_type(doc) == JSONR_OBJECT)
		jsonr_print(doc, &call->answer.text);
	else
		str_add_text(&call->answer.text, "{}");
	jsonr_free(doc);
}

static void say_tokens(struct llm_call *call, const struct model *model)
{
	int64_t i;

	for (i = 1; i <= model->tokens && i <= TOKEN_MAX; i++)
		str_printf(&call->answer.text, "%stoken%lld", i > 1 ? " " : "",
			   (long long)i);
}

/* {"text", "reasoning", "calls": [{"name", "arguments", "id"}]}, as an agent's model. */
static void take_turn(struct llm_answer *ret, const struct json *turn)
{
	const struct json *calls = jsonr_get(turn, "calls");
	const char *thought = jsonr_get_text(turn, "reasoning");
	const char *said = jsonr_get_text(turn, "text");
	size_t i;

	str_add_text(&ret->text, said ? said : "");
	str_add_text(&ret->reasoning, thought ? thought : "");
	ret->calls = mem_new_n(struct llm_tool_call, jsonr_count(calls) + 1);
	for (i = 0; i < jsonr_count(calls); i++) {
		const struct json *made = jsonr_at(calls, i);
		const struct json *arguments = jsonr_get(made, "arguments");
		const char *given = jsonr_get_text(made, "id");
		struct str id = STR_INIT, text = STR_INIT;

		if (given)
			str_add_text(&id, given);
		else
			str_printf(&id, "c%zu", i + 1);
		if (jsonr_type(arguments) == JSONR_STRING)
			str_add_text(&text, jsonr_text(arguments));
		else if (arguments)
			jsonr_print(arguments, &text);
		else
			str_add_text(&text, "{}");
		ret->calls[i].id = str_take(&id);
		ret->calls[i].name = mem_dup(jsonr_get_text(made, "name"));
		ret->calls[i].arguments_len = text.len;
		ret->calls[i].arguments = str_take(&text);
		ret->calls_count++;
	}
}

static void follow(struct llm_call *call, const struct json *answer)
{
	struct llm_answer *ret = &call->answer;

	if (jsonr_get(answer, "calls") || jsonr_get(answer, "reasoning")) {
		take_turn(ret, answer);
	} else if (jsonr_type(answer) == JSONR_STRING) {
		str_add(&ret->text, jsonr_text(answer), jsonr_text_len(answer));
	} else if (jsonr_get(answer, "status")) {
		/* as src/llm/oaic.c has it: what is busy is the provider's fault */
		int64_t status = jsonr_get_int(answer, "status", 0);

		ret->class = status >= 500 || status == 429 ? FAIL_PROVIDER : FAIL_JOB;
		str_printf(&ret->text, "the provider answered with status %lld",
			   (long long)status);
	} else if (jsonr_get(answer, "tool") && call->request.tools_count) {
		str_add_text(&ret->tool, jsonr_get_text(answer, "tool"));
		jsonr_print(jsonr_get(answer, "arguments"), &ret->text);
	} else if (!answer) {
		const struct llm_message *message = last_message(call);

		str_add(&ret->text, message->text, message->len);
	}
}

void sim_case_answer(const struct sim_case *one, struct llm_call *call, int tries)
{
	struct model model;

	call->answer.usage = (struct usage){ .calls = 1, .input_tokens = 1 };
	if (model_parse(call->request.model, &model, NULL) < 0)
		refuse(one->name, "a model that is none is called");
	switch (model.kind) {
	case MODEL_MOCK_ECHO:
	case MODEL_MOCK_SLEEP:
		echo(call);
		break;
	case MODEL_MOCK_TOKENS:
		say_tokens(call, &model);
		break;
	case MODEL_MOCK_AGENT:
		mock_agent_answer(call, model.turns);
		break;
	case MODEL_MOCK_FAIL:
		call->answer.class = model.class;
		str_add_text(&call->answer.text,
			     "the model mock.fail fails as it was told to");
		break;
	default:
		follow(call, find_answer(one, call, tries));
	}
}

void sim_case_note(struct sim_run *run, const struct llm_call *call)
{
	const struct llm_request *request = &call->request;
	struct str text = STR_INIT;
	struct jsonw w;
	size_t i;

	for (i = 0; i < request->count; i++) {
		str_add_text(&text, i ? "\n" : "");
		str_add(&text, request->messages[i].text, request->messages[i].len);
	}
	if (run->calls.len)
		str_add_char(&run->calls, ',');
	jsonw_init(&w, &run->calls);
	jsonw_object(&w);
	jsonw_pair_text(&w, "path", request->path);
	jsonw_pair_int(&w, "execution", request->execution);
	jsonw_key(&w, "text");
	jsonw_text_n(&w, str_text(&text), text.len);
	jsonw_object_end(&w);
	str_deinit(&text);
}

int64_t sim_case_delay_ms(const struct sim_case *one, const struct llm_call *call)
{
	struct model model;

	if (model_parse(call->request.model, &model, NULL) < 0)
		return 0;
	if (model.kind == MODEL_OAIC)
		return jsonr_get_int(find_answer(one, call, 1), "ms", 0);
	return model.ms;
}

/* ---- code ---- */

bool sim_case_code(const struct sim_case *one, struct code_call *call)
{
	const struct json *row = jsonr_get(jsonr_get(one->doc, "code"), call->step_id);
	const char *error = jsonr_get_text(row, "error");

	if (!row)
		refuse(one->name, "nobody said what its code does");
	if (jsonr_bool(jsonr_get(row, "never")))
		return false;
	if (error) {
		call->answer.class = FAIL_JOB;
		str_add_text(&call->answer.text, error);
		return true;
	}
	jsonr_print(jsonr_get(row, "result"), &call->answer.json);
	jsonr_print(jsonr_get(row, "result"), &call->answer.text);
	return true;
}

/* ---- people ---- */

bool sim_case_people(const struct sim_case *one, const char *step_id, const char *path,
		     int execution, struct str *ret)
{
	const struct json *people = jsonr_get(one->doc, "people");
	const struct json *answer = jsonr_get(people, path);

	if (!answer)
		answer = jsonr_get(people, step_id);
	answer = pick(answer, (size_t)execution - 1);
	if (!answer || jsonr_type(answer) == JSONR_NULL)
		return false;
	if (!ret)
		return true;
	if (jsonr_type(answer) == JSONR_STRING) {
		str_add_text(ret, "{\"response\":");
		jsonr_print(answer, ret);
		str_add_char(ret, '}');
	} else {
		jsonr_print(answer, ret);
	}
	return true;
}

/* ---- cancels ---- */

bool sim_case_cancels(const struct sim_case *one, const struct json *event)
{
	const struct json *at = jsonr_get(one->doc, "cancel");
	const char *type = jsonr_get_text(event, "type");
	const char *id = jsonr_get_text(event, "orch_step_id");

	return jsonr_type(at) == JSONR_ARRAY && id &&
	       strcmp(jsonr_text(jsonr_at(at, 0)), type) == 0 &&
	       strcmp(jsonr_text(jsonr_at(at, 1)), id) == 0;
}

/* ---- what came of it ---- */

static void print_events(const struct sim_run *run, struct str *out)
{
	bool first = true;
	size_t i, k;

	for (i = 0; i < run->rows_count; i++) {
		const char *text = run->rows[i].row.events;
		struct json *events = NULL;

		if (!text ||
		    jsonr_parse(text, strlen(text), &events, NULL, NULL, NULL) < 0)
			continue;
		for (k = 0; k < jsonr_count(events); k++) {
			str_add_text(out, first ? "" : ",");
			jsonr_print(jsonr_at(jsonr_at(events, k), 1), out);
			first = false;
		}
		jsonr_free(events);
	}
}

static const char *last_error(const struct sim_run *run)
{
	const struct fold_row *row =
		run->rows_count ? &run->rows[run->rows_count - 1].row : NULL;

	return row && row->error && run->status != SIM_COMPLETED ? row->error : "null";
}

void sim_case_print(const struct sim_case *one, uint64_t seed, const struct sim_run *run,
		    const struct sim_counts *counts)
{
	static const char *const names[] = {
		[SIM_QUEUED] = "queued",   [SIM_PAUSED] = "paused",
		[SIM_RUNNING] = "running", [SIM_COMPLETED] = "completed",
		[SIM_FAILED] = "failed",   [SIM_CANCELLED] = "cancelled",
	};
	struct str out = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "name", one->name);
	jsonw_pair_int(&w, "seed", (int64_t)seed);
	jsonw_pair_int(&w, "crashes", counts->crashes);
	jsonw_pair_text(&w, "status", names[run->status]);
	jsonw_pair_text(&w, "response", run->final_text);
	jsonw_pair_raw(&w, "error", last_error(run), strlen(last_error(run)));
	str_printf(&out, ",\"state\":%s", run->final_state ? run->final_state : "{}");
	str_printf(&out, ",\"history\":%s",
		   run->final_history ? run->final_history : "[]");
	str_printf(&out, ",\"calls\":[%s]", str_text(&run->calls));
	str_printf(&out, ",\"requests\":[%s]", str_text(&run->requests));
	str_add_text(&out, ",\"events\":[");
	print_events(run, &out);
	str_add_text(&out, "]}\n");
	(void)fputs(str_text(&out), stdout);
	str_deinit(&out);
}
