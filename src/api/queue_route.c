/*
 * queue_route.c - how full the queue is (DECISIONS 13)
 *
 * Unlike the stock answer, queued does not count what workers hold.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/response.h"

static void on_stats(void *arg, enum errors_code error, const struct port_stats *stats)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "queue_name", stats->queue_name);
	jsonw_pair_int(&w, "queued", stats->queued);
	jsonw_pair_int(&w, "active", stats->active);
	jsonw_pair_int(&w, "dead", stats->dead);
	jsonw_pair_int(&w, "oldest_ms", stats->oldest_ms);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void queue_route_stats(struct api_call *call)
{
	call->port->fleet->stats(call->port->fleet->self, on_stats, call);
}
