/*
 * run_list.c - GET /api/v2/runs: runs by filter, newest first
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/query.h"
#include "api/run_filter.h"
#include "api/run_pairs.h"
#include "api/runs_port.h"

static void on_list(void *arg, enum errors_code error,
		    const struct store_run_status *runs, size_t count, const char *next)
{
	struct api_call *call = arg;
	struct list_answer list;
	size_t i;

	if (!list_answer_begin(&list, call->req, error, "runs"))
		return;
	for (i = 0; i < count; i++) {
		jsonw_object(&list.w);
		run_pairs_print(&list.w, &runs[i]);
		run_pairs_more(&list.w, &runs[i]);
		jsonw_object_end(&list.w);
	}
	list_answer_send_page(&list, next);
}

void run_list_get(struct api_call *call)
{
	struct request *req = call->req;
	struct body_faults faults = { STR_INIT, 0 };
	struct store_run_filter filter;

	if (!run_filter_read(&faults, call, &filter))
		goto out;
	filter.limit = query_limit(&faults, req);
	filter.after = query_after(&faults, req, store_runs_cursor_ok);
	if (faults.count > 0)
		body_faults_send(req, &faults);
	else
		call->port->lists->runs(call->port->lists->self, &filter, on_list, call);
out:
	body_faults_deinit(&faults);
}
