/*
 * why_route.c - GET /api/v2/runs/{id}/why
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

static void on_why(void *arg, enum errors_code error, const struct port_why *why)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && !api_call_sees(call, why->tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", call->params[0]);
	jsonw_pair_text(&w, "status", why->status);
	jsonw_pair_text(&w, "reason", why->reason);
	jsonw_pair_text(&w, "detail", why->detail);
	jsonw_pair_text(&w, "queue_name", why->queue);
	jsonw_pair_text(&w, "lane", why->lane);
	jsonw_key(&w, "position");
	if (why->position)
		jsonw_int(&w, why->position);
	else
		jsonw_null(&w);
	jsonw_pair_int(&w, "workers_online", why->online);
	jsonw_pair_int(&w, "workers_capable", why->capable);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void why_route_get(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		call->port->run->why(call->port->run->self, call->params[0], on_why,
				     call);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}
