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
#include "base/arena.h"
#include "base/str.h"
#include "server/request.h"

#define EVENTS_MAX 1000

struct range {
	struct api_call *call;
	const char *after;
	int limit;
};

static void on_events(void *arg, enum errors_code error, const char *tenant_id,
		      const struct port_event *events, size_t count)
{
	struct range *range = arg;
	struct api_call *call = range->call;

	if (error == ERRORS_NONE && !api_call_sees(call, tenant_id))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE)
		event_answer_send_behind(call->req, call->params[0], range->after, events,
					 count, (size_t)range->limit);
	else
		errors_send(call->req, error, NULL);
}

/* What is asked for beyond EVENTS_MAX comes with the next request. */
static int read_limit(struct body_faults *faults, const struct request *req)
{
	int64_t limit = body_query_int(faults, req, "limit", 1, INT64_MAX, EVENTS_MAX);

	return limit > EVENTS_MAX ? EVENTS_MAX : (int)limit;
}

void page_events_list(struct api_call *call)
{
	struct range *range = arena_new(request_arena(call->req), struct range);
	const struct run_port *runs = call->port->run;
	struct body_faults faults = { STR_INIT, 0 };
	const char *after = request_query(call->req, "after");
	char start[STREAM_ID_MAX] = "";
	struct str bound = STR_INIT;

	range->call = call;
	range->after = after && *after ? after : "0";
	range->limit = read_limit(&faults, call->req);
	str_add_char(&bound, '(');
	str_add_text(&bound, range->after);
	if (!stream_id_start(str_text(&bound), start))
		body_query_fault(&faults, "after", "stream_id",
				 "Input should be the id of an event");
	str_deinit(&bound);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_RUN, NULL);
	else /* one more than shown tells whether there is more */
		runs->events(runs->self, call->params[0], start, "+", range->limit + 1,
			     on_events, range);
	body_faults_deinit(&faults);
}
