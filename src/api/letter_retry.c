/*
 * letter_retry.c - POST /api/v2/dead-letters/{id}/retry, POST /api/scale/dlq/{id}/retry
 *
 * 202 with the run that goes on: the letter's own, or a new one when the body says what
 * it is to be started with. The second is stock's form of it, for the settings page.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/letter_acts.h"
#include "api/run_body.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_letters.h"

#include <string.h>

static void answer(struct api_call *call, int status, const char *word,
		   const char *id_key, const char *new_run)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", word);
	jsonw_pair_text(&w, id_key, call->params[0]);
	jsonw_pair_text(&w, "run_id", new_run);
	jsonw_object_end(&w);
	response_json(call->req, status, &body);
}

static void on_retried(void *arg, enum errors_code error, const char *detail,
		       const char *new_run)
{
	struct api_call *call = arg;

	if (error == ERRORS_NONE)
		answer(call, 202, "queued", "id", new_run);
	else
		errors_send(call->req, error, detail);
}

/* An empty body is an empty object. NULL: nothing is to be changed. */
static const struct run_edit *read_edit(struct body_faults *faults, struct request *req)
{
	const struct body_at at = { NULL, "body", 0 };
	struct arena *arena = request_arena(req);
	struct run_edit *edit = arena_new(arena, struct run_edit);
	struct json *doc = NULL;
	struct run_body body;
	const char *text;
	size_t len;

	text = request_body(req, &len);
	if (strspn(text, " \t\r\n") == len || !body_parse(faults, text, len, 0, &doc))
		return NULL;
	run_body_read(faults, &at, doc, arena, &body);
	if (jsonr_type(jsonr_get(doc, "message")) != JSONR_NULL)
		edit->message = body.message;
	edit->inputs = body.inputs;
	edit->metadata = body.metadata;
	jsonr_free(doc);
	return edit->message || edit->inputs || edit->metadata ? edit : NULL;
}

void letter_retry_post(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	const struct run_edit *edit;

	if (!store_letters_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_LETTER, NULL);
		return;
	}
	edit = read_edit(&faults, call->req);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		letter_acts_retry(call, call->params[0], edit, on_retried, call);
	body_faults_deinit(&faults);
}

static void on_stock_retried(void *arg, enum errors_code error, const char *detail,
			     const char *new_run)
{
	struct api_call *call = arg;

	if (error == ERRORS_NONE)
		answer(call, 200, "re-enqueued", "dlq_id", new_run);
	else
		errors_send(call->req, error, detail);
}

void letter_retry_stock(struct api_call *call)
{
	if (!call->port->manage)
		errors_send(call->req, ERRORS_POSTGRES, NULL);
	else if (store_letters_id_ok(call->params[0]))
		letter_acts_retry(call, call->params[0], NULL, on_stock_retried, call);
	else
		errors_send(call->req, ERRORS_NO_LETTER, NULL);
}
