/* test_oaic_calls.c - the tools that an answer calls, put together from its pieces */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/oaic_calls.h"

#include "base/jsonr.h"
#include "engine/call.h"
#include "engine/host.h"

#include <stdio.h>
#include <string.h>

#define MAX 1000

static struct oaic_calls calls;
static struct err why;

static int add(const char *pieces, bool whole)
{
	struct json *doc;
	int rc;

	assert_int_equal(jsonr_parse(pieces, strlen(pieces), &doc, NULL, NULL, NULL), 0);
	rc = oaic_calls_add(&calls, doc, whole, MAX, &why);
	jsonr_free(doc);
	return rc;
}

/* All that came, as "id name arguments|" of each. */
static void expect(int ask, const char *text)
{
	struct llm_answer answer = { .class = FAIL_NONE };
	struct str out = STR_INIT;
	size_t i;

	answer.calls_count = oaic_calls_take(&calls, ask, &answer.calls);
	assert_int_equal(calls.count, 0);
	for (i = 0; i < answer.calls_count; i++) {
		assert_int_equal(strlen(answer.calls[i].arguments),
				 answer.calls[i].arguments_len);
		str_printf(&out, "%s %s %s|", answer.calls[i].id, answer.calls[i].name,
			   answer.calls[i].arguments);
	}
	assert_string_equal(str_text(&out), text);
	str_deinit(&out);
	call_answer_deinit(&answer);
}

static void pieces_of_several_calls_are_told_apart_by_index(void **state)
{
	(void)state;
	(void)add("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"x\","
		  "\"arguments\":\"\"}}]",
		  false);
	(void)add("[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"y\","
		  "\"arguments\":\"{\\\"q\\\"\"}},"
		  "{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]",
		  false);
	(void)add("[{\"index\":1,\"function\":{\"arguments\":\":2}\"}}]", false);
	expect(0, "a x {}|b y {\"q\":2}|");
}

static void ids_and_names_in_every_piece_are_taken_once(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		(void)add("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"x\","
			  "\"arguments\":\"1\"}}]",
			  false);
	expect(0, "a x 111|");
}

static void without_an_index_an_id_or_a_name_begins_a_call(void **state)
{
	(void)state;
	(void)add("[{\"id\":\"a\",\"function\":{\"name\":\"x\",\"arguments\":\"1\"}},"
		  "{\"id\":\"b\",\"function\":{\"name\":\"x\",\"arguments\":\"2\"}}]",
		  false);
	(void)add("[{\"function\":{\"arguments\":\"3\"}}]", false);
	(void)add("[{\"function\":{\"name\":\"z\",\"arguments\":\"4\"}}]", false);
	expect(0, "a x 1|b x 23|call_1_3 z 4|");
}

static void one_index_for_all_calls_is_told_by_their_ids(void **state)
{
	(void)state;
	(void)add("[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"x\","
		  "\"arguments\":{\"n\":1}}}]",
		  false);
	(void)add("[{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"y\","
		  "\"arguments\":{\"n\":2}}}]",
		  false);
	(void)add("[{\"index\":0,\"function\":{\"arguments\":\" \"}}]", false);
	expect(0, "a x {\"n\":1}|b y {\"n\":2} |");
}

static void in_a_message_each_element_is_a_call(void **state)
{
	(void)state;
	(void)add("[{\"function\":{\"name\":\"x\",\"arguments\":\"1\"}},"
		  "{\"function\":{\"name\":\"x\"}},{\"function\":{}},7,"
		  "{\"function\":{\"name\":\"y\",\"arguments\":null}}]",
		  true);
	expect(4, "call_5_1 x 1|call_5_2 x |call_5_3 y |");
}

static void every_call_has_an_id_of_its_own_that_can_be_sent(void **state)
{
	(void)state;
	(void)add("[{\"id\":\"call_1_2\",\"function\":{\"name\":\"x\"}},"
		  "{\"id\":\"call_1_2\",\"function\":{\"name\":\"x\"}},"
		  "{\"id\":\"\\u00e4\",\"function\":{\"name\":\"x\"}},"
		  "{\"id\":\"\",\"function\":{\"name\":\"x\"}}]",
		  true);
	expect(0, "call_1_2 x |call_1_3 x |call_1_4 x |call_1_5 x |");
}

static void there_is_a_bound_for_each_part(void **state)
{
	char text[2048], name[600];
	int i, rc = 0;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(text, sizeof(text),
		       "[{\"id\":\"%s\",\"function\":{\"name\":\"%s\"}}]", name, name);
	(void)add(text, true);
	assert_int_equal(calls.items[0].id.len, 128);
	assert_int_equal(calls.items[0].name.len, 255);
	oaic_calls_deinit(&calls);
	for (i = 0; i <= OAIC_CALLS_MAX && rc == 0; i++)
		rc = add("[{\"function\":{\"name\":\"x\"}}]", true);
	assert_int_equal(rc, ERR_LIMIT);
	assert_non_null(strstr(why.text, "more than 128 tools"));
	oaic_calls_deinit(&calls);
	(void)snprintf(text, sizeof(text),
		       "[{\"function\":{\"name\":\"x\",\"arguments\":\"%s\"}}]", name);
	assert_int_equal(add(text, true), 0);
	assert_int_equal(add(text, true), ERR_LIMIT);
	assert_non_null(strstr(why.text, "more than 1000 bytes"));
	oaic_calls_deinit(&calls);
}

static void nothing_is_no_call(void **state)
{
	(void)state;
	assert_int_equal(add("[]", false), 0);
	assert_int_equal(add("{}", false), 0);
	assert_int_equal(add("[7,{}]", false), 0);
	expect(0, "");
}

static void an_answer_with_one_tool_tells_the_first_call(void **state)
{
	struct llm_answer answer = { .class = FAIL_NONE };

	(void)state;
	call_answer_one(&answer);
	assert_int_equal(answer.tool.len, 0);
	(void)add("[{\"function\":{\"name\":\"x\",\"arguments\":\"1\"}},"
		  "{\"function\":{\"name\":\"y\"}}]",
		  true);
	str_add_text(&answer.text, "said beside it");
	answer.calls_count = oaic_calls_take(&calls, 0, &answer.calls);
	call_answer_one(&answer);
	assert_string_equal(str_text(&answer.text), "1");
	assert_string_equal(str_text(&answer.tool), "x");
	assert_int_equal(answer.calls_count, 0);
	call_answer_deinit(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_several_calls_are_told_apart_by_index),
		cmocka_unit_test(ids_and_names_in_every_piece_are_taken_once),
		cmocka_unit_test(without_an_index_an_id_or_a_name_begins_a_call),
		cmocka_unit_test(one_index_for_all_calls_is_told_by_their_ids),
		cmocka_unit_test(in_a_message_each_element_is_a_call),
		cmocka_unit_test(every_call_has_an_id_of_its_own_that_can_be_sent),
		cmocka_unit_test(there_is_a_bound_for_each_part),
		cmocka_unit_test(nothing_is_no_call),
		cmocka_unit_test(an_answer_with_one_tool_tells_the_first_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
