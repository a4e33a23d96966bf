/*
 * resume_route.c - POST .../runs/{id}/resume-failed
 *
 * 202 when the next attempt is committed; 409 for a run that did not fail.
 */
#include "api/resume_route.h"

#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "run/definition.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

static void on_resumed(void *arg, enum errors_code error, const char *detail,
		       int64_t attempt)
{
	struct api_call *call = arg;
	struct str body = STR_INIT, url = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, detail);
		return;
	}
	str_add_text(&url, "/api/v2/orchestrations/runs/");
	ids_encode(&url, call->params[0]);
	str_add_text(&url, "/stream");
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", call->params[0]);
	jsonw_pair_text(&w, "status", "queued");
	jsonw_pair_int(&w, "attempt", attempt);
	jsonw_pair_text(&w, "stream_url", str_text(&url));
	jsonw_object_end(&w);
	str_deinit(&url);
	response_json(call->req, 202, &body);
}

/* An empty body is an empty object. */
const char *resume_route_from(struct body_faults *faults, struct request *req)
{
	const struct body_at at = { NULL, "body", 0 };
	const char *text, *from = NULL;
	struct json *doc = NULL;
	size_t len;

	text = request_body(req, &len);
	if (strspn(text, " \t\r\n") == len || !body_parse(faults, text, len, 0, &doc))
		return NULL;
	if (doc && jsonr_type(doc) != JSONR_OBJECT)
		body_fault(faults, &at, "dict_type", "must be an object");
	else if (doc)
		from = body_text(faults, &at, doc, "from_step", DEFINITION_ID_MAX,
				 request_arena(req));
	jsonr_free(doc);
	return from && *from ? from : NULL;
}

void resume_route_post(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	const char *from;

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	from = resume_route_from(&faults, call->req);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		call->port->run->resume_failed(call->port->run->self, call->params[0],
					       call->key_tenant, from, on_resumed, call);
	body_faults_deinit(&faults);
}
