/*
 * waits_route.c - GET /api/v2/waits: what waits for whom, and since when
 *
 * Open questions of runs that are parked, and of runs that go on beside them. A
 * caller whose key is bound to a tenant sees that one's.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/pairs.h"
#include "api/query.h"
#include "api/runs_port.h"
#include "base/jsonw.h"

static void print_question(struct jsonw *w, const struct store_open_question *question)
{
	jsonw_object(w);
	jsonw_pair_text(w, "run_id", question->run_id);
	jsonw_pair_text(w, "orchestration_id", question->orchestration_id);
	jsonw_pair_text(w, "tenant_id", question->tenant_id);
	jsonw_pair_text(w, "run_status", question->run_status);
	jsonw_pair_text(w, "step_id", question->step_id);
	jsonw_pair_text(w, "path", question->path);
	jsonw_pair_int(w, "execution", question->execution);
	jsonw_pair_text(w, "prompt", question->prompt);
	pairs_json(w, "fields", question->fields);
	jsonw_pair_text(w, "agent_context", question->context);
	pairs_moment(w, "opened_at", question->opened_at);
	pairs_moment(w, "deadline_at", question->deadline_at);
	jsonw_pair_int(w, "reminders", question->reminders);
	jsonw_object_end(w);
}

static void on_list(void *arg, enum errors_code error,
		    const struct store_open_question *questions, size_t count,
		    const char *next)
{
	struct api_call *call = arg;
	struct list_answer list;
	size_t i;

	if (!list_answer_begin(&list, call->req, error, "waits"))
		return;
	for (i = 0; i < count; i++)
		print_question(&list.w, &questions[i]);
	list_answer_send_page(&list, next);
}

void waits_route_list(struct api_call *call)
{
	struct request *req = call->req;
	struct body_faults faults = { STR_INIT, 0 };
	const char *tenant_id = query_id(&faults, req, "tenant_id");
	const struct store_questions_filter filter = {
		.tenant_id = tenant_id ? tenant_id : call->key_tenant,
		.orchestration_id = query_id(&faults, req, "orchestration_id"),
		.run_id = query_id(&faults, req, "run_id"),
		.after = query_after(&faults, req, store_questions_cursor_ok),
		.limit = query_limit(&faults, req),
	};

	if (faults.count > 0)
		body_faults_send(req, &faults);
	else if (tenant_id && !api_call_sees(call, tenant_id))
		errors_send(req, ERRORS_TENANT, NULL);
	else
		call->port->lists->questions(call->port->lists->self, &filter, on_list,
					     call);
	body_faults_deinit(&faults);
}
