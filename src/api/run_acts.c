/*
 * run_acts.c - what is done with one run
 *
 * Cancel, resume and delete are the port's. What is here: a retry, which is a new run
 * with what the old one was started with; a tag `retry_of` names that one.
 */
#include "api/run_acts.h"

#include "api/api_call.h"
#include "api/runs_port.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/store_detail.h"

#include <stdio.h>
#include <string.h>

/* One under way. */
struct act {
	struct api_call *call;
	const char *run_id;
	const struct run_edit *edit;
	run_acts_cb cb;
	void *arg;
	struct port_run run; /* of a retry */
	struct str texts[8]; /* what it borrows */
};

static const char *const words[RUN_ACT_COUNT] = {
	[RUN_ACT_CANCEL] = "cancel",
	[RUN_ACT_RESUME_FAILED] = "resume-failed",
	[RUN_ACT_RETRY] = "retry",
	[RUN_ACT_DELETE] = "delete",
};

enum run_act run_acts_find(const char *word)
{
	size_t i;

	for (i = 0; i < RUN_ACT_COUNT; i++)
		if (strcmp(words[i], word) == 0)
			break;
	return (enum run_act)i;
}

static void over(struct act *act, enum errors_code error, const char *detail,
		 const char *new_run)
{
	size_t i;

	act->cb(act->arg, error, detail, new_run);
	for (i = 0; i < sizeof(act->texts) / sizeof(*act->texts); i++)
		str_deinit(&act->texts[i]);
	mem_free(act);
}

/* -- cancel, resume -- */

static void on_cancelled(void *arg, enum errors_code error, const char *status)
{
	char detail[96] = "";

	if (error == ERRORS_NONE && strcmp(status, "cancellation_requested") != 0) {
		error = ERRORS_ENDED;
		(void)snprintf(detail, sizeof(detail), "the run has ended: it is %s",
			       status);
	}
	over(arg, error, *detail ? detail : NULL, NULL);
}

static void on_resumed(void *arg, enum errors_code error, const char *detail,
		       int64_t attempt)
{
	(void)attempt;
	over(arg, error, detail, NULL);
}

/* -- delete -- */

static void on_erased(void *arg, enum errors_code error, const char *detail)
{
	over(arg, error, detail, NULL);
}

/* -- retry -- */

static void on_accepted(struct port_run *run)
{
	struct act *act = run->arg;

	over(act, run->error, run->detail,
	     run->error == ERRORS_NONE ? run->run_id : NULL);
}

/* The old tags and the run that this one repeats. */
static void write_metadata(struct str *out, const char *metadata, const char *run_id)
{
	struct json *doc = NULL;
	struct jsonr_iter it;
	struct jsonw w;

	if (metadata &&
	    jsonr_parse(metadata, strlen(metadata), &doc, NULL, NULL, NULL) < 0)
		doc = NULL; /* not ours: it goes without */
	jsonw_init(&w, out);
	jsonw_object(&w);
	it = jsonr_iter(doc);
	while (doc && jsonr_type(doc) == JSONR_OBJECT && jsonr_next(&it)) {
		struct str value = STR_INIT;

		if (strcmp(it.key, "retry_of") == 0)
			continue;
		jsonr_print(it.value, &value);
		jsonw_pair_raw(&w, it.key, str_text(&value), value.len);
		str_deinit(&value);
	}
	jsonw_pair_text(&w, "retry_of", run_id);
	jsonw_object_end(&w);
	jsonr_free(doc);
}

static const char *keep(struct act *act, size_t at, const char *text)
{
	if (!text)
		return NULL;
	str_add_text(&act->texts[at], text);
	return str_text(&act->texts[at]);
}

static void start_anew(struct act *act, const struct store_detail *row)
{
	const struct run_edit none = { NULL, NULL, NULL };
	const struct run_edit *edit = act->edit ? act->edit : &none;
	const char *message = edit->message ? edit->message : row->input;
	struct port_run *run = &act->run;

	run->orchestration_id = keep(act, 0, row->run.orchestration_id);
	run->tenant_id = keep(act, 1, row->run.tenant_id);
	run->message = keep(act, 2, message ? message : "");
	run->inputs = keep(act, 3, edit->inputs ? edit->inputs : row->inputs);
	run->session_id = keep(act, 4, row->run.session_id);
	run->webhook_url = keep(act, 5, row->webhook_url);
	run->webhook_secret = keep(act, 7, row->webhook_secret);
	write_metadata(&act->texts[6],
		       edit->metadata ? edit->metadata : row->run.metadata, act->run_id);
	run->metadata = str_text(&act->texts[6]);
	run->priority = row->run.priority;
	run->done = on_accepted;
	run->arg = act;
	act->call->port->intake->submit(act->call->port->intake->self, run);
}

static void on_detail(void *arg, enum errors_code error, const struct port_detail *detail)
{
	struct act *act = arg;

	if (error == ERRORS_NONE && !api_call_sees(act->call, detail->row.run.tenant_id))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE && !detail->row.run.ended_at)
		error = ERRORS_NOT_ENDED;
	if (error != ERRORS_NONE)
		over(act, error, NULL, NULL);
	else
		start_anew(act, &detail->row);
}

/* -- */

void run_acts_do(struct api_call *call, enum run_act which, const char *run_id,
		 const char *from_step, const struct run_edit *edit, run_acts_cb cb,
		 void *arg)
{
	const struct runs_port *port = call->port;
	struct act *act;

	if (!api_call_id_ok(run_id)) {
		cb(arg, ERRORS_NO_RUN, NULL, NULL);
		return;
	}
	act = mem_new(struct act);
	act->call = call;
	act->run_id = run_id;
	act->edit = edit;
	act->cb = cb;
	act->arg = arg;
	switch (which) {
	case RUN_ACT_CANCEL:
		port->run->cancel(port->run->self, run_id, call->key_tenant, on_cancelled,
				  act);
		return;
	case RUN_ACT_RESUME_FAILED:
		port->run->resume_failed(port->run->self, run_id, call->key_tenant,
					 from_step, on_resumed, act);
		return;
	case RUN_ACT_RETRY:
		port->run->detail(port->run->self, run_id, false, on_detail, act);
		return;
	case RUN_ACT_DELETE:
		port->run->erase(port->run->self, run_id, call->key_tenant, on_erased,
				 act);
		return;
	case RUN_ACT_COUNT:
		break;
	}
	over(act, ERRORS_INTERNAL, NULL, NULL);
}
