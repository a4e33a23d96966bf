/*
 * inline_answer.c - the answer to a submission whose run is over already
 */
#include "api/inline_answer.h"

#include "api/pairs.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/response.h"

#define RUNS_PATH "/api/v2/orchestrations/runs/"

static void pair_url(struct jsonw *w, const char *key, const char *run_id,
		     const char *what)
{
	struct str url = STR_INIT;

	str_printf(&url, RUNS_PATH "%s/%s", run_id, what);
	jsonw_pair_text(w, key, str_text(&url));
	str_deinit(&url);
}

static void print_asked(struct jsonw *w, const struct port_asked *asked)
{
	jsonw_key(w, "human_input_required");
	jsonw_object(w);
	jsonw_pair_text(w, "step_id", asked->step_id);
	jsonw_pair_text(w, "path", asked->path);
	jsonw_pair_text(w, "prompt", asked->prompt);
	pairs_json(w, "fields", asked->fields);
	jsonw_pair_text(w, "agent_context", asked->context);
	jsonw_object_end(w);
}

static void print_outcome(struct jsonw *w, const struct port_run *run)
{
	const struct port_result *result = run->result;

	jsonw_pair_text(w, "run_id", run->run_id);
	jsonw_pair_text(w, "status", result->status);
	jsonw_pair_text(w, "response", result->response);
	pairs_json(w, "shared_state", result->state);
	pairs_json(w, "step_history", result->history);
	pairs_json(w, "error", result->error);
	if (result->asked)
		print_asked(w, result->asked);
}

void inline_answer_send(struct request *req, const struct port_run *run)
{
	const struct port_result *result = run->result;
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_outcome(&w, run);
	if (result->events)
		jsonw_pair_raw(&w, "events", result->events, result->events_len);
	else
		jsonw_pair_text(&w, "events", NULL);
	pair_url(&w, "stream_url", run->run_id, "stream");
	pair_url(&w, "status_url", run->run_id, "status");
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

void inline_answer_send_v1(struct request *req, const struct port_run *run)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_outcome(&w, run);
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

void inline_answer_send_accepted(struct request *req, const char *run_id,
				 const char *status)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", run_id);
	jsonw_pair_text(&w, "status", status);
	pair_url(&w, "stream_url", run_id, "stream");
	pair_url(&w, "status_url", run_id, "status");
	jsonw_object_end(&w);
	response_json(req, 202, &body);
}
