/*
 * letter_acts.c - what is done with one dead letter
 */
#include "api/letter_acts.h"

#include "api/api_call.h"
#include "api/runs_port.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

struct act {
	struct api_call *call;
	const char *letter_id;
	const struct run_edit *edit;
	run_acts_cb cb;
	void *arg;
	struct str payload;
	struct str run_id;    /* of the letter */
	struct str orch_id;   /* the same */
	struct str tenant_id; /* the same */
	struct json *doc;     /* of payload */
	struct str inputs, metadata, key;
	char sha256[DIGEST_HEX_SIZE];
	struct port_run run;
	struct str new_run;
};

static void over(struct act *act, enum errors_code error, const char *detail,
		 const char *new_run)
{
	act->cb(act->arg, error, detail, new_run);
	jsonr_free(act->doc);
	str_deinit(&act->payload);
	str_deinit(&act->run_id);
	str_deinit(&act->orch_id);
	str_deinit(&act->tenant_id);
	str_deinit(&act->inputs);
	str_deinit(&act->metadata);
	str_deinit(&act->key);
	str_deinit(&act->new_run);
	mem_free(act);
}

/* -- a new run -- */

static void on_resolved(void *arg, enum errors_code error)
{
	struct act *act = arg;

	over(act, error, NULL, error == ERRORS_NONE ? str_text(&act->new_run) : NULL);
}

static void on_accepted(struct port_run *run)
{
	struct act *act = run->arg;

	if (run->error != ERRORS_NONE) {
		over(act, run->error, run->detail, NULL);
		return;
	}
	FAULT("letter.accepted");
	str_add_text(&act->new_run, run->run_id);
	act->call->port->fleet->discard(act->call->port->fleet->self, act->letter_id,
					act->call->key_tenant, on_resolved, act);
}

/* A member that is an object, as text. */
static const char *member(struct act *act, const char *key, struct str *out)
{
	const struct json *value = jsonr_get(act->doc, key);

	if (jsonr_type(value) != JSONR_OBJECT || jsonr_count(value) == 0)
		return NULL;
	jsonr_print(value, out);
	return str_text(out);
}

static void start_anew(struct act *act)
{
	const struct run_edit none = { NULL, NULL, NULL };
	const struct run_edit *edit = act->edit ? act->edit : &none;
	const char *message = jsonr_get_text(act->doc, "initial_input");
	struct port_run *run = &act->run;
	struct str all = STR_INIT;

	run->orchestration_id = str_text(&act->orch_id);
	run->tenant_id = str_text(&act->tenant_id);
	run->message = edit->message ? edit->message : message ? message : "";
	run->inputs = edit->inputs ? edit->inputs : member(act, "inputs", &act->inputs);
	run->metadata =
		edit->metadata ? edit->metadata : member(act, "metadata", &act->metadata);
	run->session_id = jsonr_get_text(act->doc, "session_id");
	run->webhook_url = jsonr_get_text(act->doc, "webhook_url");
	str_printf(&act->key, "dead-letter:%s", act->letter_id);
	run->idempotency_key = str_text(&act->key);
	str_printf(&all, "%s %s %s", run->message, run->inputs ? run->inputs : "",
		   run->metadata ? run->metadata : "");
	(void)digest_sha256(str_text(&all), all.len, act->sha256);
	str_deinit(&all);
	run->body_sha256 = act->sha256;
	run->done = on_accepted;
	run->arg = act;
	act->call->port->intake->submit(act->call->port->intake->self, run);
}

/* -- the same run -- */

static void on_resumed(void *arg, enum errors_code error, const char *detail,
		       int64_t attempt)
{
	struct act *act = arg;

	(void)attempt;
	if (error == ERRORS_NO_RUN || error == ERRORS_NOT_FAILED)
		start_anew(act);
	else
		over(act, error, detail, str_text(&act->run_id));
}

static void on_letter(void *arg, enum errors_code error,
		      const struct store_letter *letter)
{
	struct act *act = arg;
	const struct runs_port *port = act->call->port;

	if (error == ERRORS_NONE && !api_call_sees(act->call, letter->tenant_id))
		error = ERRORS_NO_LETTER;
	if (error == ERRORS_NONE && letter->resolved)
		error = ERRORS_RESOLVED;
	if (error != ERRORS_NONE) {
		over(act, error, NULL, NULL);
		return;
	}
	str_add_text(&act->payload, letter->payload ? letter->payload : "{}");
	str_add_text(&act->tenant_id, letter->tenant_id);
	str_add_text(&act->run_id, letter->run_id ? letter->run_id : "");
	str_add_text(&act->orch_id,
		     letter->orchestration_id ? letter->orchestration_id : "");
	if (jsonr_parse(str_text(&act->payload), act->payload.len, &act->doc, NULL, NULL,
			NULL) < 0)
		act->doc = NULL; /* an empty one: what it does not say is not there */
	if (act->edit || !act->run_id.len)
		start_anew(act);
	else
		port->run->resume_failed(port->run->self, str_text(&act->run_id),
					 act->call->key_tenant, NULL, on_resumed, act);
}

void letter_acts_retry(struct api_call *call, const char *letter_id,
		       const struct run_edit *edit, run_acts_cb cb, void *arg)
{
	struct act *act = mem_new(struct act);

	act->call = call;
	act->letter_id = letter_id;
	act->edit = edit;
	act->cb = cb;
	act->arg = arg;
	call->port->fleet->letter(call->port->fleet->self, letter_id, on_letter, act);
}
