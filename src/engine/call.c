/*
 * call.c - a model call of a step, and its tokens on the way
 *
 * Tokens are shown at most every CALL_TOKEN_MS: the first at once, the others when the
 * time has passed since, by a timer of the engine. A piece may end in the middle of a
 * character; its beginning then waits for the rest. Thoughts and calls that a model
 * writes into its text are not shown, if whoever asks says so (call_listen()).
 */
#include "engine/call.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/speech.h"

#define PENDING_MAX 16384 /* shown at once beyond it */

/* Made with the first token. */
struct call_stream {
	struct llm_call *call;
	struct str pending;
	struct timer timer;
	int64_t shown_mono_ms;
	bool shown; /* something was */
};

static void show(struct llm_call *call, size_t len)
{
	struct call_stream *stream = call->stream;
	struct exec *exec = call->op.exec;
	struct event_stamp stamp = exec_stamp(exec);
	struct str clean = STR_INIT, text = STR_INIT;

	op_detach(&stream->timer.op);
	if (len == 0)
		return;
	utf8_clean(&clean, stream->pending.data, len);
	str_drop(&stream->pending, len);
	event_llm_token(&text, &stamp, call->step,
			(struct event_text){ str_text(&clean), clean.len });
	exec_live(exec, call->place, &text);
	str_deinit(&clean);
	str_deinit(&text);
	stream->shown_mono_ms = engine_mono_ms(exec->engine);
	stream->shown = true;
}

/* What may be shown now: all but the beginning of a character. */
static size_t whole(const struct str *pending)
{
	size_t bad;

	if (pending->len == 0 || utf8_valid(pending->data, pending->len, &bad))
		return pending->len;
	return pending->len - bad < 4 ? bad : pending->len;
}

static void on_time(struct op *op)
{
	struct timer *timer = mem_container(op, struct timer, op);
	struct call_stream *stream = mem_container(timer, struct call_stream, timer);

	show(stream->call, whole(&stream->pending));
}

static struct call_stream *stream_of(struct llm_call *call)
{
	struct call_stream *stream = call->stream;

	if (stream)
		return stream;
	call->stream = stream = mem_new(struct call_stream);
	stream->call = call;
	op_init(&stream->timer.op, call->op.exec, on_time);
	return stream;
}

static void add(struct llm_call *call, const char *text, size_t len)
{
	struct call_stream *stream = stream_of(call);
	struct engine *engine = call->op.exec->engine;
	int64_t due_mono_ms = stream->shown_mono_ms + CALL_TOKEN_MS;

	str_add(&stream->pending, text, len);
	if (!stream->shown || stream->pending.len > PENDING_MAX ||
	    engine_mono_ms(engine) >= due_mono_ms)
		show(call, whole(&stream->pending));
	else if (stream->timer.op.state == OP_IDLE)
		timers_arm(engine, &stream->timer, due_mono_ms);
}

void call_token(struct llm_call *call, const char *text, size_t len)
{
	if (call->speech)
		speech_feed(call->speech, text, len);
	else
		add(call, text, len);
}

/* ---- what is not shown ---- */

#define HOLD_MAX 4096 /* bytes of an object that may be a call */

struct listening {
	struct speech speech;
	struct llm_call *call;
	bool (*is_call)(void *arg, const char *json, size_t len);
	void *arg;
};

static void on_part(void *arg, enum speech_kind kind, const char *text, size_t len)
{
	struct listening *listening = arg;

	if (kind == SPEECH_TEXT)
		add(listening->call, text, len);
}

static bool on_object(void *arg, const char *json, size_t len)
{
	struct listening *listening = arg;

	return listening->is_call(listening->arg, json, len);
}

static struct listening *listening_of(struct llm_call *call)
{
	return mem_container(call->speech, struct listening, speech);
}

static void listen_anew(struct listening *listening)
{
	const struct speech_options options = {
		.part = on_part,
		.tags = listening->is_call,
		.is_call = listening->is_call ? on_object : NULL,
		.arg = listening,
		.hold_max = HOLD_MAX,
	};

	speech_deinit(&listening->speech);
	speech_init(&listening->speech, &options);
}

static void stop_listening(struct llm_call *call)
{
	if (!call->speech)
		return;
	speech_deinit(call->speech);
	mem_free(listening_of(call));
	call->speech = NULL;
}

void call_listen(struct llm_call *call,
		 bool (*is_call)(void *arg, const char *json, size_t len), void *arg)
{
	struct listening *listening = mem_new(struct listening);

	stop_listening(call);
	listening->call = call;
	listening->is_call = is_call;
	listening->arg = arg;
	listen_anew(listening);
	call->speech = &listening->speech;
}

void call_again(struct llm_call *call, const char *why)
{
	struct exec *exec = call->op.exec;
	struct event_stamp stamp = exec_stamp(exec);
	struct str text = STR_INIT, say = STR_INIT;

	if (call->speech) /* what is held was the beginning of what comes anew */
		listen_anew(listening_of(call));
	call_flush(call);
	str_printf(&say, "calling model again: %s", why);
	event_thinking(&text, &stamp, call->step, str_text(&say));
	exec_live(exec, call->place, &text);
	str_deinit(&say);
	str_deinit(&text);
}

void call_tools_free(struct llm_tool_call *calls, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		mem_free(calls[i].id);
		mem_free(calls[i].name);
		mem_free(calls[i].arguments);
	}
	mem_free(calls);
}

static void free_calls(struct llm_answer *answer)
{
	call_tools_free(answer->calls, answer->calls_count);
	answer->calls = NULL;
	answer->calls_count = 0;
}

void call_answer_one(struct llm_answer *answer)
{
	if (!answer->calls_count)
		return;
	str_reset(&answer->text, answer->text.len);
	str_reset(&answer->tool, 0);
	str_add(&answer->text, answer->calls[0].arguments,
		answer->calls[0].arguments_len);
	str_add_text(&answer->tool, answer->calls[0].name);
	free_calls(answer);
}

void call_init(struct llm_call *call, const struct step *step,
	       void (*resume)(struct op *op))
{
	op_init(&call->op, step->frame.exec, resume);
	call->step = step->def;
	call->place = walk_place(step->frame.parent);
}

void call_start(struct llm_call *call)
{
	struct engine *engine = call->op.exec->engine;

	if (call->op.exec->doomed)
		return;
	op_launch(&call->op);
	engine->host->llm(engine->host_data, call->op.exec, call);
}

void call_flush(struct llm_call *call)
{
	if (call->speech)
		speech_end(call->speech);
	if (call->stream)
		show(call, call->stream->pending.len);
}

void call_deinit(struct llm_call *call)
{
	op_detach(&call->op);
	stop_listening(call);
	if (call->stream) {
		op_detach(&call->stream->timer.op);
		str_deinit(&call->stream->pending);
		mem_free(call->stream);
		call->stream = NULL;
	}
	call_answer_deinit(&call->answer);
}

void call_answer_deinit(struct llm_answer *answer)
{
	free_calls(answer);
	str_deinit(&answer->text);
	str_deinit(&answer->tool);
	str_deinit(&answer->written);
	str_deinit(&answer->reasoning);
}
