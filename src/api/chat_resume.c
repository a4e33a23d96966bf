/*
 * chat_resume.c - POST .../chat/{session}/resume: a person's answer in a conversation
 *
 * The one who is asked is the turn that is live; what happens then is what happens to any
 * run that waits for a person (answers.c). Messages that are posted meanwhile wait.
 */
#include "api/answer_route.h"
#include "api/answers.h"
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

struct resuming {
	struct api_call *call;
	struct answers_ask ask;
	int64_t turn;
};

static void on_answered(void *arg, enum errors_code error, const char *detail,
			const struct body_faults *faults)
{
	struct resuming *resuming = arg;
	struct api_call *call = resuming->call;
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
	str_add_text(&url, "/api/v2/chat/");
	ids_encode(&url, call->params[0]);
	str_printf(&url, "/stream?turn=%lld", (long long)resuming->turn);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "session_id", call->params[0]);
	jsonw_pair_text(&w, "status", "resuming");
	jsonw_pair_int(&w, "turn", resuming->turn);
	jsonw_pair_text(&w, "run_id", resuming->ask.run_id);
	jsonw_pair_text(&w, "stream_url", str_text(&url));
	jsonw_object_end(&w);
	str_deinit(&url);
	response_json(call->req, 202, &body);
}

static void on_session(void *arg, enum errors_code error,
		       const struct store_chat_session *session,
		       const struct store_chat_turn *turns, size_t count)
{
	struct resuming *resuming = arg;
	struct api_call *call = resuming->call;

	(void)turns;
	(void)count;
	if (error == ERRORS_NONE && !api_call_sees(call, session->tenant_id))
		error = ERRORS_NO_SESSION;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	if (!session->live_run_id) {
		errors_send(call->req, ERRORS_NOT_WAITING,
			    "no turn of this session is under way");
		return;
	}
	resuming->turn = session->live_turn;
	resuming->ask.run_id = arena_dup(request_arena(call->req), session->live_run_id);
	call->port->run->answer(call->port->run->self, &resuming->ask, on_answered,
				resuming);
}

void chat_resume_post(struct api_call *call)
{
	struct resuming *resuming = arena_new(request_arena(call->req), struct resuming);
	struct body_faults faults = { STR_INIT, 0 };

	resuming->call = call;
	resuming->ask.tenant_id = call->key_tenant;
	answer_route_read(&faults, call->req, &resuming->ask);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_SESSION, NULL);
	else
		call->port->chats->session(call->port->chats->self, call->params[0], 0,
					   on_session, resuming);
	body_faults_deinit(&faults);
}
