/*
 * cancel_route.c - POST .../runs/{id}/cancel
 *
 * Always 200 for a run that there is, as stock clients expect; the body says whether the
 * request came in time: "cancellation_requested", or how the run had ended before.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

static void on_cancelled(void *arg, enum errors_code error, const char *status)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error,
			    error == ERRORS_UNKNOWN
				    ? "it is not known whether the run was cancelled: "
				      "ask again"
				    : NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", status);
	jsonw_pair_text(&w, "run_id", call->params[0]);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void cancel_route_post(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		call->port->run->cancel(call->port->run->self, call->params[0],
					call->key_tenant, on_cancelled, call);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}
