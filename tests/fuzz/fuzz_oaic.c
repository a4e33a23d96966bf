/*
 * fuzz_oaic.c - any bytes as what an OpenAI-compatible server answers (libFuzzer)
 *
 * The first byte says what the head of the answer is, the rest is its body. What must
 * hold beside that nothing crashes: the body says the same in one piece and in many;
 * bounds are kept; all texts are UTF-8; a call of a tool has a name and an id; what
 * went wrong is a sentence without the secret.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/utf8.h"
#include "engine/call.h"
#include "engine/host.h"
#include "llm/oaic_answer.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 300
#define SECRET   "sk-1234"

static const struct {
	int status;
	const char *type;
} heads[] = {
	{ 200, "text/event-stream; charset=utf-8" },
	{ 200, "application/json" },
	{ 200, "" },
	{ 500, "application/json" },
	{ 401, "text/html" },
};

struct reading {
	struct oaic_answer answer;
	struct oaic_verdict verdict;
	struct str tokens;
	struct llm_answer took; /* the calls alone */
};

static void on_token(void *arg, const char *text, size_t len)
{
	struct reading *reading = arg;

	assert(len);
	str_add(&reading->tokens, text, len);
}

static void read_all(struct reading *reading, size_t head, const char *body, size_t len,
		     size_t piece)
{
	struct oaic_answer *answer = &reading->answer;
	size_t at;
	int rc = 0;

	memset(reading, 0, sizeof(*reading));
	oaic_answer_init(answer, TEXT_MAX, on_token, reading);
	answer->secret = SECRET;
	oaic_answer_head(answer, heads[head].status, heads[head].type, 5);
	for (at = 0; rc == 0 && at < len; at += piece)
		rc = oaic_answer_feed(answer, body + at,
				      len - at < piece ? len - at : piece,
				      &reading->verdict);
	if (rc == 0)
		oaic_answer_end(answer, &reading->verdict);
	else
		assert(reading->verdict.class != FAIL_NONE);
	reading->took.calls_count =
		oaic_calls_take(&answer->calls, 1, &reading->took.calls);
}

static void check_calls(const struct llm_answer *took)
{
	size_t i, total = 0;

	assert(took->calls_count <= OAIC_CALLS_MAX);
	for (i = 0; i < took->calls_count; i++) {
		const struct llm_tool_call *call = &took->calls[i];

		assert(call->name[0] && utf8_valid(call->name, strlen(call->name), NULL));
		assert(call->id[0] && strlen(call->id) <= 128);
		assert(strspn(call->id, "\t\n") == 0);
		assert(utf8_valid(call->arguments, call->arguments_len, NULL));
		total += call->arguments_len;
	}
	assert(total <= TEXT_MAX);
}

static void check(const struct reading *reading)
{
	const struct oaic_answer *answer = &reading->answer;

	assert(answer->text.len <= TEXT_MAX);
	assert(utf8_valid(str_text(&answer->text), answer->text.len, NULL));
	assert(utf8_valid(str_text(&answer->reasoning), answer->reasoning.len, NULL));
	assert(answer->usage.input_tokens >= 0 && answer->usage.output_tokens >= 0 &&
	       answer->usage.cache_read_tokens >= 0);
	if (answer->form == OAIC_STREAM)
		assert(same_text(&reading->tokens, &answer->text));
	check_calls(&reading->took);
	if (reading->verdict.class == FAIL_NONE)
		return;
	assert(reading->verdict.why.text[0]);
	assert(utf8_valid(reading->verdict.why.text, strlen(reading->verdict.why.text),
			  NULL));
	assert(!strstr(reading->verdict.why.text, SECRET));
}

static void check_same(const struct reading *a, const struct reading *b)
{
	size_t i;

	assert(a->verdict.class == b->verdict.class);
	assert(a->verdict.again == b->verdict.again);
	assert(a->verdict.retry_after_ms == b->verdict.retry_after_ms);
	if (a->verdict.class != FAIL_NONE) {
		assert(strcmp(a->verdict.why.text, b->verdict.why.text) == 0);
		return;
	}
	assert(same_text(&a->answer.text, &b->answer.text));
	assert(a->took.calls_count == b->took.calls_count);
	for (i = 0; i < a->took.calls_count; i++) {
		assert(strcmp(a->took.calls[i].id, b->took.calls[i].id) == 0);
		assert(strcmp(a->took.calls[i].name, b->took.calls[i].name) == 0);
		assert(strcmp(a->took.calls[i].arguments, b->took.calls[i].arguments) ==
		       0);
	}
}

static void reading_deinit(struct reading *reading)
{
	oaic_answer_deinit(&reading->answer);
	call_answer_deinit(&reading->took);
	str_deinit(&reading->tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading whole, cut;
	size_t head;

	if (!size)
		return 0;
	head = data[0] % (sizeof(heads) / sizeof(*heads));
	read_all(&whole, head, (const char *)data + 1, size - 1, size);
	read_all(&cut, head, (const char *)data + 1, size - 1, 1 + size % 7);
	check(&whole);
	check(&cut);
	check_same(&whole, &cut);
	reading_deinit(&whole);
	reading_deinit(&cut);
	return 0;
}
