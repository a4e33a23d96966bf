/*
 * oaic_answer.c - answers of an OpenAI-compatible server, streamed or whole
 *
 * Who is at fault decides about asking again: 400, 401, 403, 404, 422 and whatever else
 * the server refuses is the job's (its model, its prompt, our key), and the same request
 * will be refused again; 408, 409, 425, 429, 5xx, a broken connection and what is not
 * the protocol are the provider's. An answer larger than the step may have is a limit.
 *
 * A stream is an answer when the model said that it came to its end (a finish_reason, or
 * "[DONE]"). One that merely stops was cut, even if the connection was closed in order.
 *
 * What a server says about an error is shown, cut; it is text from outside.
 */
#include "llm/oaic_answer.h"

#include "base/jsonr.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

/* One event holds one token; a server that does not stream sends all of it in one. */
#define EVENT_ROOM      65536
#define ERROR_BODY_MAX  16384
#define ERROR_SHOWN_MAX 300
#define REASONING_MAX   65536
/* A whole answer is JSON: escapes make a text up to six times as long. */
#define ESCAPED 6

void oaic_answer_init(struct oaic_answer *answer, size_t text_max,
		      void (*token)(void *arg, const char *text, size_t len), void *arg)
{
	memset(answer, 0, sizeof(*answer));
	answer->text_max = text_max;
	answer->token = token;
	answer->arg = arg;
	sse_parser_init(&answer->events, text_max * ESCAPED + EVENT_ROOM);
}

void oaic_answer_deinit(struct oaic_answer *answer)
{
	sse_parser_deinit(&answer->events);
	str_deinit(&answer->body);
	str_deinit(&answer->text);
	str_deinit(&answer->reasoning);
	oaic_calls_deinit(&answer->calls);
}

static int provider(struct oaic_verdict *verdict, const char *what)
{
	verdict->class = FAIL_PROVIDER;
	verdict->again = true;
	verdict->retry_after_ms = 0;
	return err_set(&verdict->why, ERR_PROTO, "%s", what);
}

static int too_long(const struct oaic_answer *answer, struct oaic_verdict *verdict)
{
	verdict->class = FAIL_LIMIT;
	verdict->again = false;
	verdict->retry_after_ms = 0;
	return err_set(&verdict->why, ERR_LIMIT, "the answer has more than %zu bytes",
		       answer->text_max);
}

/* ---- errors that the server tells ---- */

/* {"error": {"message": ...}}, {"error": "..."} or {"message": ...}; NULL: it says
 * nothing that we understand. */
static const char *message_of(const struct json *doc)
{
	const struct json *error = jsonr_get(doc, "error");
	const char *text = NULL;

	if (jsonr_type(error) == JSONR_OBJECT)
		text = jsonr_get_text(error, "message");
	else if (jsonr_type(error) == JSONR_STRING)
		text = jsonr_text(error);
	return text ? text : jsonr_get_text(doc, "message");
}

/* Servers repeat the key that they refuse; it is blotted out before the text is cut. */
static void blot_out(struct str *text, const char *secret)
{
	struct str out = STR_INIT;
	const char *at = str_text(text), *hit;

	if (!secret || !*secret || !strstr(at, secret))
		return;
	while ((hit = strstr(at, secret))) {
		str_add(&out, at, (size_t)(hit - at));
		str_add_text(&out, "***");
		at = hit + strlen(secret);
	}
	str_add_text(&out, at);
	str_deinit(text);
	*text = out;
}

static void quote(struct str *out, const char *text, const char *secret)
{
	struct str clean = STR_INIT;
	size_t len;

	utf8_clean(&clean, text, strlen(text));
	blot_out(&clean, secret);
	len = utf8_cut(str_text(&clean), clean.len, ERROR_SHOWN_MAX);
	str_add_text(out, ": ");
	str_add(out, str_text(&clean), len);
	if (len < clean.len)
		str_add_text(out, "...");
	str_deinit(&clean);
}

static bool may_help(int status)
{
	return status == 408 || status == 409 || status == 425 || status == 429 ||
	       status >= 500;
}

static void judge_status(struct oaic_answer *answer, struct oaic_verdict *verdict)
{
	struct json *doc = NULL;
	struct str say = STR_INIT;
	const char *message = NULL;

	verdict->again = may_help(answer->status);
	/* a redirect is a base_url that is wrong: nobody follows it with our key */
	verdict->class = verdict->again ? FAIL_PROVIDER : FAIL_JOB;
	verdict->retry_after_ms = verdict->again ? answer->retry_after_ms : 0;
	str_printf(&say, "the provider answered with status %d", answer->status);
	if (jsonr_parse(str_text(&answer->body), answer->body.len, &doc, NULL, NULL,
			NULL) == 0)
		message = message_of(doc);
	if (message && *message)
		quote(&say, message, answer->secret);
	(void)err_set(&verdict->why, ERR_REFUSED, "%s", str_text(&say));
	str_deinit(&say);
	jsonr_free(doc);
}

/* An error inside of a 200. */
static int told_error(const struct oaic_answer *answer, const struct json *doc,
		      struct oaic_verdict *verdict)
{
	const char *message = message_of(doc);
	struct str say = STR_INIT;
	int rc;

	str_add_text(&say, "the provider gave up");
	if (message && *message)
		quote(&say, message, answer->secret);
	rc = provider(verdict, str_text(&say));
	str_deinit(&say);
	return rc;
}

/* ---- the parts of an answer ---- */

/* No call has more; sums of what a server makes up must not overflow. */
#define TOKENS_MAX 1000000000

static int64_t tokens_in(const struct json *object, const char *key)
{
	int64_t n = jsonr_get_int(object, key, 0);

	if (n > TOKENS_MAX)
		return TOKENS_MAX;
	return n > 0 ? n : 0;
}

/* Those that were read from the provider's cache are not counted twice. */
static void take_usage(struct oaic_answer *answer, const struct json *usage)
{
	struct usage *sum = &answer->usage;

	if (jsonr_type(usage) != JSONR_OBJECT)
		return;
	sum->input_tokens = tokens_in(usage, "prompt_tokens");
	sum->output_tokens = tokens_in(usage, "completion_tokens");
	sum->cache_read_tokens =
		tokens_in(jsonr_get(usage, "prompt_tokens_details"), "cached_tokens");
	if (sum->cache_read_tokens > sum->input_tokens)
		sum->cache_read_tokens = sum->input_tokens;
	sum->input_tokens -= sum->cache_read_tokens;
}

static int add_text(struct oaic_answer *answer, const struct json *content,
		    struct oaic_verdict *verdict)
{
	size_t len = jsonr_text_len(content);

	if (len > answer->text_max - answer->text.len)
		return too_long(answer, verdict);
	str_add(&answer->text, jsonr_text(content), len);
	return 0;
}

/* Servers have two names for it. What is beyond the bound is dropped: it is shown, and
 * nothing depends on it. */
static void add_reasoning(struct oaic_answer *answer, const struct json *delta)
{
	const struct json *said = jsonr_get(delta, "reasoning_content");
	size_t room = REASONING_MAX - answer->reasoning.len, len;

	if (jsonr_type(said) != JSONR_STRING)
		said = jsonr_get(delta, "reasoning");
	if (jsonr_type(said) != JSONR_STRING)
		return;
	len = jsonr_text_len(said);
	str_add(&answer->reasoning, jsonr_text(said),
		len > room ? utf8_cut(jsonr_text(said), len, room) : len);
}

static int add_calls(struct oaic_answer *answer, const struct json *delta, bool whole,
		     struct oaic_verdict *verdict)
{
	const struct json *pieces = jsonr_get(delta, "tool_calls");
	int rc;

	if (!jsonr_count(pieces))
		return 0;
	answer->tokens++;
	rc = oaic_calls_add(&answer->calls, pieces, whole, answer->text_max,
			    &verdict->why);
	if (rc < 0)
		verdict->class = FAIL_LIMIT;
	return rc;
}

static int take_chunk(struct oaic_answer *answer, const struct json *doc,
		      struct oaic_verdict *verdict)
{
	const struct json *choice = jsonr_at(jsonr_get(doc, "choices"), 0);
	const struct json *delta = jsonr_get(choice, "delta"), *content;
	int rc;

	take_usage(answer, jsonr_get(doc, "usage"));
	if (jsonr_type(choice) != JSONR_OBJECT)
		return 0; /* the chunk with the usage has no choice */
	add_reasoning(answer, delta);
	content = jsonr_get(delta, "content");
	if (jsonr_type(content) == JSONR_STRING && jsonr_text_len(content)) {
		rc = add_text(answer, content, verdict);
		if (rc < 0)
			return rc;
		answer->tokens++;
		answer->token(answer->arg, jsonr_text(content), jsonr_text_len(content));
	}
	rc = add_calls(answer, delta, false, verdict);
	if (rc < 0)
		return rc;
	if (jsonr_type(jsonr_get(choice, "finish_reason")) == JSONR_STRING)
		answer->finished = true;
	return 0;
}

/* What an event of the stream needs. */
struct feeding {
	struct oaic_answer *answer;
	struct oaic_verdict *verdict;
};

static int on_event(void *arg, const struct sse_event *event)
{
	struct feeding *feeding = arg;
	struct oaic_answer *answer = feeding->answer;
	struct json *doc;
	int rc;

	if (answer->done)
		return 0;
	if (event->data_len == 6 && memcmp(event->data, "[DONE]", 6) == 0) {
		answer->done = true;
		return 0;
	}
	if (jsonr_parse(event->data, event->data_len, &doc, NULL, NULL, NULL) < 0)
		return provider(feeding->verdict,
				"the provider sent a piece that is not JSON");
	if (jsonr_type(doc) != JSONR_OBJECT)
		rc = provider(feeding->verdict,
			      "the provider sent a piece that is no JSON object");
	else if (jsonr_type(jsonr_get(doc, "error")) != JSONR_NULL)
		rc = told_error(answer, doc, feeding->verdict);
	else
		rc = take_chunk(answer, doc, feeding->verdict);
	jsonr_free(doc);
	return rc;
}

/* ---- bytes ---- */

void oaic_answer_head(struct oaic_answer *answer, int status, const char *content_type,
		      int64_t retry_after_ms)
{
	answer->status = status;
	answer->retry_after_ms = retry_after_ms;
	if (status != 200)
		answer->form = OAIC_ERROR;
	else if (strncasecmp(content_type, "text/event-stream", 17) == 0)
		answer->form = OAIC_STREAM;
	else if (strncasecmp(content_type, "application/json", 16) == 0)
		answer->form = OAIC_WHOLE;
	else
		answer->form = OAIC_UNKNOWN; /* some servers name no type, or another */
}

/* How many bytes it passed over: they are no part of the body, wherever that was cut. */
static size_t guess_form(struct oaic_answer *answer, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len && (bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\r' ||
				bytes[i] == '\n');
	     i++)
		;
	if (i < len)
		answer->form = bytes[i] == '{' ? OAIC_WHOLE : OAIC_STREAM;
	return i;
}

static int feed_stream(struct oaic_answer *answer, const char *bytes, size_t len,
		       struct oaic_verdict *verdict)
{
	struct feeding feeding = { answer, verdict };
	struct err err;
	int rc = sse_parser_feed(&answer->events, bytes, len, on_event, &feeding, &err);

	/* the parser's own word: an event that no answer we would take can be in */
	if (rc == ERR_LIMIT && verdict->class == FAIL_NONE)
		return too_long(answer, verdict);
	return rc;
}

int oaic_answer_feed(struct oaic_answer *answer, const char *bytes, size_t len,
		     struct oaic_verdict *verdict)
{
	size_t room, passed;

	memset(verdict, 0, sizeof(*verdict));
	if (answer->form == OAIC_UNKNOWN) {
		passed = guess_form(answer, bytes, len);
		bytes += passed;
		len -= passed;
	}
	switch (answer->form) {
	case OAIC_UNKNOWN:
		return 0;
	case OAIC_STREAM:
		return feed_stream(answer, bytes, len, verdict);
	case OAIC_WHOLE:
		if (len > answer->text_max * ESCAPED + EVENT_ROOM - answer->body.len)
			return too_long(answer, verdict);
		str_add(&answer->body, bytes, len);
		return 0;
	case OAIC_ERROR:
		room = ERROR_BODY_MAX - answer->body.len;
		str_add(&answer->body, bytes, len < room ? len : room);
		return 0;
	}
	return 0;
}

static int end_whole(struct oaic_answer *answer, struct oaic_verdict *verdict)
{
	const struct json *message, *content;
	struct json *doc;
	int rc;

	if (jsonr_parse(str_text(&answer->body), answer->body.len, &doc, NULL, NULL,
			NULL) < 0)
		return provider(verdict, "the provider's answer is not JSON");
	message = jsonr_get(jsonr_at(jsonr_get(doc, "choices"), 0), "message");
	content = jsonr_get(message, "content");
	take_usage(answer, jsonr_get(doc, "usage"));
	if (jsonr_type(doc) == JSONR_OBJECT &&
	    jsonr_type(jsonr_get(doc, "error")) != JSONR_NULL)
		rc = told_error(answer, doc, verdict);
	else if (jsonr_type(message) != JSONR_OBJECT ||
		 (jsonr_type(content) != JSONR_STRING &&
		  jsonr_type(content) != JSONR_NULL))
		rc = provider(verdict, "the provider's answer holds no message");
	else if (jsonr_type(content) == JSONR_STRING)
		rc = add_text(answer, content, verdict);
	else
		rc = 0; /* null: the model had nothing to say */
	if (rc == 0)
		rc = add_calls(answer, message, true, verdict);
	add_reasoning(answer, message);
	jsonr_free(doc);
	return rc;
}

void oaic_answer_end(struct oaic_answer *answer, struct oaic_verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	switch (answer->form) {
	case OAIC_UNKNOWN:
		(void)provider(verdict, "the provider's answer is empty");
		break;
	case OAIC_STREAM:
		if (!answer->finished && !(answer->done && answer->tokens))
			(void)provider(
				verdict,
				answer->tokens
					? "the provider's answer stops before its end"
					: "the provider's answer is empty");
		break;
	case OAIC_WHOLE:
		(void)end_whole(answer, verdict);
		break;
	case OAIC_ERROR:
		judge_status(answer, verdict);
		break;
	}
}

void oaic_answer_broken(struct oaic_answer *answer, int rc, const struct err *why,
			struct oaic_verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	if (answer->form == OAIC_ERROR) {
		judge_status(answer, verdict); /* the status says enough */
		return;
	}
	if (rc == ERR_LIMIT) {
		(void)too_long(answer, verdict);
		return;
	}
	verdict->class = rc == ERR_INPUT ? FAIL_JOB : FAIL_PROVIDER;
	verdict->again = rc != ERR_INPUT;
	verdict->why = *why;
	(void)err_wrap(&verdict->why, "the provider does not answer");
}
