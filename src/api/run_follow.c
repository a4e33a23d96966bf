/*
 * run_follow.c - requests whose answer is what a run says from then on
 *
 *	POST /api/v1/orchestrations/runs/{id}/resume/stream, and the page's human-input
 *	POST /api/orchestrations/runs/{id}/resume     a failed run
 *
 * Where the run's events stand is asked before it is made to go on: what follows is not
 * known to be new otherwise, and what was before was told to somebody else.
 */
#include "api/run_follow.h"

#include "api/answer_route.h"
#include "api/answers.h"
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/inline_answer.h"
#include "api/resume_route.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/event_id.h"
#include "events/tail.h"
#include "server/request.h"

struct run_follow;

/* `after` is set: do what makes the run go on, then open_stream() or an error. */
typedef void (*run_follow_cb)(struct run_follow *follow);

/* The request's; the first part is filled by who begins it. */
struct run_follow {
	struct api_call *call;
	run_follow_cb act;

	struct event_id after; /* the run's newest event before the act */
};

static void on_newest(void *arg, enum errors_code error, const struct event_id *id)
{
	struct run_follow *follow = arg;

	if (error != ERRORS_NONE) {
		errors_send(follow->call->req, error, NULL);
		return;
	}
	follow->after = *id;
	follow->act(follow);
}

/* Of the run that the path names; nothing but act or an error follows. */
static void begin(struct run_follow *follow)
{
	const struct run_port *runs = follow->call->port->run;

	runs->newest(runs->self, follow->call->params[0], on_newest, follow);
}

void run_follow_serve(const struct api_call *call, const struct tails_ask *ask,
		      const char *status)
{
	const struct run_port *runs = call->port->run;
	struct err err;

	if (runs->follow(runs->self, call->req, ask, &err) == 0)
		return;
	log_warn("events.stream_refused", LOG_S("run", ask->run_id),
		 LOG_S("error", err.text));
	inline_answer_send_accepted(call->req, ask->run_id, status);
}

/* The answer: its events behind `after`, as V1 has them. */
static void open_stream(const struct run_follow *follow)
{
	const struct tails_ask ask = {
		.run_id = follow->call->params[0],
		.after = follow->after,
		.view = V1_VIEW_RUN,
	};

	run_follow_serve(follow->call, &ask, "running");
}

/* -- an answer to a question -- */

struct answering {
	struct run_follow follow;
	struct answers_ask ask;
};

static void on_answered(void *arg, enum errors_code error, const char *detail,
			const struct body_faults *faults)
{
	const struct answering *answering = arg;
	struct request *req = answering->follow.call->req;

	if (faults)
		body_faults_send(req, faults);
	else if (error != ERRORS_NONE)
		errors_send(req, error, detail);
	else
		open_stream(&answering->follow);
}

static void answer(struct run_follow *follow)
{
	struct answering *answering = mem_container(follow, struct answering, follow);
	const struct run_port *runs = follow->call->port->run;

	runs->answer(runs->self, &answering->ask, on_answered, answering);
}

void run_follow_answer(struct api_call *call)
{
	struct answering *answering =
		arena_new(request_arena(call->req), struct answering);
	struct body_faults faults = { STR_INIT, 0 };

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	answering->follow.call = call;
	answering->follow.act = answer;
	answering->ask.run_id = call->params[0];
	answering->ask.tenant_id = call->key_tenant;
	answer_route_read(&faults, call->req, &answering->ask);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		begin(&answering->follow);
	body_faults_deinit(&faults);
}

/* -- a run that failed -- */

struct retrying {
	struct run_follow follow;
	const char *from_step; /* NULL: what failed */
};

static void on_resumed(void *arg, enum errors_code error, const char *detail,
		       int64_t attempt)
{
	const struct retrying *retrying = arg;

	(void)attempt;
	if (error != ERRORS_NONE)
		errors_send(retrying->follow.call->req, error, detail);
	else
		open_stream(&retrying->follow);
}

static void retry(struct run_follow *follow)
{
	struct retrying *retrying = mem_container(follow, struct retrying, follow);
	struct api_call *call = follow->call;
	const struct run_port *runs = call->port->run;

	runs->resume_failed(runs->self, call->params[0], call->key_tenant,
			    retrying->from_step, on_resumed, retrying);
}

void run_follow_retry(struct api_call *call)
{
	struct retrying *retrying = arena_new(request_arena(call->req), struct retrying);
	struct body_faults faults = { STR_INIT, 0 };

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	retrying->follow.call = call;
	retrying->follow.act = retry;
	retrying->from_step = resume_route_from(&faults, call->req);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		begin(&retrying->follow);
	body_faults_deinit(&faults);
}
