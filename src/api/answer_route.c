/*
 * answer_route.c - POST .../runs/{id}/resume: a person's answer
 *
 * 202 when the answer is committed; 409 for a run that waits for none, for the second who
 * answers, and when it is not said which of several questions is meant.
 */
#include "api/answer_route.h"

#include "api/answers.h"
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/run_body.h"
#include "api/runs_port.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/state.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define PATH_MAX_BYTES 4096 /* of a question, inside parallel steps and loops */

static void on_answered(void *arg, enum errors_code error, const char *detail,
			const struct body_faults *faults)
{
	struct api_call *call = arg;
	struct str body = STR_INIT, url = STR_INIT;
	struct jsonw w;

	if (faults) {
		body_faults_send(call->req, faults);
		return;
	}
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
	jsonw_pair_text(&w, "status", "resuming");
	jsonw_pair_text(&w, "stream_url", str_text(&url));
	jsonw_object_end(&w);
	str_deinit(&url);
	response_json(call->req, 202, &body);
}

/* A text is the object that stock makes of it. */
static void print_answer(const struct json *response, struct str *out)
{
	struct str raw = STR_INIT;
	struct jsonw w;

	if (jsonr_type(response) == JSONR_NULL) {
		str_add_text(out, "{}");
	} else if (jsonr_type(response) == JSONR_STRING) {
		jsonw_init(&w, out);
		jsonw_object(&w);
		jsonw_key(&w, "response");
		jsonw_text_n(&w, jsonr_text(response), jsonr_text_len(response));
		jsonw_object_end(&w);
	} else {
		jsonr_print(response, &raw);
		jsontext_storable(out, str_text(&raw), raw.len);
	}
	str_deinit(&raw);
}

static void read_answer(struct body_faults *faults, const struct body_at *body,
			const struct json *doc, struct arena *arena,
			struct answers_ask *ask)
{
	const struct json *response = jsonr_get(doc, "response");
	const struct body_at at = { body, "response", 0 };
	struct str text = STR_INIT;

	if (jsonr_type(response) != JSONR_NULL && jsonr_type(response) != JSONR_STRING &&
	    jsonr_type(response) != JSONR_OBJECT) {
		body_fault(faults, &at, "dict_type",
			   "Input should be a valid dictionary or string");
		return;
	}
	if (jsonr_has_nul(response)) {
		body_fault(faults, &at, "string_nul", "String should not hold U+0000");
		return;
	}
	print_answer(response, &text);
	if (jsontext_depth(str_text(&text), text.len) > STATE_DEPTH_MAX)
		body_fault(faults, &at, "too_deep", "Input is nested too deep");
	ask->answer_len = text.len;
	ask->answer = arena_dup_n(arena, str_text(&text), text.len);
	str_deinit(&text);
}

static void read_ask(struct body_faults *faults, const struct json *doc,
		     struct arena *arena, struct answers_ask *ask)
{
	const struct body_at at = { NULL, "body", 0 };

	if (doc && jsonr_type(doc) != JSONR_OBJECT) {
		body_fault(faults, &at, "dict_type", "must be an object");
		return;
	}
	read_answer(faults, &at, doc, arena, ask);
	ask->step = body_text(faults, &at, doc, "step_id", PATH_MAX_BYTES, arena);
	if (ask->step && !*ask->step)
		ask->step = NULL;
	run_body_read_webhook(faults, &at, doc, arena, &ask->webhook_url,
			      &ask->webhook_secret);
}

void answer_route_read(struct body_faults *faults, struct request *req,
		       struct answers_ask *ask)
{
	struct json *doc = NULL;
	size_t len;
	const char *text = request_body(req, &len);

	if (strspn(text, " \t\r\n") == len || body_parse(faults, text, len, 0, &doc))
		read_ask(faults, doc, request_arena(req), ask);
	jsonr_free(doc);
}

void answer_route_post(struct api_call *call)
{
	struct answers_ask ask = { .run_id = call->params[0],
				   .tenant_id = call->key_tenant };
	struct body_faults faults = { STR_INIT, 0 };

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_RUN, NULL);
		return;
	}
	answer_route_read(&faults, call->req, &ask);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		call->port->run->answer(call->port->run->self, &ask, on_answered, call);
	body_faults_deinit(&faults);
}
