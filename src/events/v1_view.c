/*
 * v1_view.c - events as the answer to the request that asked for them
 *
 * V1 and stock's page read events out of the answer to a POST. Nobody comes back to such
 * an answer, so its frames have no ids, and stock's clients read it up to `done`:
 *
 *	paused    a `done` in its place: what was asked is in front of it, and the
 *	          answer is another request. One that comes first is the pause that the
 *	          request ended, told too late
 *	human_input_required
 *	          of a run that was taken over from stock, its first event, says again
 *	          what the request has answered
 *	done      the last
 *
 * and in a conversation
 *
 *	final     `response`, with what was said and the session
 *	error     a message that says no more than that
 */
#include "events/v1_view.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "events/chat_view.h"
#include "run/chat_run.h"
#include "server/sse.h"

#include <string.h>

static void print_response(struct str *out, const char *run_id, const struct json *event)
{
	const char *intent = jsonr_get_text(event, "intent");
	struct str text = STR_INIT, session = STR_INIT;
	struct jsonw w;

	(void)chat_run_session(&session, run_id);
	jsonr_print(jsonr_get(event, "response"), &text);
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", "response");
	jsonw_pair_raw(&w, "content", str_text(&text), text.len);
	jsonw_pair_text(&w, "intent", intent ? intent : "chat");
	jsonw_pair_text(&w, "session_id", str_text(&session));
	jsonw_object_end(&w);
	str_deinit(&session);
	str_deinit(&text);
}

static void print_error(struct str *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", "error");
	jsonw_pair_text(&w, "message", "the agent gave no answer");
	jsonw_object_end(&w);
}

/* Steps of an agent's orchestration have finals of their own. */
static bool is_answer(const struct json *event, const char *type)
{
	return strcmp(type, "final") == 0 && !jsonr_get(event, "orch_step_id") &&
	       !jsonr_get(event, "nested_run_id");
}

/* A run that began here has begun with something else. */
static bool is_taken_over(const struct json *event, const char *type)
{
	return strcmp(type, "human_input_required") == 0 &&
	       jsonr_get_int(event, "seq", 0) == 1;
}

static bool is_error(const char *type)
{
	return strcmp(type, "error") == 0 || strcmp(type, "orchestration_error") == 0;
}

bool v1_view_add(struct str *out, enum v1_view view, const char *run_id, bool first,
		 const char *text, size_t len)
{
	struct json *event = NULL;
	const char *type = NULL;
	bool last = false;

	/* a stock worker writes NaN */
	if (jsonr_parse(text, len, &event, NULL, NULL, NULL) == 0)
		type = jsonr_get_text(event, "type");
	if (!type)
		type = "";
	if (strcmp(type, "paused") == 0) {
		last = !first;
		if (last)
			str_add_text(out, V1_VIEW_DONE);
	} else if (is_taken_over(event, type)) {
		/* nothing */
	} else if (view == V1_VIEW_CHAT && is_answer(event, type)) {
		print_response(out, run_id, event);
	} else if (view == V1_VIEW_CHAT && is_error(type)) {
		print_error(out);
	} else {
		last = strcmp(type, "done") == 0;
		str_add(out, text, len);
	}
	jsonr_free(event);
	return last;
}

struct sse_frame *v1_view_frame(enum v1_view view, bool plain, const char *run_id,
				bool first, const char *text, size_t len, bool *ret_last)
{
	struct str shown = STR_INIT, out = STR_INIT;
	struct sse_frame *frame = NULL;

	*ret_last = false;
	if (!plain)
		*ret_last = v1_view_add(&out, view, run_id, first, text, len);
	else if (chat_view(&shown, text, len))
		*ret_last = v1_view_add(&out, view, run_id, first, str_text(&shown),
					shown.len);
	if (out.len)
		frame = sse_frame_new(NULL, 0, str_text(&out), out.len);
	str_deinit(&shown);
	str_deinit(&out);
	return frame;
}

struct sse_frame *v1_view_farewell(const char *run_id)
{
	struct str out = STR_INIT;
	struct sse_frame *frame;
	struct jsonw w;

	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "type", "error");
	jsonw_pair_text(&w, "message", "this server is leaving; the run goes on");
	jsonw_pair_text(&w, "run_id", run_id);
	jsonw_object_end(&w);
	frame = sse_frame_new(NULL, 0, str_text(&out), out.len);
	str_deinit(&out);
	return frame;
}
