/*
 * deploy_route.c - POST /api/orchestrations/{id}/deploy: an agent that runs it
 *
 * An agent of type orchestrator, by the name orch_agent_<id>, so that conversations may
 * be held with the orchestration. One that has it already is left as it is.
 */
#include "api/api_call.h"
#include "api/def_kind.h"
#include "api/def_port.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define AGENTS_MAX 10000

struct deploying {
	struct api_call *call;
	const char *name;
	const char *description;
	const char *agent_id;
};

static void send(const struct deploying *deploying, const char *status)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", status);
	jsonw_pair_text(&w, "agent_id", deploying->agent_id);
	jsonw_object_end(&w);
	response_json(deploying->call->req, 200, &body);
}

/* CONTRACT 6.1 */
static void print_agent(const struct deploying *deploying, struct str *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", deploying->agent_id);
	jsonw_pair_text(&w, "name", deploying->name);
	jsonw_pair_text(&w, "description", deploying->description);
	jsonw_pair_text(&w, "avatar", "default");
	jsonw_pair_text(&w, "type", "orchestrator");
	jsonw_pair_raw(&w, "tools", "[]", 2);
	jsonw_pair_text(&w, "system_prompt", "");
	jsonw_pair_text(&w, "orchestration_id", deploying->call->params[0]);
	jsonw_object_end(&w);
}

static void on_put(void *arg, enum errors_code error, const struct store_put *put)
{
	const struct deploying *deploying = arg;
	struct request *req = deploying->call->req;

	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
	} else if (put->outcome == STORE_PUT_STORED || put->outcome == STORE_PUT_SAME) {
		log_info("definition.stored", LOG_S("kind", "agent"),
			 LOG_S("id", deploying->agent_id),
			 LOG_N("version", put->version));
		send(deploying, "deployed");
	} else {
		def_kind_send_outcome(req, put);
	}
}

static void make(struct deploying *deploying)
{
	struct api_call *call = deploying->call;
	const struct def_port *defs = call->port->defs;
	struct str text = STR_INIT, id = STR_INIT;
	struct store_definition_new agent = {
		.kind = STORE_AGENT,
		.name = deploying->name,
		.description = deploying->description,
		.tenant_id = call->key_tenant ? call->key_tenant : call->default_tenant,
		.only_tenant = call->key_tenant,
		.expect = STORE_EXPECT_NONE,
	};

	str_printf(&id, "orch_agent_%s", call->params[0]);
	deploying->agent_id = arena_dup(request_arena(call->req), str_text(&id));
	str_deinit(&id);
	if (!api_call_id_ok(deploying->agent_id)) {
		errors_send(call->req, ERRORS_DEFINITION,
			    "the agent's id would be too long");
		return;
	}
	print_agent(deploying, &text);
	agent.id = deploying->agent_id;
	agent.definition = str_text(&text);
	defs->put(defs->self, &agent, 1, on_put, deploying);
	str_deinit(&text);
}

/* Has this agent the orchestration? */
static bool has_it(struct deploying *deploying, const char *text)
{
	struct json *doc = NULL;
	const char *orchestration_id, *id;
	bool found = false;

	if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, NULL) < 0)
		return false;
	orchestration_id = jsonr_get_text(doc, "orchestration_id");
	id = jsonr_get_text(doc, "id");
	if (orchestration_id && id &&
	    strcmp(orchestration_id, deploying->call->params[0]) == 0) {
		deploying->agent_id = arena_dup(request_arena(deploying->call->req), id);
		found = true;
	}
	jsonr_free(doc);
	return found;
}

static void on_agents(void *arg, enum errors_code error, const struct def_text *texts,
		      size_t n)
{
	struct deploying *deploying = arg;
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(deploying->call->req, error, NULL);
		return;
	}
	for (i = 0; i < n; i++) {
		if (has_it(deploying, texts[i].text)) {
			send(deploying, "already_deployed");
			return;
		}
	}
	make(deploying);
}

static void keep(struct deploying *deploying, const struct store_definition *found)
{
	struct arena *arena = request_arena(deploying->call->req);
	struct json *doc = NULL;
	const char *name = NULL, *description = NULL;

	/* a number beyond our range, in a text that somebody else stored: no name */
	if (jsonr_parse(found->definition, strlen(found->definition), &doc, NULL, NULL,
			NULL) == 0) {
		name = jsonr_get_text(doc, "name");
		description = jsonr_get_text(doc, "description");
	}
	deploying->name = arena_dup(arena, name ? name : deploying->call->params[0]);
	deploying->description = arena_dup(arena, description ? description : "");
	jsonr_free(doc);
}

static void on_definition(void *arg, enum errors_code error,
			  const struct store_definition *found)
{
	static const enum store_definition_kind kind = STORE_AGENT;
	struct deploying *deploying = arg;
	struct api_call *call = deploying->call;
	const struct def_port *defs = call->port->defs;
	const struct store_export ask = {
		.all = true,
		.only = &kind,
		.only_tenant = call->key_tenant,
		.common_tenant = call->default_tenant,
		.limit = AGENTS_MAX,
	};

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	keep(deploying, found);
	defs->export(defs->self, &ask, on_agents, deploying);
}

void deploy_route_post(struct api_call *call)
{
	struct deploying *deploying =
		arena_new(request_arena(call->req), struct deploying);
	const struct intake_port *intake = call->port->intake;

	deploying->call = call;
	if (api_call_id_ok(call->params[0]))
		intake->definition(intake->self, STORE_ORCHESTRATION, call->params[0],
				   on_definition, deploying);
	else
		errors_send(call->req, ERRORS_NO_ORCHESTRATION, NULL);
}
