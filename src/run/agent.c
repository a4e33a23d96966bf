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
#include "run/docr.h"
#include "run/model.h"

#include <assert.h>
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
	struct docr doc; /* into the agent's arena */
	struct agent *agent;
};

static size_t read_names(struct reader *r, const char *field, size_t max,
			 const char ***ret)
{
	const struct json *list;

	if (!docr_container(&r->doc, field, JSONR_ARRAY, &list))
		return 0;
	return docr_names(&r->doc, field, list, max, DEFINITION_ID_MAX, ret);
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
	const char *name = docr_text(&r->doc, "type", DEFINITION_ID_MAX);
	int type;

	for (type = 0; name && type < AGENT_NTYPES; type++)
		if (strcmp(name, type_names[type]) == 0)
			return (enum agent_type)type;
	return AGENT_CONVERSATIONAL;
}

static void read_model(struct reader *r)
{
	const char *name = docr_text(&r->doc, "model", MODEL_NAME_MAX);
	struct model model;
	struct err err;

	if (model_inherits(name))
		return;
	/* a step may name another one */
	if (model_parse(name, &model, &err) < 0)
		problem_warn(r->doc.problems, "/model", "%s", err.text);
	r->agent->model = name;
}

static void read_agent(struct reader *r)
{
	struct agent *agent = r->agent;

	agent->id = docr_needed(&r->doc, "id", DEFINITION_ID_MAX);
	agent->name = docr_needed(&r->doc, "name", DEFINITION_NAME_MAX);
	agent->description = docr_text(&r->doc, "description", DEFINITION_BYTES_MAX);
	if (!agent->description)
		agent->description = "";
	agent->type = read_type(r);
	read_tools(r);
	agent->system_prompt = docr_text(&r->doc, "system_prompt", DEFINITION_BYTES_MAX);
	if (!agent->system_prompt)
		agent->system_prompt = "";
	read_model(r);
	agent->orchestration_id =
		docr_text(&r->doc, "orchestration_id", DEFINITION_ID_MAX);
	if (agent->type == AGENT_ORCHESTRATOR && !agent->orchestration_id)
		docr_complain(&r->doc, "orchestration_id",
			      "is missing, and it is an orchestrator");
	agent->max_turns = docr_int(&r->doc, "max_turns", 0, AGENT_TURNS_MAX, 0);
	agent->delegates_count = read_names(r, "delegate_agent_ids", AGENT_DELEGATES_MAX,
					    &agent->delegates);
}

int agent_parse(const char *text, size_t len, struct agent **ret,
		struct problems *problems)
{
	size_t before = problems->count;
	struct reader reader = { .doc = { .problems = problems, .prefix = "/" } };
	struct json *doc = NULL;

	if (docr_parse(text, len, DEFINITION_BYTES_MAX, "an agent", problems, &doc) < 0)
		return ERR_INPUT;
	reader.agent = mem_new(struct agent);
	reader.agent->refs = 1;
	arena_init(&reader.agent->arena);
	reader.doc.arena = &reader.agent->arena;
	reader.doc.object = doc;
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
