/*
 * oaic.c - models of an OpenAI-compatible server: oaic.<name>
 *
 * One call is a struct oaic_flight until it is answered or abandoned:
 *
 *	SENT     a transfer is under way
 *	ENDING   "[DONE]" is in; the transfer has ENDING_MS to end in order, so that its
 *		 connection can be used again
 *	PAUSED   it failed and will be sent again when the timer fires
 *	HELD     it may not leave now; asked again when the timer fires
 *
 * An answer that broke in the middle is asked for again as well: nothing of it is durable
 * before the step's row is, and tokens are live events, which may come again; whoever
 * shows them is told (call_again). The server knows a repetition by its key.
 *
 * libcurl sends a request again by itself, at once, when a connection that was used
 * before is closed without a byte: the server had closed it. usage.calls does not count
 * those.
 *
 * The transfer's buffers go when it ends; the body is kept for the next attempt.
 */
#include "llm/oaic.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "client/http_pool.h"
#include "engine/call.h"
#include "engine/exec.h"
#include "llm/oaic_answer.h"
#include "llm/oaic_body.h"
#include "run/model.h"

#include <assert.h>
#include <string.h>

#define PAUSE_MIN_MS      500
#define PAUSE_MAX_MS      30000
#define HELD_MS           50
#define ENDING_MS         500
#define DEADLINE_EXTRA_MS 1000
/* Of the answer beyond its text: JSON around each token. */
#define ANSWER_FACTOR 512
#define ANSWER_ROOM   ((size_t)4 * 1024 * 1024)

enum flight_state {
	FLIGHT_SENT,
	FLIGHT_ENDING,
	FLIGHT_PAUSED,
	FLIGHT_HELD,
};

struct oaic {
	struct ev_loop *loop;
	struct oaic_options options;
	struct http_pool *pool;
	struct rng rng;
	bool (*may_send)(void *arg, struct llm_call *call); /* NULL: always */
	void *may_send_arg;
	char *url;           /* owned */
	char *authorization; /* owned; secret; NULL: no key */
	size_t in_flight;
};

struct oaic_flight {
	struct oaic *oaic;
	struct llm_call *call;
	enum flight_state state;
	struct http_transfer *transfer; /* SENT, ENDING */
	struct oaic_answer answer;
	struct oaic_verdict verdict; /* of the attempt under way, once it is known */
	bool judged;                 /* verdict holds */
	struct str body;
	struct str key;
	struct backoff backoff;
	int attempts; /* sent so far */
	ev_timer timer;
};

static void send_it(struct oaic_flight *flight);

/* ---- the end of a call ---- */

static void flight_free(struct oaic_flight *flight)
{
	struct oaic *oaic = flight->oaic;

	if (flight->transfer)
		http_transfer_abandon(flight->transfer);
	ev_timer_stop(oaic->loop, &flight->timer);
	oaic_answer_deinit(&flight->answer);
	str_deinit(&flight->body);
	str_deinit(&flight->key);
	mem_free(flight);
	oaic->in_flight--;
}

static void on_abandon(struct op *op)
{
	flight_free(op->server);
}

static void take_calls(struct oaic_flight *flight)
{
	struct llm_answer *answer = &flight->call->answer;

	answer->calls_count = oaic_calls_take(&flight->answer.calls,
					      flight->call->request.ask, &answer->calls);
	if (!flight->call->request.tools_optional)
		call_answer_one(answer);
}

static void succeed(struct oaic_flight *flight)
{
	struct llm_call *call = flight->call;

	call_answer_deinit(&call->answer);
	call->answer.class = FAIL_NONE;
	/* the call's from here on */
	call->answer.text = flight->answer.text;
	call->answer.reasoning = flight->answer.reasoning;
	flight->answer.text = (struct str)STR_INIT;
	flight->answer.reasoning = (struct str)STR_INIT;
	/* a tool that nobody offered was not called, but for an agent, who judges that */
	if (call->request.tools_count || call->request.tools_optional)
		take_calls(flight);
	call->answer.usage = flight->answer.usage;
	call->answer.usage.calls = flight->attempts;
	flight_free(flight);
	op_done(&call->op);
}

static void fail(struct oaic_flight *flight, const struct oaic_verdict *verdict)
{
	struct llm_call *call = flight->call;

	call->answer.class = verdict->class;
	str_add_text(&call->answer.text, verdict->why.text);
	if (flight->attempts > 1)
		str_printf(&call->answer.text, " (attempt %d)", flight->attempts);
	call->answer.usage = flight->answer.usage;
	call->answer.usage.calls = flight->attempts;
	flight_free(flight);
	op_done(&call->op);
}

/* ---- attempts ---- */

/* How long to wait before the next attempt; negative: there is none. */
static int64_t pause_ms(struct oaic_flight *flight, const struct oaic_verdict *verdict)
{
	struct oaic *oaic = flight->oaic;
	int64_t left_ms = flight->call->request.deadline_mono_ms - clock_mono_ms();
	int64_t ms;

	if (!verdict->again || flight->attempts >= oaic->options.attempts)
		return -1;
	ms = backoff_next(&flight->backoff, &oaic->rng);
	if (verdict->retry_after_ms > ms)
		ms = verdict->retry_after_ms;
	return ms < left_ms ? ms : -1;
}

static void wait_ms(struct oaic_flight *flight, enum flight_state state, int64_t ms)
{
	struct ev_loop *loop = flight->oaic->loop;

	flight->state = state;
	ev_now_update(loop);
	ev_timer_set(&flight->timer, (double)ms / 1000., 0.);
	ev_timer_start(loop, &flight->timer);
}

static void on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	send_it(w->data);
}

/* The attempt is over, without an answer. */
static void again_or_fail(struct oaic_flight *flight, const struct oaic_verdict *verdict)
{
	int64_t ms = pause_ms(flight, verdict);

	if (ms < 0) {
		fail(flight, verdict);
		return;
	}
	log_debug("llm.again", LOG_S("run", flight->call->op.exec->run_id),
		  LOG_N("attempt", flight->attempts), LOG_N("wait_ms", ms),
		  LOG_S("error", verdict->why.text));
	if (flight->answer.tokens)
		call_again(flight->call, verdict->why.text);
	oaic_answer_deinit(&flight->answer);
	memset(&flight->answer, 0, sizeof(flight->answer));
	wait_ms(flight, FLIGHT_PAUSED, ms);
}

static int on_head(void *arg, const struct http_head *head)
{
	struct oaic_flight *flight = arg;

	oaic_answer_head(&flight->answer, head->status, head->content_type,
			 head->retry_after_ms);
	return 0;
}

static int on_body(void *arg, const char *bytes, size_t len)
{
	struct oaic_flight *flight = arg;

	if (flight->state == FLIGHT_ENDING)
		return 0; /* behind the end */
	if (oaic_answer_feed(&flight->answer, bytes, len, &flight->verdict) < 0) {
		flight->judged = true;
		return -1;
	}
	if (flight->answer.done) {
		flight->state = FLIGHT_ENDING;
		http_transfer_hurry(flight->transfer, ENDING_MS);
	}
	return 0;
}

static void on_done(void *arg, int rc, const struct err *err)
{
	struct oaic_flight *flight = arg;
	struct oaic_verdict verdict = flight->verdict;

	flight->transfer = NULL;
	if (!flight->judged) {
		if (rc == 0 || flight->state == FLIGHT_ENDING)
			oaic_answer_end(&flight->answer, &verdict);
		else
			oaic_answer_broken(&flight->answer, rc, err, &verdict);
	}
	if (verdict.class == FAIL_NONE)
		succeed(flight);
	else
		again_or_fail(flight, &verdict);
}

static const struct http_ops http_ops = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
};

static void on_token(void *arg, const char *text, size_t len)
{
	struct oaic_flight *flight = arg;

	call_token(flight->call, text, len);
}

/* Tokens of one byte, each in JSON of its own, are the worst that is still an answer. */
static size_t answer_max(size_t text_max)
{
	return text_max > (SIZE_MAX - ANSWER_ROOM) / ANSWER_FACTOR
		       ? SIZE_MAX
		       : text_max * ANSWER_FACTOR + ANSWER_ROOM;
}

static void send_it(struct oaic_flight *flight)
{
	struct oaic *oaic = flight->oaic;
	const struct llm_request *request = &flight->call->request;
	const char *headers[] = { "Content-Type: application/json",
				  "Accept: text/event-stream, application/json",
				  str_text(&flight->key), oaic->authorization, NULL };
	const struct http_request http = {
		.method = "POST",
		.url = oaic->url,
		.headers = headers,
		.body = str_text(&flight->body),
		.body_len = flight->body.len,
		/* the engine's own deadline comes first, and says whose fault it is */
		.deadline_mono_ms = request->deadline_mono_ms + DEADLINE_EXTRA_MS,
		.silence_ms = oaic->options.silence_ms,
		.answer_max_bytes = answer_max(request->answer_max),
		.ops = &http_ops,
		.arg = flight,
	};
	struct oaic_verdict verdict = { .class = FAIL_JOB };

	if (oaic->may_send && !oaic->may_send(oaic->may_send_arg, flight->call)) {
		wait_ms(flight, FLIGHT_HELD, HELD_MS);
		return;
	}
	flight->state = FLIGHT_SENT;
	flight->judged = false;
	memset(&flight->verdict, 0, sizeof(flight->verdict));
	flight->attempts++;
	oaic_answer_init(&flight->answer, request->answer_max, on_token, flight);
	flight->answer.secret = oaic->options.key;
	if (http_pool_send(oaic->pool, &http, &flight->transfer, &verdict.why) < 0)
		fail(flight, &verdict);
}

/* ---- a call ---- */

void oaic_call(struct oaic *oaic, struct llm_call *call)
{
	struct oaic_flight *flight;
	const char *name = model_served_name(call->request.model);

	if (!oaic->url) {
		call->answer.class = FAIL_JOB;
		str_printf(&call->answer.text,
			   "model '%s' needs llm.openai_compatible.base_url, which is "
			   "not set on this host",
			   call->request.model);
		op_done(&call->op);
		return;
	}
	flight = mem_new(struct oaic_flight);
	flight->oaic = oaic;
	flight->call = call;
	ev_timer_init(&flight->timer, on_pause_over, 0., 0.);
	flight->timer.data = flight;
	backoff_init(&flight->backoff, PAUSE_MIN_MS, PAUSE_MAX_MS);
	oaic_body_write(&flight->body, name, call);
	str_add_text(&flight->key, "Idempotency-Key: ");
	oaic_body_key(&flight->key, call);
	oaic->in_flight++;
	call->op.server = flight;
	call->op.abandon = on_abandon;
	send_it(flight);
}

/* ---- life ---- */

struct oaic *oaic_new(struct ev_loop *loop, const struct oaic_options *options,
		      struct err *err)
{
	const struct http_pool_options pool_options = {
		.loop = loop,
		.connections = options->connections,
		.connect_timeout_ms = options->connect_timeout_ms,
	};
	struct http_pool *pool = http_pool_new(&pool_options, err);
	struct str text = STR_INIT;
	struct oaic *oaic;

	if (!pool)
		return NULL;
	oaic = mem_new(struct oaic);
	oaic->loop = loop;
	oaic->options = *options;
	oaic->pool = pool;
	rng_seed(&oaic->rng, options->seed);
	if (*options->base_url) {
		oaic_body_url(&text, options->base_url);
		oaic->url = str_take(&text);
	}
	if (*options->key) {
		str_printf(&text, "Authorization: Bearer %s", options->key);
		oaic->authorization = str_take(&text);
	}
	return oaic;
}

void oaic_free(struct oaic *oaic)
{
	if (!oaic)
		return;
	assert(oaic->in_flight == 0);
	http_pool_free(oaic->pool);
	if (oaic->authorization)
		mem_wipe(oaic->authorization, strlen(oaic->authorization));
	mem_free(oaic->authorization);
	mem_free(oaic->url);
	mem_free(oaic);
}

void oaic_set_permit(struct oaic *oaic,
		     bool (*may_send)(void *arg, struct llm_call *call), void *arg)
{
	oaic->may_send = may_send;
	oaic->may_send_arg = arg;
}
