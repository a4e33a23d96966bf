/*
 * worker_ping.c - GET /api/scale/workers/{id}/health: what a host says of itself
 *
 * The address is the one that the host gave to the registry, so it is a private one as a
 * rule and not for egress to judge: who can write there can do more than have a page
 * fetched. Still the answer is bounded, no redirect is followed, and only JSON is shown.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/http_pool.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_scale.h"

#define DEADLINE_MS 5000
#define ANSWER_MAX  (64 * 1024)

struct ping {
	struct api_call *call;
	struct http_pool *pool; /* NULL: nothing was sent */
	struct str url;
	struct str body;
	int status; /* of the worker's answer */
	int64_t sent_mono_ms;
	ev_timer over; /* frees it: the pool's last call may not */
};

static void on_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ping *ping = w->data;

	(void)loop;
	(void)revents;
	http_pool_free(ping->pool);
	str_deinit(&ping->url);
	str_deinit(&ping->body);
	mem_free(ping);
}

/* data: JSON text; message: why there is none. One of them is NULL. */
static void answer(struct ping *ping, const char *data, size_t len, const char *message)
{
	struct str out = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", message ? "error" : "ok");
	jsonw_pair_int(&w, "latency_ms", clock_mono_ms() - ping->sent_mono_ms);
	if (message)
		jsonw_pair_text(&w, "message", message);
	else
		jsonw_pair_raw(&w, "data", data, len);
	jsonw_object_end(&w);
	response_json(ping->call->req, 200, &out);
	ev_timer_start(ping->call->loop, &ping->over);
}

static int on_head(void *arg, const struct http_head *head)
{
	struct ping *ping = arg;

	ping->status = head->status;
	return 0;
}

static int on_body(void *arg, const char *bytes, size_t len)
{
	struct ping *ping = arg;

	str_add(&ping->body, bytes, len);
	return 0;
}

static void on_done(void *arg, int rc, const struct err *err)
{
	struct ping *ping = arg;
	struct str text = STR_INIT;
	struct json *doc = NULL;

	if (rc < 0) {
		answer(ping, NULL, 0, err->text);
		return;
	}
	if (jsonr_parse(str_text(&ping->body), ping->body.len, &doc, NULL, NULL, NULL) <
		    0 ||
	    jsonr_type(doc) != JSONR_OBJECT) {
		str_printf(&text, "status %d, and no JSON object", ping->status);
		answer(ping, NULL, 0, str_text(&text));
	} else if (ping->status != 200) {
		const char *state = jsonr_get_text(doc, "status");

		str_printf(&text, "status %d: the host is %s", ping->status,
			   state ? state : "not well");
		answer(ping, NULL, 0, str_text(&text));
	} else {
		jsonr_print(doc, &text);
		answer(ping, str_text(&text), text.len, NULL);
	}
	jsonr_free(doc);
	str_deinit(&text);
}

static void send_ping(struct api_call *call, const char *address)
{
	static const struct http_ops ops = { on_head, on_body, on_done };
	const struct http_pool_options options = {
		.loop = call->loop,
		.connections = 1,
		.connect_timeout_ms = DEADLINE_MS,
	};
	struct ping *ping = mem_new(struct ping);
	struct http_transfer *transfer;
	struct http_request http = {
		.method = "GET",
		.silence_ms = DEADLINE_MS,
		.answer_max_bytes = ANSWER_MAX,
		.ops = &ops,
		.arg = ping,
	};
	struct err err;

	ping->call = call;
	ping->sent_mono_ms = clock_mono_ms();
	ev_timer_init(&ping->over, on_over, 0., 0.);
	ping->over.data = ping;
	str_printf(&ping->url, "%s/health", address);
	http.url = str_text(&ping->url);
	http.deadline_mono_ms = ping->sent_mono_ms + DEADLINE_MS;
	ping->pool = http_pool_new(&options, &err);
	if (!ping->pool || http_pool_send(ping->pool, &http, &transfer, &err) < 0)
		answer(ping, NULL, 0, err.text);
}

/* -- whom to ask -- */

struct asking {
	struct api_call *call;
	int statement;
};

static void on_address(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asking *asking = arg;
	struct api_call *call = asking->call;
	const char *address = NULL;

	if (error == ERRORS_NONE) {
		address = store_scale_read(reply, asking->statement);
		if (!address)
			error = ERRORS_NO_WORKER;
		else if (!*address)
			error = ERRORS_NO_ADDRESS;
	}
	if (error != ERRORS_NONE)
		errors_send(call->req, error, NULL);
	else
		send_ping(call, address);
}

void worker_ping_get(struct api_call *call)
{
	struct asking *asking;
	struct pg_batch *batch;

	if (!manage_of(call))
		return;
	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_WORKER, NULL);
		return;
	}
	asking = arena_new(request_arena(call->req), struct asking);
	asking->call = call;
	batch = pg_batch_new();
	asking->statement =
		store_scale_ask(batch, STORE_SCALE_WORKER, call->params[0], 0);
	manage_read(call, batch, on_address, asking);
}
