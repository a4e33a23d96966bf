/*
 * page_log.c - GET /api/orchestrations/logs/{id}: a run's log as a text
 *
 * Stock writes one beside the run; here it is made of the run's events, a line each, so
 * it is there on whichever host it is asked for, and is gone with the run. Long texts are
 * cut: the events themselves are whole under .../runs/{id}/events.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "api/stream_id.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "base/utf8.h"
#include "events/event_id.h"
#include "server/request.h"
#include "server/response.h"

#include <stdio.h>
#include <string.h>

#define PAGE     1000
#define LINE_MAX 4000                      /* bytes of an event */
#define LOG_MAX  ((size_t)8 * 1024 * 1024) /* of all of it */
#define CUT      "... (cut)"

struct page_log {
	struct api_call *call;
	struct str text;           /* freed with the answer */
	char start[STREAM_ID_MAX]; /* of the next page */
	ev_timer turn; /* pages of a file come at once, one within the other */
};

static void add_cut(struct str *out, const char *text, size_t len)
{
	size_t shown = utf8_cut(text, len, LINE_MAX);

	str_add(out, text, shown);
	if (shown < len)
		str_add_text(out, CUT);
}

/* Besides what stands in front of it. */
static bool is_shown(const char *key)
{
	static const char *const hidden[] = { "type", "ts", "seq", "epoch", "turn" };
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (strcmp(key, hidden[i]) == 0)
			return false;
	return true;
}

static void print_rest(const struct json *event, struct str *out)
{
	struct jsonr_iter it = jsonr_iter(event);
	struct str value = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	while (jsonr_next(&it)) {
		if (!is_shown(it.key))
			continue;
		str_reset(&value, LINE_MAX);
		jsonr_print(it.value, &value);
		jsonw_pair_raw(&w, it.key, str_text(&value), value.len);
	}
	jsonw_object_end(&w);
	str_deinit(&value);
}

static void add_event(struct str *out, const struct port_event *event)
{
	struct event_id id = { 0, 0 };
	char stamp[MOMENT_MAX];
	struct str rest = STR_INIT;
	struct json *doc = NULL;
	const char *type = NULL;

	(void)event_id_parse(event->id, &id);
	if (jsonr_parse(event->json, event->len, &doc, NULL, NULL, NULL) == 0)
		type = jsonr_get_text(doc, "type");
	if (type)
		print_rest(doc, &rest);
	else /* a stock worker writes NaN */
		utf8_clean(&rest, event->json, event->len);
	str_printf(out, "[%s] %s ", moment_text_sec((int64_t)id.ms, stamp),
		   type ? type : "event");
	add_cut(out, str_text(&rest), rest.len);
	str_add_char(out, '\n');
	jsonr_free(doc);
	str_deinit(&rest);
}

static void send(struct page_log *log)
{
	response_text(log->call->req, 200, "text/plain; charset=utf-8",
		      str_text(&log->text), log->text.len);
	str_deinit(&log->text);
}

static void fail(struct page_log *log, enum errors_code error)
{
	str_deinit(&log->text);
	errors_send(log->call->req, error, NULL);
}

static void on_events(void *arg, enum errors_code error, const char *tenant_id,
		      const struct port_event *events, size_t count)
{
	struct page_log *log = arg;
	char bound[STREAM_ID_MAX + 1];
	size_t i;

	(void)tenant_id; /* the head was read with it */
	if (error != ERRORS_NONE) {
		fail(log, error);
		return;
	}
	for (i = 0; i < count && log->text.len < LOG_MAX; i++)
		add_event(&log->text, &events[i]);
	if (i < count)
		str_add_text(&log->text, CUT "\n");
	if (i < count || count < PAGE) {
		send(log);
		return;
	}
	(void)snprintf(bound, sizeof(bound), "(%s", events[count - 1].id);
	(void)stream_id_start(bound, log->start);
	ev_timer_start(log->call->loop, &log->turn);
}

static void read_page(struct page_log *log)
{
	const struct run_port *runs = log->call->port->run;

	runs->events(runs->self, log->call->params[0], log->start, "+", PAGE, on_events,
		     log);
}

static void on_turn(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	read_page(w->data);
}

static void add_head(struct str *out, const char *name, const char *value)
{
	str_printf(out, "%s: ", name);
	if (value)
		add_cut(out, value, strlen(value));
	str_add_char(out, '\n');
}

static void on_detail(void *arg, enum errors_code error, const struct port_detail *detail)
{
	struct page_log *log = arg;
	const struct store_run_status *run;

	if (error == ERRORS_NONE && !api_call_sees(log->call, detail->row.run.tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		fail(log, error);
		return;
	}
	run = &detail->row.run;
	add_head(&log->text, "Run ID", run->run_id);
	add_head(&log->text, "Orchestration ID", run->orchestration_id);
	add_head(&log->text, "Session ID", run->session_id);
	add_head(&log->text, "Status", run->status);
	add_head(&log->text, "Started at", run->started_at);
	add_head(&log->text, "Ended at", run->ended_at);
	add_head(&log->text, "User Input", detail->row.input);
	str_add_char(&log->text, '\n');
	read_page(log);
}

void page_log_get(struct api_call *call)
{
	struct page_log *log = arena_new(request_arena(call->req), struct page_log);
	const struct run_port *runs = call->port->run;

	log->call = call;
	(void)snprintf(log->start, sizeof(log->start), "-");
	ev_timer_init(&log->turn, on_turn, 0., 0.);
	log->turn.data = log;
	if (api_call_id_ok(call->params[0]))
		runs->detail(runs->self, call->params[0], false, on_detail, log);
	else
		errors_send(call->req, ERRORS_NO_RUN, NULL);
}
