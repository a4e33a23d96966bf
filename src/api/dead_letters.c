/*
 * dead_letters.c - what died too often, and what an operator does about it
 *
 * A letter is open until it is resolved: retried, or discarded here. A letter of another
 * tenant than the key's is not found.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/letter_filter.h"
#include "api/list_answer.h"
#include "api/pairs.h"
#include "api/query.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

/* What list and detail have in common. */
static void print_letter(struct jsonw *w, const struct store_letter *letter)
{
	jsonw_pair_text(w, "id", letter->id);
	jsonw_pair_text(w, "run_id", letter->run_id);
	jsonw_pair_text(w, "orchestration_id", letter->orchestration_id);
	jsonw_pair_text(w, "tenant_id", letter->tenant_id);
	jsonw_pair_text(w, "job_function", letter->job_function);
	jsonw_pair_text(w, "error_message", letter->error_message);
	jsonw_pair_int(w, "attempt_count", letter->attempt_count);
	pairs_moment(w, "first_failed_at", letter->first_failed_at);
	pairs_moment(w, "last_failed_at", letter->last_failed_at);
	jsonw_pair_bool(w, "resolved", letter->resolved);
}

static void on_list(void *arg, enum errors_code error, const struct store_letter *letters,
		    size_t count, const char *next)
{
	struct api_call *call = arg;
	struct list_answer list;
	size_t i;

	if (!list_answer_begin(&list, call->req, error, "dead_letters"))
		return;
	for (i = 0; i < count; i++) {
		jsonw_object(&list.w);
		print_letter(&list.w, &letters[i]);
		jsonw_object_end(&list.w);
	}
	list_answer_send_page(&list, next);
}

void dead_letters_list(struct api_call *call)
{
	struct request *req = call->req;
	struct body_faults faults = { STR_INIT, 0 };
	struct store_letter_filter filter;

	letter_filter_read(&faults, call, &filter);
	filter.after = query_after(&faults, req, store_letters_cursor_ok);
	filter.limit = query_limit(&faults, req);
	if (faults.count > 0)
		body_faults_send(req, &faults);
	else
		call->port->fleet->letters(call->port->fleet->self, &filter, on_list,
					   call);
	body_faults_deinit(&faults);
}

static void on_letter(void *arg, enum errors_code error,
		      const struct store_letter *letter)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && !api_call_sees(call, letter->tenant_id))
		error = ERRORS_NO_LETTER;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	print_letter(&w, letter);
	jsonw_pair_text(&w, "cause", letter->cause);
	jsonw_pair_text(&w, "traceback", letter->traceback);
	pairs_json(&w, "payload", letter->payload);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

/* NULL when it was refused: what is no id is the id of nothing. */
static const char *letter_id(struct api_call *call)
{
	if (store_letters_id_ok(call->params[0]))
		return call->params[0];
	errors_send(call->req, ERRORS_NO_LETTER, NULL);
	return NULL;
}

void dead_letters_get(struct api_call *call)
{
	const char *id = letter_id(call);

	if (id)
		call->port->fleet->letter(call->port->fleet->self, id, on_letter, call);
}

static void on_discarded(void *arg, enum errors_code error)
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
	jsonw_pair_text(&w, "status", "discarded");
	jsonw_pair_text(&w, "id", call->params[0]);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}

void dead_letters_discard(struct api_call *call)
{
	const char *id = letter_id(call);

	if (id)
		call->port->fleet->discard(call->port->fleet->self, id, call->key_tenant,
					   on_discarded, call);
}
