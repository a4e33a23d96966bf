/* test_conversation.c - entries of a conversation, read, told and made smaller */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/conversation.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

/* clang-format off */
#define START                                                                             \
	"{\"start\":{\"agent_id\":\"ag\",\"agent_version\":3,\"path\":\"a\",\"execution\":2,"  \
	"\"history\":[{\"role\":\"user\",\"text\":\"hi\"},{\"role\":\"assistant\",\"text\":\"ho\"}]}," \
	"\"at\":100}"
#define ANSWER(id)                                                                        \
	"{\"answer\":{\"text\":\"see\",\"reasoning\":\"hm\",\"calls\":[{\"id\":\"" id "\"," \
	"\"name\":\"look\",\"arguments\":\"{\\\"q\\\":1}\"}]}}"
#define RESULTS(id, text)                                                                 \
	"{\"results\":[{\"id\":\"" id "\",\"text\":\"" text "\",\"failed\":false}],\"at\":200}"
#define OTHER "{\"inner\":[{\"index\":0}]}"
/* clang-format on */
#define LONG                                                                             \
	"0123456789012345678901234567890123456789012345678901234567890123456789"         \
	"0123456789012345678901234567890123456789012345678901234567890123456789"

static struct conversation talk;
static struct str out;

static int setup(void **state)
{
	(void)state;
	conversation_init(&talk);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	conversation_deinit(&talk);
	str_deinit(&out);
	return 0;
}

static void read_good(const char *list)
{
	struct err err;

	conversation_deinit(&talk);
	conversation_init(&talk);
	if (conversation_read(&talk, list, strlen(list), &err) < 0)
		fail_msg("%s: %s", list, err.text);
}

static void print(const struct conversation_cut *cut)
{
	str_reset(&out, 0);
	conversation_print(&out, &talk, cut);
}

/* Role, text and calls, one a line. */
static const char *told(void)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool" };
	struct llm_message *messages;
	size_t count, i;

	messages = conversation_messages(
		&talk, (struct llm_message){ .role = LLM_SYSTEM, .text = "S", .len = 1 },
		(struct llm_message){ .role = LLM_USER, .text = "T", .len = 1 }, &count);
	str_reset(&out, 0);
	for (i = 0; i < count; i++)
		str_printf(&out, "%s%s %.*s%s%s\n", roles[messages[i].role],
			   messages[i].call_id ? messages[i].call_id : "",
			   (int)messages[i].len, messages[i].text,
			   messages[i].calls_count ? " > " : "",
			   messages[i].calls_count ? messages[i].calls[0].id : "");
	mem_free(messages);
	return str_text(&out);
}

static void what_was_said_is_told_in_order(void **state)
{
	(void)state;
	read_good("[" START "," ANSWER("c1") "," OTHER "," RESULTS("c1", "r") "]");
	assert_string_equal(told(), "system S\nuser hi\nassistant ho\nuser T\n"
				    "assistant see > c1\ntoolc1 r\n");
	assert_string_equal(talk.agent_id, "ag");
	assert_int_equal(talk.agent_version, 3);
	assert_int_equal(talk.execution, 2);
	assert_int_equal(talk.turns, 1);
	assert_int_equal(talk.asks, 1);
	assert_int_equal(talk.tool_calls, 1);
	assert_int_equal(talk.at_ms, 200);
	assert_int_equal(talk.chars, 2 + 2 + 3 + 4 + 7 + 1);
	assert_string_equal(talk.last_tool, "look");
	assert_null(conversation_open_answer(&talk));
}

static void an_answer_is_open_until_its_results_are_in(void **state)
{
	struct err err;

	(void)state;
	read_good("[" START "," ANSWER("c1") "," OTHER "]");
	assert_non_null(conversation_open_answer(&talk));
	assert_null(talk.last_tool);
	assert_int_equal(conversation_add(&talk, RESULTS("c1", "r"),
					  strlen(RESULTS("c1", "r")), &err),
			 0);
	assert_null(conversation_open_answer(&talk));
	assert_int_equal(conversation_add(&talk, RESULTS("c1", "r"),
					  strlen(RESULTS("c1", "r")), &err),
			 ERR_INPUT);
	assert_int_equal(conversation_add(&talk, "no", 2, &err), ERR_INPUT);
}

static void what_is_printed_is_what_was_read(void **state)
{
	static const char list[] =
		"[" START "," ANSWER("c1") "," OTHER
					   "," RESULTS("c1", "r") "," ANSWER("c2") "]";

	(void)state;
	read_good(list);
	print(&(struct conversation_cut){ .trimmed = 0 });
	assert_string_equal(str_text(&out), list);
}

static void old_results_are_told_by_their_length(void **state)
{
	(void)state;
	read_good("[" START "," ANSWER("c1") "," RESULTS("c1", LONG) "," ANSWER(
		"c2") "," RESULTS("c2", LONG) "]");
	print(&(struct conversation_cut){ .trimmed = 1 });
	read_good(str_text(&out));
	assert_string_equal(
		told(), "system S\nuser hi\nassistant ho\nuser T\nassistant see > c1\n"
			"toolc1 [140 bytes of this old result were removed]\n"
			"assistant see > c2\ntoolc2 " LONG "\n");
	assert_int_equal(talk.turns, 2);
}

static void a_summary_stands_for_what_was_before(void **state)
{
	const struct conversation_cut cut = {
		.summary = "sum", .summary_len = 3, .kept = 2, .at_ms = 300
	};

	(void)state;
	read_good("[" START "," ANSWER("c1") "," OTHER "," RESULTS("c1", "r") "," ANSWER(
		"c2") "," RESULTS("c2", "s") "]");
	print(&cut);
	assert_non_null(strstr(str_text(&out), OTHER));
	assert_null(strstr(str_text(&out), "history"));
	read_good(str_text(&out));
	assert_string_equal(told(), "system S\nuser T\nuser sum\nassistant see > c2\n"
				    "toolc2 s\n");
	assert_int_equal(talk.turns, 2);
	assert_int_equal(talk.tool_calls, 2);
	assert_int_equal(talk.asks, 3); /* the one for the summary, too */

	/* and a summary of that */
	print(&cut);
	read_good(str_text(&out));
	assert_int_equal(talk.turns, 2);
	assert_int_equal(talk.asks, 4);
	assert_non_null(strstr(told(), "user sum\n"));
}

static void the_newest_calls_are_remembered(void **state)
{
	struct str list = STR_INIT;
	int i;

	(void)state;
	str_add_text(&list, "[" START);
	for (i = 0; i < 25; i++)
		str_printf(&list,
			   ",{\"answer\":{\"text\":\"\",\"calls\":[{\"id\":\"c\","
			   "\"name\":\"t%d\",\"arguments\":\"" LONG LONG LONG LONG
			   "\"}]}},{\"results\":[{\"id\":\"c\",\"text\":\"\"}]}",
			   i);
	str_add_char(&list, ']');
	read_good(str_text(&list));
	conversation_print_trace(&out, &talk);
	assert_null(strstr(str_text(&out), "\"t4\""));
	assert_ptr_equal(strstr(str_text(&out), "[{\"tool\":\"t5\",\"arguments\":\"0123"),
			 str_text(&out));
	assert_true(out.len < 20 * 560);
	str_deinit(&list);
}

static void lists_that_are_no_conversation_are_refused(void **state)
{
	static const char *const lists[] = { "7",
					     "[]",
					     "[7]",
					     "[{}]",
					     "[" OTHER "]",
					     "[" ANSWER("c") "]",
					     "[" START "," START "]",
					     "[{\"start\":{}}]" };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		conversation_deinit(&talk);
		conversation_init(&talk);
		assert_int_equal(
			conversation_read(&talk, lists[i], strlen(lists[i]), &err),
			ERR_INPUT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_said_is_told_in_order),
		TEST(an_answer_is_open_until_its_results_are_in),
		TEST(what_is_printed_is_what_was_read),
		TEST(old_results_are_told_by_their_length),
		TEST(a_summary_stands_for_what_was_before),
		TEST(the_newest_calls_are_remembered),
		TEST(lists_that_are_no_conversation_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
