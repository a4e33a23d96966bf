/*
 * runs.c - submissions one by one, and what became of runs
 *
 * POST .../{id}/run reads the body once, hands the submission to the port and answers
 * 202 when its row is committed, or (V1) when the run is over. The reads answer what the
 * row and the stream say; a run of another tenant than the key's is not found.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/event_answer.h"
#include "api/handlers.h"
#include "api/idempotency.h"
#include "api/inline_answer.h"
#include "api/outcome_wait.h"
#include "api/pairs.h"
#include "api/run_body.h"
#include "api/run_follow.h"
#include "api/run_pairs.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "events/tail.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define STEPS_DEFAULT 100
#define STEPS_MAX     500

/* -- submit -- */

enum start_shape {
	START_V2,       /* of a port that executes runs itself: when it is over */
	START_V1,       /* when it is over */
	START_FOLLOWED, /* its events */
};

struct start {
	struct api_call *call;
	struct port_run run;
	enum start_shape shape;
	const char *run_id; /* accepted */
	char sha256[DIGEST_HEX_SIZE];
};

static void on_over(void *arg, enum errors_code error, const struct port_result *result)
{
	struct start *start = arg;
	const struct port_run run = { .run_id = start->run_id, .result = result };

	if (error != ERRORS_NONE)
		errors_send(start->call->req, error, NULL);
	else if (result)
		inline_answer_send_v1(start->call->req, &run);
	else
		inline_answer_send_accepted(start->call->req, start->run_id, "queued");
}

/* Its events are the answer: of one that was accepted a moment ago, or, with a key that
 * was used, of one that may have ended long ago. */
static void follow(struct start *start)
{
	const struct tails_ask ask = {
		.run_id = start->run_id,
		.fresh = !start->run.replayed,
		.view = V1_VIEW_RUN,
	};

	run_follow_serve(start->call, &ask, "queued");
}

static void on_decided(struct port_run *run)
{
	struct start *start = run->arg;
	struct request *req = start->call->req;

	if (run->error == ERRORS_RATE) {
		response_header_int(req, "X-RateLimit-Limit", run->rate_limit);
		response_header(req, "X-RateLimit-Remaining", "0");
	}
	if (run->error != ERRORS_NONE) {
		errors_send(req, run->error, run->detail);
		return;
	}
	if (run->replayed)
		response_header(req, "Idempotency-Replayed", "true");
	start->run_id = arena_dup(request_arena(req), run->run_id);
	if (start->shape == START_FOLLOWED)
		follow(start);
	else if (run->result && start->shape == START_V1)
		inline_answer_send_v1(req, run);
	else if (run->result)
		inline_answer_send(req, run);
	else if (start->shape == START_V1 && !run->waited)
		outcome_wait(start->call, start->run_id, on_over, start);
	else
		inline_answer_send_accepted(req, run->run_id, "queued");
}

/* An empty body is an empty object. */
static void read_body(struct body_faults *faults, struct request *req,
		      struct run_body *ret)
{
	struct body_at at = { NULL, "body", 0 };
	struct json *doc;
	size_t len;
	const char *text = request_body(req, &len);

	memset(ret, 0, sizeof(*ret));
	ret->message = "";
	if (strspn(text, " \t\r\n") == len)
		return;
	if (body_parse(faults, text, len, 0, &doc))
		run_body_read(faults, &at, doc, request_arena(req), ret);
	jsonr_free(doc);
}

/* Whoever prefers so (RFC 7240) waits for no run, whoever executes it. */
static bool wants_to_wait(const struct request *req)
{
	const char *prefer = request_header(req, "Prefer");

	return !prefer || !strstr(prefer, "respond-async");
}

static void start_run(struct api_call *call, enum start_shape shape)
{
	struct request *req = call->req;
	struct start *start = arena_new(request_arena(req), struct start);
	struct body_faults faults = { STR_INIT, 0 };
	struct run_body body;
	const char *tenant_id;
	const char *text;
	size_t len;

	if (!api_call_id_ok(call->params[0])) {
		errors_send(req, ERRORS_NO_ORCHESTRATION, NULL);
		return;
	}
	start->call = call;
	start->shape = shape;
	start->run.wait = shape == START_V1 || (shape == START_V2 && wants_to_wait(req));
	start->run.idempotency_key = idempotency_key(req, &faults);
	read_body(&faults, req, &body);
	if (faults.count > 0) {
		body_faults_send(req, &faults);
		body_faults_deinit(&faults);
		return;
	}
	tenant_id = api_call_tenant(call, body.tenant_id);
	if (!tenant_id) {
		errors_send(req, ERRORS_TENANT, NULL);
		return;
	}
	run_body_fill(&body, &start->run);
	start->run.orchestration_id = call->params[0];
	start->run.tenant_id = tenant_id;
	if (start->run.idempotency_key) {
		text = request_body(req, &len);
		start->run.body_sha256 =
			idempotency_digest(call->params[0], text, len, start->sha256);
	}
	start->run.done = on_decided;
	start->run.arg = start;
	call->port->intake->submit(call->port->intake->self, &start->run);
}

void runs_start(struct api_call *call)
{
	start_run(call, START_V2);
}

void runs_start_v1(struct api_call *call)
{
	start_run(call, START_V1);
}

void runs_start_stream(struct api_call *call)
{
	start_run(call, START_FOLLOWED);
}

/* -- what became of it -- */

static void on_status(void *arg, enum errors_code error,
		      const struct store_run_status *run)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && !api_call_sees(call, run->tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	run_pairs_print(&w, run);
	pairs_moment(&w, "cancel_requested_at", run->cancel_requested_at);
	jsonw_pair_text(&w, "human_prompt", run->human_prompt);
	pairs_json(&w, "human_fields", run->human_fields);
	jsonw_pair_text(&w, "final_response", run->final_response);
	pairs_json(&w, "error", run->error);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void runs_status(struct api_call *call)
{
	if (api_call_id_ok(call->params[0]))
		call->port->run->get(call->port->run->self, call->params[0], on_status,
				     call);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}

/* -- events -- */

void runs_events(struct api_call *call)
{
	struct event_range *range = event_answer_new(call);
	const struct run_port *runs = call->port->run;
	struct body_faults faults = { STR_INIT, 0 };

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	range->key = "run_id";
	range->none = ERRORS_NO_RUN;
	event_answer_read(&faults, range);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		runs->events(runs->self, call->params[0], range->start, range->end,
			     range->limit + 1, event_answer_send, range);
	body_faults_deinit(&faults);
}

/* -- steps -- */

static void print_step(struct jsonw *w, const struct store_step *step)
{
	jsonw_object(w);
	jsonw_pair_int(w, "seq", step->seq);
	jsonw_pair_text(w, "kind", step->kind);
	jsonw_pair_text(w, "path", step->path);
	jsonw_pair_text(w, "step_id", step->step_id);
	jsonw_pair_int(w, "execution", step->execution);
	pairs_json(w, "error", step->error);
	pairs_json(w, "usage", step->usage);
	pairs_moment(w, "at", step->at);
	jsonw_object_end(w);
}

static void on_steps(void *arg, enum errors_code error, const char *tenant_id,
		     const struct store_step *steps, size_t count, int64_t next)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	if (error == ERRORS_NONE && !api_call_sees(call, tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", call->params[0]);
	jsonw_pair_int(&w, "count", (int64_t)count);
	jsonw_key(&w, "steps");
	jsonw_array(&w);
	for (i = 0; i < count; i++)
		print_step(&w, &steps[i]);
	jsonw_array_end(&w);
	jsonw_key(&w, "next");
	if (next)
		jsonw_int(&w, next);
	else
		jsonw_null(&w);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void runs_steps(struct api_call *call)
{
	struct request *req = call->req;
	struct body_faults faults = { STR_INIT, 0 };
	int64_t from;
	int limit;

	if (!api_call_id_ok(call->params[0])) {
		errors_send(req, ERRORS_NO_RUN, NULL);
		return;
	}
	from = body_query_int(&faults, req, "from", 1, INT64_MAX, 1);
	limit = (int)body_query_int(&faults, req, "limit", 1, STEPS_MAX, STEPS_DEFAULT);
	if (faults.count > 0)
		body_faults_send(req, &faults);
	else
		call->port->run->steps(call->port->run->self, call->params[0], from,
				       limit, on_steps, call);
	body_faults_deinit(&faults);
}
