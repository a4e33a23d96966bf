/*
 * metrics_route.c - GET /api/v2/metrics, in the text form of Prometheus
 *
 * The gauges that stock declares, with what is true of the fleet at this moment: what
 * runs does not count as waiting, so a scaler may divide the depth by free slots. Stock's
 * labels with tenants and orchestrations are left out: callers make those up without
 * end. A reader of metrics has no API key, but metrics.token, if there is one.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "conf/conf.h"
#include "server/request.h"
#include "server/response.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define SCHEME "Bearer "

struct metrics {
	struct api_call *call;
	struct port_stats stats;
	const char *queue_name; /* escaped */
};

static void add_gauge(struct str *out, const char *name, const char *help)
{
	str_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void on_workers(void *arg, enum errors_code error,
		       const struct store_worker *workers, size_t count)
{
	const struct metrics *metrics = arg;
	const struct port_stats *stats = &metrics->stats;
	struct str out = STR_INIT;
	size_t i, online = 0;

	if (error != ERRORS_NONE) {
		errors_send(metrics->call->req, error, NULL);
		return;
	}
	for (i = 0; i < count; i++)
		online += strcmp(workers[i].status, "online") == 0;
	add_gauge(&out, "synapse_queue_depth", "Runs that wait for a worker.");
	str_printf(&out, "synapse_queue_depth{queue_name=\"%s\"} %" PRId64 "\n",
		   metrics->queue_name, stats->queued);
	add_gauge(&out, "synapse_active_runs", "Runs that workers execute.");
	str_printf(&out, "synapse_active_runs %" PRId64 "\n", stats->active);
	add_gauge(&out, "synapse_active_workers", "Workers that are online.");
	str_printf(&out, "synapse_active_workers %zu\n", online);
	add_gauge(&out, "synapse_dead_letters", "Dead letters that are open.");
	str_printf(&out, "synapse_dead_letters %" PRId64 "\n", stats->dead);
	add_gauge(&out, "synapse_oldest_wait_seconds",
		  "How long the first run of the queue has waited.");
	str_printf(&out, "synapse_oldest_wait_seconds %.3f\n",
		   (double)stats->oldest_ms / 1e3);
	response_text(metrics->call->req, 200, "text/plain; version=0.0.4; charset=utf-8",
		      str_text(&out), out.len);
	str_deinit(&out);
}

/* A label's value: what would end it is written as Prometheus wants it. */
static const char *escaped(struct arena *arena, const char *text)
{
	struct str out = STR_INIT;
	const char *ret;

	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			str_add_char(&out, '\\');
		str_add_char(&out, *text == '\n' ? ' ' : *text);
	}
	ret = arena_dup(arena, str_text(&out));
	str_deinit(&out);
	return ret;
}

static void on_stats(void *arg, enum errors_code error, const struct port_stats *stats)
{
	struct metrics *metrics = arg;
	struct api_call *call = metrics->call;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	metrics->stats = *stats;
	metrics->queue_name = escaped(request_arena(call->req), stats->queue_name);
	call->port->fleet->workers(call->port->fleet->self, on_workers, metrics);
}

static bool may_read(const struct api_call *call)
{
	const char *token = call->conf->metrics.token;
	const char *given = request_header(call->req, "Authorization");
	char want[DIGEST_HEX_SIZE], got[DIGEST_HEX_SIZE];

	if (!*token)
		return true;
	if (!given || request_header_count(call->req, "Authorization") != 1 ||
	    strncasecmp(given, SCHEME, strlen(SCHEME)) != 0)
		return false;
	given += strlen(SCHEME);
	(void)digest_sha256(token, strlen(token), want); /* of one length */
	(void)digest_sha256(given, strlen(given), got);
	return digest_equal(want, got, sizeof(want));
}

void metrics_route_get(struct api_call *call)
{
	struct metrics *metrics;

	if (!may_read(call)) {
		errors_send(call->req, ERRORS_NO_KEY, NULL);
		return;
	}
	metrics = arena_new(request_arena(call->req), struct metrics);
	metrics->call = call;
	call->port->fleet->stats(call->port->fleet->self, on_stats, metrics);
}
