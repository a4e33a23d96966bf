/*
 * metrics_route.c - GET /api/v2/metrics, in the text form of Prometheus
 *
 * The gauges that stock declares, with what is true of the fleet at this moment, each
 * queue's by its name: what runs does not count as waiting, so a scaler may divide the
 * depth by free slots. Stock's
 * labels with tenants and orchestrations are left out: callers make those up without
 * end. A reader of metrics has no API key, but metrics.token, if there is one.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/queue_reads.h"
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
	struct str depth, waits; /* samples, a queue each */
	int64_t active;
	int64_t dead;
};

static void give_up(struct metrics *metrics, enum errors_code error)
{
	str_deinit(&metrics->depth);
	str_deinit(&metrics->waits);
	errors_send(metrics->call->req, error, NULL);
}

static void add_gauge(struct str *out, const char *name, const char *help)
{
	str_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value: what would end it is written as Prometheus wants it. */
static void add_queue(struct str *out, const char *name, const char *queue)
{
	str_printf(out, "%s{queue_name=\"", name);
	for (; *queue; queue++) {
		if (*queue == '\\' || *queue == '"')
			str_add_char(out, '\\');
		str_add_char(out, *queue == '\n' ? ' ' : *queue);
	}
	str_add_text(out, "\"} ");
}

static void add_fill(struct metrics *metrics, const char *queue, int64_t queued,
		     int64_t active, int64_t oldest_ms)
{
	add_queue(&metrics->depth, "synapse_queue_depth", queue);
	str_printf(&metrics->depth, "%" PRId64 "\n", queued);
	add_queue(&metrics->waits, "synapse_oldest_wait_seconds", queue);
	str_printf(&metrics->waits, "%.3f\n", (double)oldest_ms / 1e3);
	metrics->active += active;
}

static void on_workers(void *arg, enum errors_code error,
		       const struct store_worker *workers, size_t count)
{
	struct metrics *metrics = arg;
	struct str out = STR_INIT;
	size_t i, online = 0;

	if (error != ERRORS_NONE) {
		give_up(metrics, error);
		return;
	}
	for (i = 0; i < count; i++)
		online += strcmp(workers[i].status, "online") == 0;
	add_gauge(&out, "synapse_queue_depth", "Runs that wait for a worker.");
	str_add(&out, str_text(&metrics->depth), metrics->depth.len);
	add_gauge(&out, "synapse_active_runs", "Runs that workers execute.");
	str_printf(&out, "synapse_active_runs %" PRId64 "\n", metrics->active);
	add_gauge(&out, "synapse_active_workers", "Workers that are online.");
	str_printf(&out, "synapse_active_workers %zu\n", online);
	add_gauge(&out, "synapse_dead_letters", "Dead letters that are open.");
	str_printf(&out, "synapse_dead_letters %" PRId64 "\n", metrics->dead);
	add_gauge(&out, "synapse_oldest_wait_seconds",
		  "How long the first run of the queue has waited.");
	str_add(&out, str_text(&metrics->waits), metrics->waits.len);
	response_text(metrics->call->req, 200, "text/plain; version=0.0.4; charset=utf-8",
		      str_text(&out), out.len);
	str_deinit(&out);
	str_deinit(&metrics->depth);
	str_deinit(&metrics->waits);
}

static void ask_workers(struct metrics *metrics)
{
	const struct fleet_port *fleet = metrics->call->port->fleet;

	fleet->workers(fleet->self, on_workers, metrics);
}

static void on_queues(void *arg, enum errors_code error, const struct queue_read *queues,
		      size_t count)
{
	struct metrics *metrics = arg;
	size_t i;

	for (i = 0; error == ERRORS_NONE && i < count; i++) {
		const struct queue_read *queue = &queues[i];

		if (!queue->known) /* a sample that is no truth is none */
			error = ERRORS_REDIS;
		add_fill(metrics, queue->row.name, queue->stats.queued,
			 queue->stats.active, queue->stats.oldest_ms);
	}
	if (error == ERRORS_NONE)
		ask_workers(metrics);
	else
		give_up(metrics, error);
}

static void on_stats(void *arg, enum errors_code error, const struct port_stats *stats)
{
	struct metrics *metrics = arg;

	if (error != ERRORS_NONE) {
		give_up(metrics, error);
		return;
	}
	metrics->dead = stats->dead; /* of all queues, and of none */
	if (metrics->call->port->manage) {
		queue_reads_all(metrics->call, on_queues, metrics);
		return;
	}
	add_fill(metrics, stats->queue_name, stats->queued, stats->active,
		 stats->oldest_ms);
	ask_workers(metrics);
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
