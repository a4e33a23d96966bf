/* test_oaic_answer.c - answers of an OpenAI-compatible server, cut anywhere */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/oaic_answer.h"

#include "base/rng.h"

#include <string.h>

#define TEXT_MAX 1000
#define ROUNDS   200

static struct str tokens;

static void on_token(void *arg, const char *text, size_t len)
{
	(void)arg;
	str_add(&tokens, text, len);
	str_add_char(&tokens, '|');
}

static struct oaic_answer answer;

static void begin(int status, const char *type, int64_t retry_after_ms)
{
	str_reset(&tokens, 0);
	oaic_answer_deinit(&answer); /* of the one before */
	oaic_answer_init(&answer, TEXT_MAX, on_token, NULL);
	oaic_answer_head(&answer, status, type, retry_after_ms);
}

/* Feed the body in pieces; cut by rng (NULL: in one). */
static struct oaic_verdict read_pieces(const char *body, size_t len, struct rng *rng)
{
	struct oaic_verdict verdict;
	size_t piece;

	while (len) {
		piece = rng ? 1 + rng_below(rng, 20) : len;
		if (piece > len)
			piece = len;
		if (oaic_answer_feed(&answer, body, piece, &verdict) < 0)
			return verdict;
		body += piece;
		len -= piece;
	}
	oaic_answer_end(&answer, &verdict);
	return verdict;
}

static struct oaic_verdict read_all(int status, const char *type, const char *body)
{
	begin(status, type, 0);
	return read_pieces(body, strlen(body), NULL);
}

#define SSE   "text/event-stream; charset=utf-8"
#define JSON  "application/json"
#define CHUNK "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}\n\n"

static const char stream[] =
	": hello\n\n"
	"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
	"data: {\"choices\":[{\"delta\":{\"content\":\"one \"},\"finish_reason\":null}]}\r\n\r\n"
	"data: {\"choices\":[{\"delta\":{\"content\":\"tw\\u00f6\"}}],\"usage\":null}\n\n"
	"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":4,"
	"\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n"
	"data: [DONE]\n\n"
	"data: behind the end\n\n";

static void expect_stream(const struct oaic_verdict *verdict)
{
	assert_int_equal(verdict->class, FAIL_NONE);
	assert_string_equal(str_text(&answer.text), "one tw\xc3\xb6");
	assert_string_equal(str_text(&tokens), "one |tw\xc3\xb6|");
	assert_int_equal(answer.tokens, 2);
	assert_int_equal(answer.usage.input_tokens, 7);
	assert_int_equal(answer.usage.cache_read_tokens, 3);
	assert_int_equal(answer.usage.output_tokens, 4);
	assert_true(answer.finished);
	assert_true(answer.done);
}

static void a_stream_is_read_however_it_is_cut(void **state)
{
	struct oaic_verdict verdict;
	struct rng rng;
	int i;

	(void)state;
	rng_seed(&rng, 7);
	for (i = 0; i < ROUNDS; i++) {
		begin(200, i % 3 ? SSE : "", 0);
		verdict = read_pieces(stream, strlen(stream), &rng);
		expect_stream(&verdict);
		oaic_answer_deinit(&answer);
	}
}

static void blanks_in_front_say_nothing_however_they_are_cut(void **state)
{
	static const char first[] =
		" \tdata: {\"choices\":[{\"delta\":{\"content\":\"x\"},"
		"\"finish_reason\":\"stop\"}]}\n\n";
	struct oaic_verdict verdict;
	size_t cut;

	(void)state;
	for (cut = 0; cut < 4; cut++) {
		begin(200, "", 0);
		assert_int_equal(oaic_answer_feed(&answer, first, cut, &verdict), 0);
		verdict = read_pieces(first + cut, strlen(first) - cut, NULL);
		assert_int_equal(verdict.class, FAIL_NONE);
		assert_string_equal(str_text(&answer.text), "x");
	}
	oaic_answer_deinit(&answer);
}

/* Whatever comes: a verdict with a sentence, or an answer within its bound. */
static void anything_is_an_answer_or_an_error(void **state)
{
	struct oaic_verdict verdict;
	char noise[sizeof(stream)];
	struct rng rng;
	size_t j, at;
	int i;

	(void)state;
	rng_seed(&rng, 11);
	for (i = 0; i < ROUNDS * 20; i++) {
		memcpy(noise, stream, sizeof(stream));
		for (j = 0; j < 1 + (size_t)i % 8; j++) {
			at = rng_below(&rng, sizeof(stream));
			noise[at] = (char)rng_below(&rng, 256);
		}
		begin(i % 5 ? 200 : 500, i % 2 ? SSE : i % 3 ? JSON : "", 0);
		verdict = read_pieces(noise, rng_below(&rng, sizeof(stream)) + 1, &rng);
		assert_true(answer.text.len <= TEXT_MAX);
		if (verdict.class != FAIL_NONE)
			assert_true(strlen(verdict.why.text) > 10);
		oaic_answer_deinit(&answer);
	}
}

static void a_whole_answer_is_read(void **state)
{
	static const char whole[] =
		"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"hi \\u2713\"},"
		"\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":2,"
		"\"completion_tokens\":1,\"prompt_tokens_details\":null}}";
	static const char *const types[] = { JSON, "Application/JSON; charset=utf-8", "",
					     "text/plain" };
	struct oaic_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		verdict = read_all(200, types[i], whole);
		assert_int_equal(verdict.class, FAIL_NONE);
		assert_string_equal(str_text(&answer.text), "hi \xe2\x9c\x93");
		assert_int_equal(answer.usage.input_tokens, 2);
		assert_int_equal(answer.usage.output_tokens, 1);
	}
	verdict = read_all(200, JSON, "{\"choices\":[{\"message\":{\"content\":null}}]}");
	assert_int_equal(verdict.class, FAIL_NONE);
	assert_int_equal(answer.text.len, 0);
	oaic_answer_deinit(&answer);
}

static void expect_fail(struct oaic_verdict verdict, enum fail_class class, bool again,
			const char *said)
{
	assert_int_equal(verdict.class, class);
	assert_int_equal(verdict.again, again);
	if (!strstr(verdict.why.text, said))
		fail_msg("'%s' is not in '%s'", said, verdict.why.text);
	oaic_answer_deinit(&answer);
	memset(&answer, 0, sizeof(answer));
}

static void what_is_not_the_protocol_is_the_providers_fault(void **state)
{
	static const struct {
		const char *type;
		const char *body;
		const char *said;
	} bad[] = {
		{ SSE, "", "is empty" },
		{ "", "", "is empty" },
		{ "", " \n", "is empty" },
		{ SSE, "data: [DONE]\n\n", "is empty" },
		{ SSE, "data: {\n\n", "not JSON" },
		{ SSE, "data: [1]\n\n", "no JSON object" },
		{ SSE, "data: {\"error\":{\"message\":\"too busy\"}}\n\n",
		  "gave up: too busy" },
		{ SSE, "data: {\"error\":\"oops\"}\n\n", "gave up: oops" },
		{ SSE, "data: {\"error\":5}\n\n", "gave up" },
		{ SSE, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
		  "stops before its end" },
		{ JSON, "", "not JSON" },
		{ JSON, "{\"choices\":[", "not JSON" },
		{ JSON, "{}", "no message" },
		{ JSON, "[]", "no message" },
		{ JSON, "{\"choices\":[]}", "no message" },
		{ JSON, "{\"choices\":[{\"message\":{\"content\":5}}]}", "no message" },
		{ JSON, "{\"choices\":[{\"message\":\"x\"}]}", "no message" },
		{ JSON, "{\"error\":{\"message\":\"no\"}}", "gave up: no" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_fail(read_all(200, bad[i].type, bad[i].body), FAIL_PROVIDER, true,
			    bad[i].said);
}

static void done_without_a_reason_is_an_end(void **state)
{
	struct oaic_verdict verdict = read_all(
		200, SSE,
		"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n");

	(void)state;
	assert_int_equal(verdict.class, FAIL_NONE);
	verdict = read_all(
		200, SSE,
		"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n");
	assert_int_equal(verdict.class, FAIL_NONE);
	oaic_answer_deinit(&answer);
}

static void a_status_says_who_is_at_fault(void **state)
{
	static const int job[] = { 201, 204, 301, 400, 401, 403, 404, 413, 422 };
	static const int provider[] = { 408, 409, 425, 429, 500, 502, 503, 529 };
	struct oaic_verdict verdict;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(job) / sizeof(job[0]); i++)
		expect_fail(read_all(job[i], JSON, "{\"error\":{\"message\":\"m\"}}"),
			    FAIL_JOB, false, ": m");
	for (i = 0; i < sizeof(provider) / sizeof(provider[0]); i++)
		expect_fail(read_all(provider[i], SSE, "{\"message\":\"m\"}"),
			    FAIL_PROVIDER, true, ": m");
	expect_fail(read_all(404, "text/html", "<html>"), FAIL_JOB, false, "status 404");
	expect_fail(read_all(500, "", "{\"error\":{\"message\":\"\"}}"), FAIL_PROVIDER,
		    true, "status 500");
	begin(429, JSON, 1500);
	verdict = read_pieces("{}", 2, NULL);
	assert_int_equal(verdict.retry_after_ms, 1500);
	oaic_answer_deinit(&answer);
	begin(400, JSON, 1500);
	verdict = read_pieces("{}", 2, NULL);
	assert_int_equal(verdict.retry_after_ms, 0);
	oaic_answer_deinit(&answer);
	memset(&answer, 0, sizeof(answer));
}

static void a_secret_that_the_server_repeats_is_not_shown(void **state)
{
	struct oaic_verdict verdict;
	static const char body[] = "{\"error\":{\"message\":\"sk-1 and sk-1\"}}";

	(void)state;
	begin(401, JSON, 0);
	answer.secret = "sk-1";
	verdict = read_pieces(body, strlen(body), NULL);
	assert_null(strstr(verdict.why.text, "sk-1"));
	expect_fail(verdict, FAIL_JOB, false, "status 401: *** and ***");
	begin(200, JSON, 0);
	answer.secret = "sk-1";
	verdict = read_pieces(body, strlen(body), NULL);
	expect_fail(verdict, FAIL_PROVIDER, true, "gave up: *** and ***");
	begin(401, JSON, 0);
	answer.secret = "";
	expect_fail(read_pieces(body, strlen(body), NULL), FAIL_JOB, false,
		    "sk-1 and sk-1");
}

static void a_long_error_is_cut(void **state)
{
	struct str body = STR_INIT;
	int i;

	(void)state;
	str_add_text(&body, "{\"error\":\"");
	for (i = 0; i < 400; i++)
		str_add_text(&body, "\xc3\xa4");
	str_add_text(&body, "\"}");
	expect_fail(read_all(400, JSON, str_text(&body)), FAIL_JOB, false, "\xc3\xa4...");
	for (i = 0; i < 40000; i++)
		str_add_char(&body, ' ');
	begin(500, JSON, 0);
	(void)read_pieces(str_text(&body), body.len, NULL);
	assert_true(answer.body.len <= 16384);
	oaic_answer_deinit(&answer);
	memset(&answer, 0, sizeof(answer));
	str_deinit(&body);
}

static void a_text_beyond_its_bound_is_a_limit(void **state)
{
	struct str body = STR_INIT, text = STR_INIT;
	int i;

	(void)state;
	for (i = 0; i <= TEXT_MAX; i++)
		str_add_char(&text, 'x');
	str_printf(&body, CHUNK, str_text(&text));
	expect_fail(read_all(200, SSE, str_text(&body)), FAIL_LIMIT, false,
		    "more than 1000 bytes");
	str_reset(&body, 0);
	str_printf(&body, "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}",
		   str_text(&text));
	expect_fail(read_all(200, JSON, str_text(&body)), FAIL_LIMIT, false,
		    "more than 1000 bytes");
	str_reset(&body, 0);
	for (i = 0; i < 100000; i++)
		str_add_char(&body, ' ');
	expect_fail(read_all(200, JSON, str_text(&body)), FAIL_LIMIT, false,
		    "more than 1000 bytes");
	str_reset(&body, 0);
	str_add_text(&body, "data: ");
	for (i = 0; i < 100000; i++)
		str_add_char(&body, 'x');
	expect_fail(read_all(200, SSE, str_text(&body)), FAIL_LIMIT, false,
		    "more than 1000 bytes");
	str_deinit(&body);
	str_deinit(&text);
}

static void strange_usage_counts_nothing(void **state)
{
	(void)state;
	(void)read_all(200, JSON,
		       "{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":"
		       "{\"prompt_tokens\":-5,\"completion_tokens\":\"many\","
		       "\"prompt_tokens_details\":{\"cached_tokens\":7}}}");
	assert_int_equal(answer.usage.input_tokens, 0);
	assert_int_equal(answer.usage.output_tokens, 0);
	assert_int_equal(answer.usage.cache_read_tokens, 0);
	oaic_answer_deinit(&answer);
	memset(&answer, 0, sizeof(answer));
	/* nor do numbers of which a few make an overflow */
	(void)read_all(200, JSON,
		       "{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":"
		       "{\"prompt_tokens\":9223372036854775807,"
		       "\"completion_tokens\":9223372036854775807}}");
	assert_int_equal(answer.usage.input_tokens, 1000000000);
	assert_int_equal(answer.usage.output_tokens, 1000000000);
	oaic_answer_deinit(&answer);
	memset(&answer, 0, sizeof(answer));
}

static void a_broken_transfer_is_told_by_what_is_known(void **state)
{
	static const struct {
		int rc;
		enum fail_class class;
		bool again;
	} cases[] = {
		{ ERR_CONN, FAIL_PROVIDER, true },  { ERR_TIMEOUT, FAIL_PROVIDER, true },
		{ ERR_PROTO, FAIL_PROVIDER, true }, { ERR_LIMIT, FAIL_LIMIT, false },
		{ ERR_INPUT, FAIL_JOB, false },
	};
	struct oaic_verdict verdict;
	struct err why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(200, SSE, 0);
		(void)err_set(&why, cases[i].rc, "because");
		oaic_answer_broken(&answer, cases[i].rc, &why, &verdict);
		expect_fail(verdict, cases[i].class, cases[i].again,
			    cases[i].rc == ERR_LIMIT ? "1000" : "because");
	}
	begin(401, JSON, 0);
	(void)err_set(&why, ERR_CONN, "because");
	oaic_answer_broken(&answer, ERR_CONN, &why, &verdict);
	expect_fail(verdict, FAIL_JOB, false, "status 401");
}

static void expect_call(size_t nth, const char *tool, const char *arguments)
{
	assert_true(nth < answer.calls.count);
	assert_string_equal(str_text(&answer.calls.items[nth].name), tool);
	assert_string_equal(str_text(&answer.calls.items[nth].arguments), arguments);
}

static void calls_of_tools_are_read_in_any_form(void **state)
{
	static const char pieces[] =
		"data: {\"choices\":[{\"delta\":{\"content\":\"hm\"}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\","
		"\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"\"}}]"
		"}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
		"{\"arguments\":\"{\\\"a\\\"\"}}]}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
		"{\"arguments\":\":1}\"}}]}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"function\":"
		"{\"name\":\"other\",\"arguments\":\"{}\"}}]}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
		"data: [DONE]\n\n";
	struct oaic_verdict verdict;

	(void)state;
	verdict = read_all(200, SSE, pieces);
	assert_int_equal(verdict.class, FAIL_NONE);
	expect_call(0, "look", "{\"a\":1}");
	expect_call(1, "other", "{}");
	assert_int_equal(answer.calls.count, 2);
	assert_string_equal(str_text(&answer.text), "hm");
	verdict = read_all(
		200, JSON,
		"{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"function\":"
		"{\"name\":\"look\",\"arguments\":\"{}\"}}]}}]}");
	assert_int_equal(verdict.class, FAIL_NONE);
	expect_call(0, "look", "{}");
	verdict = read_all(
		200, JSON,
		"{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":{\"name\":"
		"\"look\",\"arguments\":{\"a\":[1]}}}]}}]}");
	assert_int_equal(verdict.class, FAIL_NONE);
	expect_call(0, "look", "{\"a\":[1]}");
	verdict = read_all(200, JSON,
			   "{\"choices\":[{\"message\":{\"tool_calls\":[7,{}]}}]}");
	assert_int_equal(verdict.class, FAIL_NONE);
	expect_call(0, "", "");
	assert_int_equal(answer.calls.count, 1);
}

static void what_a_model_thought_is_read_by_both_names_and_cut(void **state)
{
	struct str body = STR_INIT;
	struct oaic_verdict verdict;
	int i;

	(void)state;
	verdict = read_all(
		200, SSE,
		"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"let \"}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"reasoning\":\"me see\"}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"reasoning\":null,\"content\":\"a\"},"
		"\"finish_reason\":\"stop\"}]}\n\n");
	assert_int_equal(verdict.class, FAIL_NONE);
	assert_string_equal(str_text(&answer.reasoning), "let me see");
	assert_string_equal(str_text(&answer.text), "a");
	verdict = read_all(200, JSON,
			   "{\"choices\":[{\"message\":{\"content\":\"a\","
			   "\"reasoning_content\":\"hm\"}}]}");
	assert_int_equal(verdict.class, FAIL_NONE);
	assert_string_equal(str_text(&answer.reasoning), "hm");
	/* thinking alone is no answer */
	verdict = read_all(200, SSE,
			   "data: {\"choices\":[{\"delta\":{\"reasoning\":\"hm\"}}]}\n\n"
			   "data: [DONE]\n\n");
	expect_fail(verdict, FAIL_PROVIDER, true, "is empty");
	for (i = 0; i < 5000; i++)
		str_add_text(&body,
			     "data: {\"choices\":[{\"delta\":{\"reasoning\":"
			     "\"x\303\244x\303\244x\303\244x\303\244x\303\244\"}}]}\n\n");
	str_add_text(&body, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},"
			    "\"finish_reason\":\"stop\"}]}\n\n");
	verdict = read_all(200, SSE, str_text(&body));
	assert_int_equal(verdict.class, FAIL_NONE);
	assert_true(answer.reasoning.len <= 65536 && answer.reasoning.len > 65530);
	str_deinit(&body);
}

static void arguments_beyond_the_bound_are_a_limit(void **state)
{
	struct str body = STR_INIT, text = STR_INIT;
	int i;

	(void)state;
	for (i = 0; i < TEXT_MAX * 2 / 3; i++)
		str_add_char(&text, 'x');
	for (i = 0; i < 2; i++)
		str_printf(
			&body,
			"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,"
			"\"function\":{\"name\":\"a\",\"arguments\":\"%s\"}}]}}]}\n\n",
			i, str_text(&text));
	expect_fail(read_all(200, SSE, str_text(&body)), FAIL_LIMIT, false,
		    "more than 1000 bytes");
	str_deinit(&body);
	str_deinit(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_read_however_it_is_cut),
		cmocka_unit_test(blanks_in_front_say_nothing_however_they_are_cut),
		cmocka_unit_test(anything_is_an_answer_or_an_error),
		cmocka_unit_test(a_whole_answer_is_read),
		cmocka_unit_test(what_is_not_the_protocol_is_the_providers_fault),
		cmocka_unit_test(done_without_a_reason_is_an_end),
		cmocka_unit_test(a_status_says_who_is_at_fault),
		cmocka_unit_test(a_secret_that_the_server_repeats_is_not_shown),
		cmocka_unit_test(a_long_error_is_cut),
		cmocka_unit_test(a_text_beyond_its_bound_is_a_limit),
		cmocka_unit_test(strange_usage_counts_nothing),
		cmocka_unit_test(calls_of_tools_are_read_in_any_form),
		cmocka_unit_test(what_a_model_thought_is_read_by_both_names_and_cut),
		cmocka_unit_test(arguments_beyond_the_bound_are_a_limit),
		cmocka_unit_test(a_broken_transfer_is_told_by_what_is_known),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	oaic_answer_deinit(&answer);
	str_deinit(&tokens);
	return rc;
}
