/*
 * page_events.c - GET /api/orchestrations/runs/{id}/events: behind the last one seen
 *
 * Stock's page asks again and again with `after` being the `last_id` of before, 0 at
 * first.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/event_answer.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "api/stream_id.h"
#include "base/str.h"
#include "server/request.h"

/* What is asked for beyond EVENT_ANSWER_MAX comes with the next request. */
static int read_limit(struct body_faults *faults, const struct request *req)
{
	int64_t limit =
		body_query_int(faults, req, "limit", 1, INT64_MAX, EVENT_ANSWER_MAX);

	return limit > EVENT_ANSWER_MAX ? EVENT_ANSWER_MAX : (int)limit;
}

void page_events_list(struct api_call *call)
{
	struct event_range *range = event_answer_new(call);
	const struct run_port *runs = call->port->run;
	struct body_faults faults = { STR_INIT, 0 };
	const char *after = request_query(call->req, "after");
	struct str bound = STR_INIT;

	range->key = "run_id";
	range->none = ERRORS_NO_RUN;
	range->before = after && *after ? after : "0";
	range->limit = read_limit(&faults, call->req);
	str_add_char(&bound, '(');
	str_add_text(&bound, range->before);
	if (!stream_id_start(str_text(&bound), range->start))
		body_query_fault(&faults, "after", "stream_id",
				 "Input should be the id of an event");
	str_deinit(&bound);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_RUN, NULL);
	else
		runs->events(runs->self, call->params[0], range->start, "+",
			     range->limit + 1, event_answer_send, range);
	body_faults_deinit(&faults);
}
