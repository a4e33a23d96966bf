/*
 * chat_definition.c - what a chat turn executes
 *
 * A turn is a run, so it needs a definition: that of one step, the agent, which is given
 * the message word for word. It is made anew from the agent's version wherever it is
 * needed, and stored nowhere.
 */
#include "run/chat_definition.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "run/agent.h"

#include <string.h>

#define STEP_ID "agent"

static int read_agent(const char *agent, size_t len, struct json **ret, struct err *err)
{
	int rc = jsonr_parse(agent, len, ret, NULL, NULL, err);

	if (rc == 0 && jsonr_type(*ret) != JSONR_OBJECT) {
		jsonr_free(*ret);
		*ret = NULL;
		rc = err_set(err, ERR_INPUT, "an agent is no JSON object");
	}
	return rc;
}

int chat_definition_write(struct str *out, const char *agent_id, const char *agent,
			  size_t len, struct err *err)
{
	struct json *doc = NULL;
	struct str id = STR_INIT;
	const char *name;
	struct jsonw w;
	int64_t turns;
	int rc;

	rc = read_agent(agent, len, &doc, err);
	if (rc < 0)
		return rc;
	name = jsonr_get_text(doc, "name");
	str_printf(&id, "agent:%s", agent_id);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", str_text(&id));
	jsonw_pair_text(&w, "name", name && *name ? name : agent_id);
	jsonw_pair_text(&w, "entry_step_id", STEP_ID);
	jsonw_key(&w, "steps");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", STEP_ID);
	jsonw_pair_text(&w, "name", name && *name ? name : agent_id);
	jsonw_pair_text(&w, "type", "agent");
	jsonw_pair_text(&w, "agent_id", agent_id);
	jsonw_pair_text(&w, "prompt_template", "{state.user_input}");
	jsonw_pair_text(&w, "output_key", "response");
	turns = jsonr_get_int(doc, "max_turns", 0);
	jsonw_pair_int(&w, "max_turns",
		       turns > 0 && turns <= AGENT_TURNS_MAX ? turns
							     : CHAT_DEFINITION_TURNS);
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	str_deinit(&id);
	jsonr_free(doc);
	return 0;
}

int chat_definition_orchestration(struct str *out, const char *agent, size_t len,
				  struct err *err)
{
	struct json *doc = NULL;
	const char *type, *id;
	int rc;

	rc = read_agent(agent, len, &doc, err);
	if (rc < 0)
		return rc;
	type = jsonr_get_text(doc, "type");
	id = jsonr_get_text(doc, "orchestration_id");
	if (type && strcmp(type, "orchestrator") == 0) {
		if (id && *id)
			str_add_text(out, id);
		else
			rc = err_set(err, ERR_INPUT,
				     "an orchestrator agent names its orchestration");
	}
	jsonr_free(doc);
	return rc;
}
