/*
 * v1_routes.c - /api/v1: answers that wait for ends
 *
 * Stock's V1 executes runs in the server that is asked, and answers when they are over.
 * Here a run is a run, whoever executes it; what V1 adds is the waiting, with a bound. A
 * start is in runs.c and a message in v1_chat.c: what an answer to a question leads to is
 * waited for here.
 */
#include "api/answer_route.h"
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/inline_answer.h"
#include "api/outcome_wait.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/str.h"
#include "server/request.h"

/* -- an answer to a question -- */

struct resuming {
	struct api_call *call;
	struct answers_ask ask;
};

static void on_over(void *arg, enum errors_code error, const struct port_result *result)
{
	struct resuming *resuming = arg;
	struct api_call *call = resuming->call;
	const struct port_run run = { .run_id = call->params[0], .result = result };

	if (error != ERRORS_NONE)
		errors_send(call->req, error, NULL);
	else if (result)
		inline_answer_send_v1(call->req, &run);
	else
		inline_answer_send_accepted(call->req, call->params[0], "running");
}

static void on_answered(void *arg, enum errors_code error, const char *detail,
			const struct body_faults *faults)
{
	struct resuming *resuming = arg;
	struct api_call *call = resuming->call;

	if (faults)
		body_faults_send(call->req, faults);
	else if (error != ERRORS_NONE)
		errors_send(call->req, error, detail);
	else
		outcome_wait(call, call->params[0], on_over, resuming);
}

void v1_routes_resume(struct api_call *call)
{
	struct resuming *resuming = arena_new(request_arena(call->req), struct resuming);
	struct body_faults faults = { STR_INIT, 0 };

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	resuming->call = call;
	resuming->ask.run_id = call->params[0];
	resuming->ask.tenant_id = call->key_tenant;
	answer_route_read(&faults, call->req, &resuming->ask);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		call->port->run->answer(call->port->run->self, &resuming->ask,
					on_answered, resuming);
	body_faults_deinit(&faults);
}
