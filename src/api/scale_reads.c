/*
 * scale_reads.c - what the settings page shows (CONTRACT 1.4), as the database prints it
 *
 * Lists and sums for people. Without Postgres most of them say so with a 200, as stock
 * does, so that the page has something to show.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_scale.h"

#include <string.h>

#define RUNS_PAGE 20
#define RUNS_MAX  100
#define NO_STORE  "{\"available\":false}"

struct reading {
	struct api_call *call;
	const char *without; /* the answer while Postgres is away; NULL: the error */
	enum errors_code none;
	int statement;
};

static void send_text(struct request *req, const char *text)
{
	response_text(req, 200, "application/json", text, strlen(text));
}

static void on_read(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct reading *reading = arg;
	struct request *req = reading->call->req;
	const char *text = NULL;

	if (error == ERRORS_NONE) {
		text = store_scale_read(reply, reading->statement);
		if (!text)
			error = reading->none;
	} else if (reading->without) {
		text = reading->without;
	}
	if (text)
		send_text(req, text);
	else
		errors_send(req, error, NULL);
}

static void ask(struct api_call *call, enum store_scale_ask what, const char *text,
		int64_t n, const char *without)
{
	struct reading *reading;
	struct pg_batch *batch;

	if (!call->port->manage && without) {
		send_text(call->req, without);
		return;
	}
	if (!manage_of(call))
		return;
	reading = arena_new(request_arena(call->req), struct reading);
	reading->call = call;
	reading->without = without;
	reading->none = ERRORS_NO_RUN;
	batch = pg_batch_new();
	reading->statement = store_scale_ask(batch, what, text, n);
	manage_read(call, batch, on_read, reading);
}

void scale_reads_analytics(struct api_call *call)
{
	ask(call, STORE_SCALE_ANALYTICS, NULL, 0, NO_STORE);
}

void scale_reads_letters(struct api_call *call)
{
	ask(call, STORE_SCALE_LETTERS, NULL, 0, "[]");
}

void scale_reads_tenants(struct api_call *call)
{
	ask(call, STORE_SCALE_TENANTS, NULL, 0, "[]");
}

void scale_reads_runs(struct api_call *call)
{
	struct body_faults faults = { .count = 0 };
	int64_t limit =
		body_query_int(&faults, call->req, "limit", 1, INT64_MAX, RUNS_PAGE);

	if (faults.count)
		body_faults_send(call->req, &faults);
	else
		ask(call, STORE_SCALE_RUNS, request_query(call->req, "session_id"),
		    limit > RUNS_MAX ? RUNS_MAX : limit, "[]");
	body_faults_deinit(&faults);
}

void scale_reads_run(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		ask(call, STORE_SCALE_RUN, call->params[0], 0, NULL);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}

/* -- workers: the registry, or nothing of it -- */

void scale_reads_workers(struct api_call *call)
{
	if (call->port->intake->health(call->port->intake->self).pg_connected)
		workers_list(call);
	else
		send_text(call->req, "[]");
}

/* -- the queue -- */

static void on_stats(void *arg, enum errors_code error, const struct port_stats *stats)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		send_text(call->req, NO_STORE);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_bool(&w, "available", true);
	jsonw_pair_int(&w, "queued", stats->queued);
	jsonw_pair_int(&w, "active", stats->active);
	/* stock's "failed" are jobs that ended without a result: our dead letters */
	jsonw_pair_int(&w, "failed", stats->dead);
	jsonw_pair_int(&w, "dlq_count", stats->dead);
	jsonw_pair_int(&w, "oldest_ms", stats->oldest_ms);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void scale_reads_queue(struct api_call *call)
{
	call->port->fleet->stats(call->port->fleet->self, on_stats, call);
}
