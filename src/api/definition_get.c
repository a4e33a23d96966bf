/*
 * definition_get.c - orchestrations, which runs are made of, and agents, which steps name
 *
 * A single one is answered verbatim, as Postgres has it.
 */
#include "api/api_call.h"
#include "api/def_kind.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/pairs.h"
#include "api/runs_port.h"
#include "server/response.h"

#include <stdbool.h>
#include <string.h>

static void answer_list(struct api_call *call, enum errors_code error, bool described,
			const struct store_definition_item *items, size_t count)
{
	struct list_answer list;
	struct jsonw *w = &list.w;
	size_t i;

	if (!list_answer_begin(&list, call->req, error, NULL))
		return;
	for (i = 0; i < count; i++) {
		jsonw_object(w);
		jsonw_pair_text(w, "id", items[i].id);
		jsonw_pair_text(w, "name", items[i].name);
		if (described)
			jsonw_pair_text(w, "description", items[i].description);
		pairs_moment(w, "updated_at", items[i].updated_at);
		jsonw_object_end(w);
	}
	list_answer_send(&list);
}

static void on_orchestrations(void *arg, enum errors_code error,
			      const struct store_definition_item *items, size_t count)
{
	answer_list(arg, error, true, items, count);
}

static void on_agents(void *arg, enum errors_code error,
		      const struct store_definition_item *items, size_t count)
{
	answer_list(arg, error, false, items, count);
}

void definition_get_orchestrations(struct api_call *call)
{
	const struct intake_port *intake = call->port->intake;

	intake->definitions(intake->self, STORE_ORCHESTRATION, on_orchestrations, call);
}

void definition_get_agents(struct api_call *call)
{
	const struct intake_port *intake = call->port->intake;

	intake->definitions(intake->self, STORE_AGENT, on_agents, call);
}

static void on_one(void *arg, enum errors_code error,
		   const struct store_definition *definition)
{
	struct api_call *call = arg;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	if (definition->version > 0)
		def_kind_etag(call->req, definition->version);
	response_text(call->req, 200, "application/json", definition->definition,
		      strlen(definition->definition));
}

static void get(struct api_call *call, enum store_definition_kind kind,
		enum errors_code absent)
{
	const struct intake_port *intake = call->port->intake;

	if (api_call_id_ok(call->params[0]))
		intake->definition(intake->self, kind, call->params[0], on_one, call);
	else
		errors_send(call->req, absent, NULL);
}

void definition_get_orchestration(struct api_call *call)
{
	get(call, STORE_ORCHESTRATION, ERRORS_NO_ORCHESTRATION);
}

void definition_get_agent(struct api_call *call)
{
	get(call, STORE_AGENT, ERRORS_NO_AGENT);
}
