/*
 * event_answer.c - a range of events, asked for and answered
 *
 * The same for runs, for conversations and for stock's page.
 */
#include "api/event_answer.h"

#include "api/api_call.h"
#include "api/body.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/utf8.h"
#include "server/request.h"
#include "server/response.h"

#include <stdio.h>
#include <string.h>

/* An event that is not JSON (a stock worker may write NaN) is handed on as a text. */
static void print_event(struct jsonw *w, const struct port_event *event)
{
	struct json *doc = NULL;
	struct str text = STR_INIT;

	jsonw_object(w);
	jsonw_pair_text(w, "id", event->id);
	jsonw_key(w, "event");
	if (jsonr_parse(event->json, event->len, &doc, NULL, NULL, NULL) == 0) {
		jsonw_raw(w, event->json, event->len);
	} else {
		utf8_clean(&text, event->json, event->len);
		jsonw_text_n(w, str_text(&text), text.len);
	}
	jsonw_object_end(w);
	jsonr_free(doc);
	str_deinit(&text);
}

/* Into the open object; returns how many are shown. */
static size_t print_events(struct jsonw *w, const struct port_event *events, size_t count,
			   size_t limit)
{
	bool more = count > limit;
	size_t i;

	if (more)
		count = limit;
	jsonw_pair_int(w, "count", (int64_t)count);
	jsonw_key(w, "events");
	jsonw_array(w);
	for (i = 0; i < count; i++)
		print_event(w, &events[i]);
	jsonw_array_end(w);
	if (more) {
		char next[STREAM_ID_MAX + 1];

		(void)snprintf(next, sizeof(next), "(%s", events[count - 1].id);
		jsonw_pair_text(w, "next", next);
	} else {
		jsonw_pair_text(w, "next", NULL);
	}
	return count;
}

/* The value of a bound; a bare "+" arrives as a space. */
static const char *bound(const struct request *req, const char *name,
			 const char *fallback)
{
	const char *text = request_query(req, name);

	if (!text)
		return fallback;
	return strcmp(text, " ") == 0 ? "+" : text;
}

struct event_range *event_answer_new(struct api_call *call)
{
	struct event_range *range =
		arena_new(request_arena(call->req), struct event_range);

	range->call = call;
	return range;
}

void event_answer_read(struct body_faults *faults, struct event_range *range)
{
	const struct request *req = range->call->req;

	if (!stream_id_start(bound(req, "start", "-"), range->start))
		body_query_fault(faults, "start", "stream_id",
				 "Input should be a stream id");
	if (!stream_id_end(bound(req, "end", "+"), range->end))
		body_query_fault(faults, "end", "stream_id",
				 "Input should be a stream id");
	range->limit = (int)body_query_int(faults, req, "limit", 1, EVENT_ANSWER_MAX,
					   EVENT_ANSWER_MAX);
}

void event_answer_send(void *arg, enum errors_code error, const char *tenant_id,
		       const struct port_event *events, size_t count)
{
	const struct event_range *range = arg;
	struct api_call *call = range->call;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error == ERRORS_NONE && !api_call_sees(call, tenant_id))
		error = range->none;
	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, range->key, call->params[0]);
	count = print_events(&w, events, count, (size_t)range->limit);
	if (range->before)
		jsonw_pair_text(&w, "last_id",
				count ? events[count - 1].id : range->before);
	jsonw_object_end(&w);
	response_json(call->req, 200, &body);
}
