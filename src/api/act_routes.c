/*
 * act_routes.c - DELETE /api/v2/runs/{id} and POST /api/v2/runs/{id}/retry
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/run_acts.h"
#include "api/run_body.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "run/definition.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

static void send(struct request *req, int status, const char *word, const char *run_id,
		 const char *retry_of)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", run_id);
	jsonw_pair_text(&w, "status", word);
	if (retry_of)
		jsonw_pair_text(&w, "retry_of", retry_of);
	jsonw_object_end(&w);
	response_json(req, status, &body);
}

static void on_deleted(void *arg, enum errors_code error, const char *detail,
		       const char *new_run)
{
	struct api_call *call = arg;

	(void)new_run;
	if (error != ERRORS_NONE)
		errors_send(call->req, error, detail);
	else
		send(call->req, 200, "deleted", call->params[0], NULL);
}

void act_routes_delete(struct api_call *call)
{
	run_acts_do(call, RUN_ACT_DELETE, call->params[0], NULL, NULL, on_deleted, call);
}

static void on_retried(void *arg, enum errors_code error, const char *detail,
		       const char *new_run)
{
	struct api_call *call = arg;

	if (error != ERRORS_NONE)
		errors_send(call->req, error, detail);
	else
		send(call->req, 202, "queued", new_run ? new_run : call->params[0],
		     new_run ? call->params[0] : NULL);
}

/* An empty body is an empty object. */
static struct json *read_object(struct body_faults *faults, struct request *req)
{
	const struct body_at at = { NULL, "body", 0 };
	struct json *doc = NULL;
	const char *text;
	size_t len;

	text = request_body(req, &len);
	if (strspn(text, " \t\r\n") == len || !body_parse(faults, text, len, 0, &doc))
		return NULL;
	if (doc && jsonr_type(doc) != JSONR_OBJECT)
		body_fault(faults, &at, "dict_type", "must be an object");
	return doc;
}

void act_routes_retry(struct api_call *call)
{
	const struct body_at at = { NULL, "body", 0 };
	struct body_faults faults = { STR_INIT, 0 };
	struct arena *arena = request_arena(call->req);
	struct run_edit *edit = arena_new(arena, struct run_edit);
	struct json *doc = read_object(&faults, call->req);
	const char *from = NULL;
	struct run_body body;

	if (doc && !faults.count) {
		run_body_read(&faults, &at, doc, arena, &body);
		from = body_text(&faults, &at, doc, "from_step", DEFINITION_ID_MAX,
				 arena);
		if (jsonr_type(jsonr_get(doc, "message")) != JSONR_NULL)
			edit->message = body.message;
		edit->inputs = body.inputs;
		edit->metadata = body.metadata;
	}
	if (from && *from && (edit->message || edit->inputs))
		body_fault(&faults, &at, "retry",
			   "from_step goes on with what the run has: message and inputs "
			   "are of a new one");
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (from && *from)
		run_acts_do(call, RUN_ACT_RESUME_FAILED, call->params[0], from, NULL,
			    on_retried, call);
	else
		run_acts_do(call, RUN_ACT_RETRY, call->params[0], NULL, edit, on_retried,
			    call);
	jsonr_free(doc);
	body_faults_deinit(&faults);
}
