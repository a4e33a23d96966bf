/*
 * analytics_route.c - GET /api/v2/analytics, GET /api/v2/analytics/minutes
 *
 * Groups of runs are summed from their rows, or out of files, so what may be asked for is
 * bounded: 92 days (8 by hour), 200 groups, 5 s, and one question at a time for each API
 * child: the sums of some must not take the connections that everybody's requests need.
 *
 * Minutes are sums of the fleet that cost the same however many runs there were: for who
 * looks again and again. They know no tenants, so a key that is bound to one has none.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/query.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define DAY_MS          86400000LL
#define DAYS_MAX        92
#define DAYS_MAX_HOURLY 8
#define DAYS_DEFAULT    7
#define GROUPS_MAX      200
#define MINUTES_DEFAULT 60
#define MINUTES_MAX     1440

/* In an API child: is a question under way? */
static bool asking;

struct question {
	struct api_call *call;
	struct store_analytics_ask ask;
};

static void print_raw(struct jsonw *w, const char *key, const char *json)
{
	if (json)
		jsonw_pair_raw(w, key, json, strlen(json));
	else
		jsonw_pair_text(w, key, NULL);
}

/* NULL: what the table of errors says. */
static const char *why(const struct question *question, enum errors_code error)
{
	if (error == ERRORS_POSTGRES)
		return "Postgres is away, or this was too much for 5 s: ask for a "
		       "shorter time";
	if (error == ERRORS_SCALE_ONLY && strcmp(question->ask.by, "model") == 0)
		return "only scale mode sums by model: here GET /api/v2/runs/{run_id} "
		       "has the calls of one run";
	return NULL;
}

static void on_groups(void *arg, enum errors_code error,
		      const struct store_analytics *got)
{
	struct question *question = arg;
	struct request *req = question->call->req;
	struct str body = STR_INIT;
	struct jsonw w;

	asking = false;
	if (error != ERRORS_NONE) {
		errors_send(req, error, why(question, error));
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "by", question->ask.by);
	jsonw_pair_int(&w, "since_ms", question->ask.since_ms);
	jsonw_pair_int(&w, "until_ms", question->ask.until_ms);
	print_raw(&w, "groups", got->groups);
	print_raw(&w, "total", got->total);
	jsonw_pair_bool(&w, "more", got->more);
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

static bool by_ok(const char *by)
{
	static const char *const known[] = { "day", "hour", "orchestration", "tenant",
					     "model" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i], by) == 0)
			return true;
	return false;
}

static void read_question(struct body_faults *faults, struct request *req,
			  struct store_analytics_ask *ask)
{
	const char *by = request_query(req, "by");
	int64_t max;

	ask->by = by ? by : "day";
	if (!by_ok(ask->by))
		body_query_fault(faults, "by", "enum",
				 "Input should be 'day', 'hour', 'orchestration', "
				 "'tenant' or 'model'");
	ask->until_ms = query_moment(faults, req, "until", clock_wall_ms());
	ask->since_ms =
		query_moment(faults, req, "since", ask->until_ms - DAYS_DEFAULT * DAY_MS);
	max = (strcmp(ask->by, "hour") == 0 ? DAYS_MAX_HOURLY : DAYS_MAX) * DAY_MS;
	if (ask->since_ms >= ask->until_ms || ask->until_ms - ask->since_ms > max)
		body_query_fault(faults, "since", "range",
				 "Input should be before until, by 92 days at most, by "
				 "8 of them by hour");
	ask->orchestration_id = query_id(faults, req, "orchestration_id");
	ask->tenant_id = query_id(faults, req, "tenant_id");
	ask->groups_max = GROUPS_MAX;
}

void analytics_route_get(struct api_call *call)
{
	struct question *question = arena_new(request_arena(call->req), struct question);
	struct body_faults faults = { STR_INIT, 0 };
	const struct list_port *lists = call->port->lists;

	question->call = call;
	read_question(&faults, call->req, &question->ask);
	if (faults.count > 0) {
		body_faults_send(call->req, &faults);
	} else if (question->ask.tenant_id &&
		   !api_call_sees(call, question->ask.tenant_id)) {
		errors_send(call->req, ERRORS_TENANT, NULL);
	} else if (asking) {
		errors_send(call->req, ERRORS_BUSY, NULL);
	} else {
		if (!question->ask.tenant_id)
			question->ask.tenant_id = call->key_tenant;
		asking = true;
		lists->sums(lists->self, &question->ask, on_groups, question);
	}
	body_faults_deinit(&faults);
}

/* -- minutes -- */

static void on_minutes(void *arg, enum errors_code error, const struct store_minutes *got)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "now", got->now);
	print_raw(&w, "minutes", got->minutes);
	print_raw(&w, "today", got->today);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void analytics_route_minutes(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	int64_t minutes = body_query_int(&faults, call->req, "minutes", 1, MINUTES_MAX,
					 MINUTES_DEFAULT);
	const struct list_port *lists = call->port->lists;

	if (faults.count > 0) {
		body_faults_send(call->req, &faults);
	} else if (call->key_tenant) {
		errors_send(call->req, ERRORS_TENANT,
			    "sums of the fleet are not for a key that is bound to a "
			    "tenant");
	} else {
		lists->minutes(lists->self, minutes, on_minutes, call);
	}
	body_faults_deinit(&faults);
}
