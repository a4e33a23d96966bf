/*
 * status_route.c - what stock's page asks before all else (CONTRACT 1.1, 1.2)
 *
 *	GET /api/status		agents, and which model steps have that name none
 *	GET /api/auth/status	no sign-in: that of our own page is /api/session
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "run/model.h"
#include "server/response.h"

#include <string.h>

/* CONTRACT 6.4, of the families that are served here. */
static void print_model(struct jsonw *w)
{
	const char *model = model_of(NULL);
	bool cloud = model && strncmp(model, "oaic.", 5) == 0;

	jsonw_pair_text(w, "model", model);
	jsonw_pair_text(w, "mode", cloud ? "cloud" : "local");
	jsonw_pair_text(w, "provider",
			cloud   ? "openai_compatible"
			: model ? "mock"
				: NULL);
}

static void on_agents(void *arg, enum errors_code error,
		      const struct store_definition_item *items, size_t count)
{
	struct api_call *call = arg;
	const struct intake_port *intake = call->port->intake;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "agents");
	jsonw_object(&w);
	for (i = 0; i < count; i++) {
		jsonw_key(&w, items[i].id);
		jsonw_object(&w);
		jsonw_pair_text(&w, "name", items[i].name);
		jsonw_pair_text(&w, "status", "online");
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	jsonw_pair_text(&w, "active_agent_id", count ? items[0].id : NULL);
	jsonw_pair_text(&w, "overall",
			intake->health(intake->self).ok ? "operational" : "degraded");
	print_model(&w);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void status_route_get(struct api_call *call)
{
	const struct intake_port *intake = call->port->intake;

	intake->definitions(intake->self, STORE_AGENT, on_agents, call);
}

void status_route_auth(struct api_call *call)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_bool(&w, "login_enabled", false);
	jsonw_pair_bool(&w, "login_configured", false);
	jsonw_pair_bool(&w, "authenticated", true); /* else this is 403 */
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}
