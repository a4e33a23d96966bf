/*
 * mock.c - models that answer without a provider
 *
 * One that is offered a single tool calls it, as a model that is told to does; with
 * several it answers a text, which may name one (DECISIONS 15).
 *
 * mock.agent is offered tools that it may use, and uses them (llm/mock_agent.c).
 *
 * mock.echo and mock.fail complete the call in here (the engine resumes the step later,
 * as always). The others hold one small block and one timer per call
 * until then. Tokens come by the loop's clock: a late timer feeds all that are due.
 */
#include "llm/mock.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "engine/call.h"
#include "llm/mock_agent.h"
#ifdef SYN_FAULTS
#include "llm/mock_crash.h"
#endif
#include "run/model.h"

#include <assert.h>
#include <string.h>

#ifdef SYN_FAULTS
/* mock.crash:later: the step is still in flight when the process dies, so that whoever
 * has the run next does it again. */
#define CRASH_NAP_MS 60000
#endif

struct mock {
	struct ev_loop *loop;
	size_t in_flight;
#ifdef SYN_FAULTS
	struct mock_trap *trap; /* NULL: not armed */
#endif
};

struct mock_wait {
	struct mock *mock;
	struct llm_call *call;
	ev_timer timer;
	struct model model;
	ev_tstamp started_sec;
	int64_t fed; /* tokens so far */
};

struct mock *mock_new(struct ev_loop *loop)
{
	struct mock *mock = mem_new(struct mock);

	mock->loop = loop;
	return mock;
}

void mock_free(struct mock *mock)
{
	if (!mock)
		return;
	assert(mock->in_flight == 0);
#ifdef SYN_FAULTS
	mock_trap_free(mock->trap);
#endif
	mem_free(mock);
}

static int64_t tokens_of(size_t bytes)
{
	return (int64_t)((bytes + 3) / 4);
}

static size_t said(const struct llm_answer *answer)
{
	size_t bytes = answer->text.len, i;

	for (i = 0; i < answer->calls_count; i++)
		bytes += answer->calls[i].arguments_len;
	return bytes;
}

static void finish(struct llm_call *call)
{
	const struct llm_request *request = &call->request;
	struct usage *usage = &call->answer.usage;
	size_t bytes = 0, i;

	for (i = 0; i < request->count; i++)
		bytes += request->messages[i].len;
	usage->calls = 1;
	usage->input_tokens = tokens_of(bytes);
	if (call->answer.class == FAIL_NONE)
		usage->output_tokens = tokens_of(said(&call->answer));
	op_done(&call->op);
}

static void fail(struct llm_call *call, enum fail_class class, const char *text)
{
	call->answer.class = class;
	str_add_text(&call->answer.text, text);
	finish(call);
}

/* The one tool there is; its arguments are the message when that is a JSON object. */
static void call_tool(struct llm_call *call, const struct llm_message *message)
{
	struct json *doc = NULL;

	if (message)
		(void)jsonr_parse(message->text, message->len, &doc, NULL, NULL, NULL);
	str_add_text(&call->answer.tool, call->request.tools[0].name);
	if (jsonr_type(doc) == JSONR_OBJECT)
		jsonr_print(doc, &call->answer.text);
	else
		str_add_text(&call->answer.text, "{}");
	jsonr_free(doc);
}

static void echo(struct llm_call *call)
{
	const struct llm_request *request = &call->request;
	size_t i = request->count;

	while (i > 0 && request->messages[i - 1].role != LLM_USER)
		i--;
	if (request->tools_count == 1)
		call_tool(call, i > 0 ? &request->messages[i - 1] : NULL);
	else if (i > 0)
		str_add(&call->answer.text, request->messages[i - 1].text,
			request->messages[i - 1].len);
	finish(call);
}

static void wait_free(struct mock_wait *wait)
{
	ev_timer_stop(wait->mock->loop, &wait->timer);
	wait->mock->in_flight--;
	mem_free(wait);
}

static void on_abandon(struct op *op)
{
	wait_free(op->server);
}

static void on_slept(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct mock_wait *wait = w->data;
	struct llm_call *call = wait->call;

	(void)loop;
	(void)revents;
	wait_free(wait);
	echo(call);
}

static void on_agent_slept(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct mock_wait *wait = w->data;
	struct llm_call *call = wait->call;
	int64_t turns = wait->model.turns;

	(void)loop;
	(void)revents;
	wait_free(wait);
	mock_agent_answer(call, turns);
	finish(call);
}

/* "token1 token2 ..." */
static void feed(struct mock_wait *wait, int64_t upto)
{
	struct str piece = STR_INIT;

	while (wait->fed < upto) {
		wait->fed++;
		str_printf(&piece, "%stoken%lld", wait->fed > 1 ? " " : "",
			   (long long)wait->fed);
	}
	str_add(&wait->call->answer.text, str_text(&piece), piece.len);
	call_token(wait->call, str_text(&piece), piece.len);
	str_deinit(&piece);
}

static void on_token(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct mock_wait *wait = w->data;
	struct llm_call *call = wait->call;
	int64_t due = wait->fed + 1;
	int64_t gone_ms = (int64_t)((ev_now(loop) - wait->started_sec) * 1000.0);

	(void)revents;
	if (wait->model.ms == 0)
		due = wait->model.tokens;
	else if (gone_ms / wait->model.ms > due)
		due = gone_ms / wait->model.ms;
	if (due > wait->model.tokens)
		due = wait->model.tokens;
	feed(wait, due);
	if (wait->fed < wait->model.tokens)
		return;
	wait_free(wait);
	finish(call);
}

static void wait_start(struct mock *mock, struct llm_call *call,
		       const struct model *model,
		       void (*on_time)(struct ev_loop *loop, ev_timer *w, int revents))
{
	struct mock_wait *wait = mem_new(struct mock_wait);
	double each_sec = (double)model->ms / 1000.0;

	wait->mock = mock;
	wait->call = call;
	wait->model = *model;
	ev_now_update(mock->loop); /* or what this turn took so far were waited already */
	wait->started_sec = ev_now(mock->loop);
	ev_timer_init(&wait->timer, on_time, each_sec, each_sec);
	wait->timer.data = wait;
	ev_timer_start(mock->loop, &wait->timer);
	mock->in_flight++;
	call->op.server = wait;
	call->op.abandon = on_abandon;
}

void mock_call(struct mock *mock, struct llm_call *call)
{
	struct model model;
	struct err err;

	if (model_parse(call->request.model, &model, &err) < 0) {
		fail(call, FAIL_JOB, err.text);
		return;
	}
	switch (model.kind) {
	case MODEL_MOCK_ECHO:
		echo(call);
		break;
	case MODEL_MOCK_SLEEP:
		wait_start(mock, call, &model, on_slept);
		break;
	case MODEL_MOCK_TOKENS:
		wait_start(mock, call, &model, on_token);
		break;
	case MODEL_MOCK_FAIL:
		fail(call, model.class, "the model mock.fail fails as it was told to");
		break;
	case MODEL_MOCK_AGENT:
		wait_start(mock, call, &model, on_agent_slept);
		break;
	case MODEL_OAIC: /* models.c sends it elsewhere */
		fail(call, FAIL_INTERNAL, "this model is no mock");
		break;
#ifdef SYN_FAULTS
	case MODEL_MOCK_CRASH:
		mock_crash(mock->loop, &model, &mock->trap);
		if (model.crash == MODEL_CRASH_LATER) {
			model.ms += CRASH_NAP_MS;
			wait_start(mock, call, &model, on_slept);
		} else {
			echo(call);
		}
		break;
#endif
	}
}
