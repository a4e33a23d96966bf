/*
 * estimate_route.c - GET /api/orchestrations/{id}/estimate: what a run may cost
 *
 * Means of the last runs that have completed, as lists have them. Without any all is 0,
 * and sample_size says so.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#define SAMPLE_DEFAULT 5
#define SAMPLE_MAX     50
#define PAGES_MAX      20 /* those of files may be short, or empty */

struct estimate {
	struct api_call *call;
	int wanted;
	int read, pages;
	double cost_usd;
	int64_t tokens;
	int64_t cached; /* of them */
};

static void send(const struct estimate *estimate)
{
	double runs = estimate->read ? estimate->read : 1;
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_int(&w, "sample_size", estimate->read);
	jsonw_pair_double(&w, "average_cost_usd", estimate->cost_usd / runs);
	/* in per cent, as /api/scale/analytics has it */
	jsonw_pair_double(&w, "average_cache_hit_rate",
			  estimate->tokens ? 100. * (double)estimate->cached /
						     (double)estimate->tokens
					   : 0.);
	jsonw_pair_double(&w, "average_cache_read_tokens",
			  (double)estimate->cached / runs);
	jsonw_object_end(&w);
	response_json(estimate->call->req, 200, &body);
}

static void read_page(struct estimate *estimate, const char *after);

static void on_list(void *arg, enum errors_code error,
		    const struct store_run_status *runs, size_t count, const char *next)
{
	struct estimate *estimate = arg;
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(estimate->call->req, error, NULL);
		return;
	}
	for (i = 0; i < count; i++) {
		estimate->read++;
		estimate->cost_usd += runs[i].total_cost_usd;
		estimate->tokens += runs[i].total_tokens_used;
		estimate->cached += runs[i].cache_read_tokens;
	}
	if (next && estimate->read < estimate->wanted && ++estimate->pages < PAGES_MAX)
		read_page(estimate, next);
	else
		send(estimate);
}

static void read_page(struct estimate *estimate, const char *after)
{
	const struct api_call *call = estimate->call;
	const struct list_port *lists = call->port->lists;
	const struct store_run_filter filter = {
		.tenant_id = call->key_tenant,
		.orchestration_id = call->params[0],
		.status = "completed",
		.after = after,
		.limit = estimate->wanted - estimate->read,
	};

	lists->runs(lists->self, &filter, on_list, estimate);
}

static void on_definition(void *arg, enum errors_code error,
			  const struct store_definition *definition)
{
	struct estimate *estimate = arg;

	(void)definition;
	if (error == ERRORS_NONE)
		read_page(estimate, NULL);
	else
		errors_send(estimate->call->req, error, NULL);
}

void estimate_route_get(struct api_call *call)
{
	struct estimate *estimate = arena_new(request_arena(call->req), struct estimate);
	const struct intake_port *intake = call->port->intake;
	struct body_faults faults = { STR_INIT, 0 };

	estimate->call = call;
	estimate->wanted = (int)body_query_int(&faults, call->req, "sample_size", 1,
					       SAMPLE_MAX, SAMPLE_DEFAULT);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_ORCHESTRATION, NULL);
	else
		intake->definition(intake->self, STORE_ORCHESTRATION, call->params[0],
				   on_definition, estimate);
	body_faults_deinit(&faults);
}
