/*
 * agent.c - an agent as it is stored, read into a typed form
 *
 * One walk over the parsed JSON, as run/definition.c does it: what does not fit is a
 * problem with its place, and all fields are read, so that one import shows all of them.
 * Whether the tools, agents and orchestrations exist that it names is not asked here: it
 * may be stored before them.
 */
#include "run/agent.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "run/definition.h"
#include "run/model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[AGENT_NTYPES] = {
	[AGENT_CONVERSATIONAL] = "conversational",
	[AGENT_ANALYSIS] = "analysis",
	[AGENT_CODE] = "code",
	[AGENT_ORCHESTRATOR] = "orchestrator",
	[AGENT_DELEGATE] = "delegate",
	[AGENT_BUILDER] = "builder",
};

struct reader {
	struct agent *agent;
	struct problems *problems;
	const struct json *object;
};

static void complain(struct reader *r, const char *field, const char *text)
{
	char where[64];

	(void)snprintf(where, sizeof(where), "/%s", field);
	problem_add(r->problems, where, "%s", text);
}

/* A string in the arena; NULL when it cannot be one. */
static const char *keep_text(struct reader *r, const char *field,
			     const struct json *value, size_t max)
{
	const char *text = jsonr_text(value);
	size_t len = jsonr_text_len(value);
	char why[96];

	if (!text) {
		(void)snprintf(why, sizeof(why), "must be a string, not %s",
			       jsonr_type_name(jsonr_type(value)));
		complain(r, field, why);
		return NULL;
	}
	if (memchr(text, '\0', len)) {
		complain(r, field, "must not hold the character U+0000");
		return NULL;
	}
	if (len > max) {
		(void)snprintf(why, sizeof(why), "must have at most %zu bytes, not %zu",
			       max, len);
		complain(r, field, why);
		return NULL;
	}
	return arena_dup_n(&r->agent->arena, text, len);
}

/* Absent, null and "" are NULL. */
static const char *read_text(struct reader *r, const char *field, size_t max)
{
	const struct json *value = jsonr_get(r->object, field);
	const char *text;

	if (jsonr_type(value) == JSONR_NULL)
		return NULL;
	text = keep_text(r, field, value, max);
	return text && *text ? text : NULL;
}

static const char *read_needed(struct reader *r, const char *field, size_t max)
{
	const struct json *value = jsonr_get(r->object, field);
	const char *text;

	if (jsonr_type(value) == JSONR_NULL) {
		complain(r, field, "is missing");
		return "";
	}
	text = keep_text(r, field, value, max);
	if (text && !*text)
		complain(r, field, "must not be empty");
	return text ? text : "";
}

static int64_t read_turns(struct reader *r)
{
	const struct json *value = jsonr_get(r->object, "max_turns");
	double d = jsonr_double(value);
	char why[64];

	if (jsonr_type(value) == JSONR_NULL)
		return 0;
	if ((jsonr_type(value) == JSONR_INT || jsonr_type(value) == JSONR_DOUBLE) &&
	    d == floor(d) && d >= 0 && d <= AGENT_TURNS_MAX)
		return (int64_t)d;
	(void)snprintf(why, sizeof(why), "must be an integer of 0..%d", AGENT_TURNS_MAX);
	complain(r, "max_turns", why);
	return 0;
}

/* The texts of a list, but for empty ones; how many there are. */
static size_t read_names(struct reader *r, const char *field, size_t max,
			 const char ***ret)
{
	const struct json *list = jsonr_get(r->object, field);
	size_t count = jsonr_count(list), kept = 0, i;
	char why[96];

	if (jsonr_type(list) == JSONR_NULL)
		return 0;
	if (jsonr_type(list) != JSONR_ARRAY) {
		(void)snprintf(why, sizeof(why), "must be an array, not %s",
			       jsonr_type_name(jsonr_type(list)));
		complain(r, field, why);
		return 0;
	}
	if (count > max) {
		(void)snprintf(why, sizeof(why), "must have at most %zu entries, not %zu",
			       max, count);
		complain(r, field, why);
		return 0;
	}
	*ret = arena_new_n(&r->agent->arena, const char *, count + 1);
	for (i = 0; i < count; i++) {
		const char *name =
			keep_text(r, field, jsonr_at(list, i), DEFINITION_ID_MAX);

		if (name && *name)
			(*ret)[kept++] = name;
	}
	return kept;
}

static void read_tools(struct reader *r)
{
	struct agent *agent = r->agent;
	size_t count = read_names(r, "tools", AGENT_TOOLS_MAX, &agent->tools), i;

	for (i = 0; i < count; i++) {
		if (strcmp(agent->tools[i], "all") == 0)
			agent->all_tools = true;
		else
			agent->tools[agent->tools_count++] = agent->tools[i];
	}
}

static enum agent_type read_type(struct reader *r)
{
	const char *name = read_text(r, "type", DEFINITION_ID_MAX);
	int type;

	for (type = 0; name && type < AGENT_NTYPES; type++)
		if (strcmp(name, type_names[type]) == 0)
			return (enum agent_type)type;
	return AGENT_CONVERSATIONAL;
}

static void read_model(struct reader *r)
{
	const char *name = read_text(r, "model", MODEL_NAME_MAX);
	struct model model;
	struct err err;

	if (model_inherits(name))
		return;
	/* a step may name another one */
	if (model_parse(name, &model, &err) < 0)
		problem_warn(r->problems, "/model", "%s", err.text);
	r->agent->model = name;
}

static void read_agent(struct reader *r)
{
	struct agent *agent = r->agent;

	agent->id = read_needed(r, "id", DEFINITION_ID_MAX);
	agent->name = read_needed(r, "name", DEFINITION_NAME_MAX);
	agent->description = read_text(r, "description", DEFINITION_BYTES_MAX);
	if (!agent->description)
		agent->description = "";
	agent->type = read_type(r);
	read_tools(r);
	agent->system_prompt = read_text(r, "system_prompt", DEFINITION_BYTES_MAX);
	if (!agent->system_prompt)
		agent->system_prompt = "";
	read_model(r);
	agent->orchestration_id = read_text(r, "orchestration_id", DEFINITION_ID_MAX);
	if (agent->type == AGENT_ORCHESTRATOR && !agent->orchestration_id)
		complain(r, "orchestration_id", "is missing, and it is an orchestrator");
	agent->max_turns = read_turns(r);
	agent->delegates_count = read_names(r, "delegate_agent_ids", AGENT_DELEGATES_MAX,
					    &agent->delegates);
}

static int read_document(const char *text, size_t len, struct json **ret,
			 struct problems *problems)
{
	struct err err;

	if (len > DEFINITION_BYTES_MAX) {
		problem_add(problems, "", "an agent has at most %d bytes, not %zu",
			    DEFINITION_BYTES_MAX, len);
		return ERR_INPUT;
	}
	if (jsonr_parse(text, len, ret, NULL, NULL, &err) < 0) {
		problem_add(problems, "", "not JSON: %s", err.text);
		return ERR_INPUT;
	}
	if (jsonr_type(*ret) == JSONR_OBJECT)
		return 0;
	problem_add(problems, "", "must be an object, not %s",
		    jsonr_type_name(jsonr_type(*ret)));
	jsonr_free(*ret);
	return ERR_INPUT;
}

int agent_parse(const char *text, size_t len, struct agent **ret,
		struct problems *problems)
{
	size_t before = problems->count;
	struct reader reader = { .problems = problems };
	struct json *doc = NULL;

	if (read_document(text, len, &doc, problems) < 0)
		return ERR_INPUT;
	reader.agent = mem_new(struct agent);
	reader.agent->refs = 1;
	arena_init(&reader.agent->arena);
	reader.object = doc;
	read_agent(&reader);
	jsonr_free(doc);
	if (problems->count > before) {
		agent_unref(reader.agent);
		return ERR_INPUT;
	}
	*ret = reader.agent;
	return 0;
}

struct agent *agent_ref(struct agent *agent)
{
	agent->refs++;
	return agent;
}

void agent_unref(struct agent *agent)
{
	if (!agent)
		return;
	assert(agent->refs > 0);
	if (--agent->refs > 0)
		return;
	arena_deinit(&agent->arena);
	mem_free(agent);
}

const char *agent_type_name(enum agent_type type)
{
	return type_names[type];
}
