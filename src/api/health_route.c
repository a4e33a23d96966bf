/*
 * health_route.c - can this API server do its work? (no key; for probes)
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/response.h"

void health_route_get(struct api_call *call)
{
	struct port_health health = call->port->intake->health(call->port->intake->self);
	struct str body = STR_INIT, reason = STR_INIT;
	struct jsonw w;

	if (health.reason)
		str_add_text(&reason, health.reason);
	if (!health.ok)
		errors_add_outlook(&reason);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", health.ok ? "ok" : "unavailable");
	jsonw_pair_text(&w, "mode", health.mode);
	jsonw_pair_bool(&w, "redis_connected", health.redis_connected);
	jsonw_pair_bool(&w, "pg_connected", health.pg_connected);
	jsonw_pair_text(&w, "reason", reason.len ? str_text(&reason) : NULL);
	jsonw_object_end(&w);
	response_json(call->req, health.ok ? 200 : 503, &body);
	str_deinit(&reason);
}
