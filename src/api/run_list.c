/*
 * run_list.c - GET /api/v2/runs: runs by filter, newest first
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/run_filter.h"
#include "api/run_pairs.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#define LIST_DEFAULT 50
#define LIST_MAX     200

static void on_list(void *arg, enum errors_code error,
		    const struct store_run_status *runs, size_t count, const char *next)
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
	jsonw_key(&w, "runs");
	jsonw_array(&w);
	for (i = 0; i < count; i++) {
		jsonw_object(&w);
		run_pairs_print(&w, &runs[i]);
		run_pairs_more(&w, &runs[i]);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_pair_text(&w, "next", next);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void run_list_get(struct api_call *call)
{
	struct request *req = call->req;
	struct body_faults faults = { STR_INIT, 0 };
	struct store_run_filter filter;

	if (!run_filter_read(&faults, call, &filter))
		goto out;
	filter.limit =
		(int)body_query_int(&faults, req, "limit", 1, LIST_MAX, LIST_DEFAULT);
	filter.after = request_query(req, "after");
	if (filter.after && !store_runs_cursor_ok(filter.after))
		body_query_fault(&faults, "after", "cursor",
				 "Input should be a cursor of this list");
	if (faults.count > 0)
		body_faults_send(req, &faults);
	else
		call->port->lists->runs(call->port->lists->self, &filter, on_list, call);
out:
	body_faults_deinit(&faults);
}
