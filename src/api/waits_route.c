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
#include "api/pairs.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define LIST_DEFAULT 50
#define LIST_MAX     200

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
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "waits");
	jsonw_array(&w);
	for (i = 0; i < count; i++)
		print_question(&w, &questions[i]);
	jsonw_array_end(&w);
	jsonw_pair_text(&w, "next", next);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

static void check_id(struct body_faults *faults, const char *name, const char *id)
{
	if (id && !api_call_id_ok(id))
		body_query_fault(faults, name, "string_length",
				 "Id should have 1 to 255 bytes");
}

void waits_route_list(struct api_call *call)
{
	struct request *req = call->req;
	struct body_faults faults = { STR_INIT, 0 };
	const char *tenant_id = request_query(req, "tenant_id");
	struct store_questions_filter filter = {
		.tenant_id = tenant_id ? tenant_id : call->key_tenant,
		.orchestration_id = request_query(req, "orchestration_id"),
		.run_id = request_query(req, "run_id"),
		.after = request_query(req, "after"),
	};

	filter.limit =
		(int)body_query_int(&faults, req, "limit", 1, LIST_MAX, LIST_DEFAULT);
	check_id(&faults, "tenant_id", tenant_id);
	check_id(&faults, "orchestration_id", filter.orchestration_id);
	check_id(&faults, "run_id", filter.run_id);
	if (filter.after && !store_questions_cursor_ok(filter.after))
		body_query_fault(&faults, "after", "cursor",
				 "Input should be a cursor of this list");
	if (faults.count > 0)
		body_faults_send(req, &faults);
	else if (tenant_id && !api_call_sees(call, tenant_id))
		errors_send(req, ERRORS_TENANT, NULL);
	else
		call->port->lists->questions(call->port->lists->self, &filter, on_list,
					     call);
	body_faults_deinit(&faults);
}
