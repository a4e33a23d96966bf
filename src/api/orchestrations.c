/*
 * orchestrations.c - the definitions that runs are made of
 *
 * The single one is answered verbatim, as Postgres has it.
 */
#include "api/api_call.h"
#include "api/def_kind.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/response.h"
#include "store/store_time.h"

#include <string.h>

static void on_list(void *arg, enum errors_code error,
		    const struct store_definition_item *items, size_t count)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_array(&w);
	for (i = 0; i < count; i++) {
		char buf[STORE_TIME_MAX];

		jsonw_object(&w);
		jsonw_pair_text(&w, "id", items[i].id);
		jsonw_pair_text(&w, "name", items[i].name);
		jsonw_pair_text(&w, "description", items[i].description);
		jsonw_pair_text(&w, "updated_at",
				store_time_text(items[i].updated_at, buf));
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	response_json(call->req, 200, &body);
}

void orchestrations_list(struct api_call *call)
{
	call->port->intake->definitions(call->port->intake->self, STORE_ORCHESTRATION,
					on_list, call);
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

void orchestrations_get(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		call->port->intake->definition(call->port->intake->self,
					       STORE_ORCHESTRATION, call->params[0],
					       on_one, call);
	else
		errors_send(call->req, ERRORS_NO_ORCHESTRATION, NULL);
}
