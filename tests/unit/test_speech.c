/* test_speech.c - thoughts and calls of tools in a text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/speech.h"

#include "base/str.h"

#include <string.h>

struct heard {
	struct str all;
	enum speech_kind last;
};

static void on_part(void *arg, enum speech_kind kind, const char *text, size_t len)
{
	static const char *const names[] = { "T:", "R:", "C:", "B:" };
	struct heard *heard = arg;

	if (kind != SPEECH_TEXT || heard->last != SPEECH_TEXT || !heard->all.len)
		str_printf(&heard->all, "%s%s", heard->all.len ? "|" : "", names[kind]);
	str_add(&heard->all, text, len);
	heard->last = kind;
}

/* What has a "tool" in it. */
static bool is_call(void *arg, const char *json, size_t len)
{
	(void)arg;
	return len > 6 && strstr(json, "\"tool\"") &&
	       strstr(json, "\"tool\"") < json + len;
}

static void hear(struct heard *heard, const char *text, size_t piece, size_t hold_max)
{
	const struct speech_options options = { .part = on_part,
						.tags = true,
						.is_call = is_call,
						.arg = heard,
						.hold_max = hold_max };
	size_t len = strlen(text), at;
	struct speech speech;

	memset(heard, 0, sizeof(*heard));
	speech_init(&speech, &options);
	for (at = 0; at < len; at += piece)
		speech_feed(&speech, text + at, len - at < piece ? len - at : piece);
	speech_end(&speech);
	speech_deinit(&speech);
}

/* In one piece, byte by byte, and in between. */
static void expect_held(const char *text, size_t hold_max, const char *parts)
{
	static const size_t pieces[] = { 100000, 1, 2, 7 };
	struct heard heard;
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		hear(&heard, text, pieces[i], hold_max);
		assert_string_equal(str_text(&heard.all), parts);
		str_deinit(&heard.all);
	}
}

static void expect(const char *text, const char *parts)
{
	expect_held(text, 0, parts);
}

static void a_plain_text_is_untouched(void **state)
{
	(void)state;
	expect("", "");
	expect(" Just an answer.\n", "T: Just an answer.\n");
	expect("a [b] <c> {d} `e` ```f``` {\"g\":1}",
	       "T:a [b] <c> {d} `e` ```f``` {\"g\":1}");
	expect("[REASON", "T:[REASON");
	expect("<tool_cal", "T:<tool_cal");
	expect("```json\n", "T:```json\n");
	expect("{ ", "T:{ ");
}

static void thoughts_are_apart(void **state)
{
	(void)state;
	expect("[REASONING]why[/REASONING]\n\n the answer\n", "R:why|T:the answer\n");
	expect("[reasoning]a[/Reasoning]b[REASONING]c[/REASONING]", "R:a|T:b|R:c");
	expect("x[REASONING][/REASONING]y", "T:x|R:|T:y");
	expect("[REASONING]with {\"tool\":\"t\"}[/REASONING]", "R:with {\"tool\":\"t\"}");
}

/* Nobody is to see a mark, and nothing that may be the answer is lost. */
static void a_mark_without_its_other_half_is_dropped(void **state)
{
	(void)state;
	expect("[REASONING] so it is 42", "T:so it is 42");
	expect("thought[/REASONING] 42", "T:thought 42");
	expect("a</tool_call>b", "T:ab");
	expect("[REASONING] x <tool_call>{\"tool\":\"t\"}</tool_call>",
	       "T:x |C:{\"tool\":\"t\"}");
	expect("<tool_call>I will not", "T:I will not");
	expect("<tool_call>{\"name\":\"t\"} ", "C:{\"name\":\"t\"} ");
	expect("<tool_call>{\"name\":\"t\"", "T:{\"name\":\"t\"");
	expect("[REASONING]a <tool_call>b {\"c\":", "T:a b {\"c\":");
}

static void calls_are_apart(void **state)
{
	(void)state;
	expect("Let me see. <tool_call>\n{\"name\":\"t\"}\n</tool_call>",
	       "T:Let me see. |C:\n{\"name\":\"t\"}\n");
	expect("<tool_call>no json</tool_call><TOOL_CALL>{}</TOOL_CALL>",
	       "C:no json|C:{}");
	expect("Now {\"tool\":\"t\",\"arguments\":{\"q\":\"}\\\"{\"}} done",
	       "T:Now |B:{\"tool\":\"t\",\"arguments\":{\"q\":\"}\\\"{\"}}|T: done");
	expect("```json\n{\"tool\":\"t\"}\n```\nthen", "B:{\"tool\":\"t\"}|T:then");
	expect("```\n{\"tool\":\"t\"}\n no end", "B:{\"tool\":\"t\"}|T:no end");
	expect("```json\n{\"a\":1}\n```", "T:```json\n{\"a\":1}\n```");
	expect("{\"a\":{\"tool\":\"t\"}}", "B:{\"a\":{\"tool\":\"t\"}}");
	expect("{\"a\":1}{\"tool\":\"t\"}{\"tool\":\"u\"}",
	       "T:{\"a\":1}|B:{\"tool\":\"t\"}|B:{\"tool\":\"u\"}");
}

/* An object that is no call has its own fence, and leaves it to nobody. */
static void the_end_of_a_fence_begins_none(void **state)
{
	(void)state;
	expect("```json\n{\"a\":1}\n```\n{\"tool\":\"t\"}",
	       "T:```json\n{\"a\":1}\n```\n|B:{\"tool\":\"t\"}");
	expect("```json\n{\"a\":1}\n```\n```json\n{\"tool\":\"t\"}\n```!",
	       "T:```json\n{\"a\":1}\n```\n|B:{\"tool\":\"t\"}|T:!");
	expect_held("```\n{\"a\":{\"b\":[1, 2, 3]}}\n```\n{\"tool\":\"t\"}", 16,
		    "T:```\n{\"a\":{\"b\":[1, 2, 3]}}\n```\n|B:{\"tool\":\"t\"}");
}

static void a_long_object_is_text_wherever_it_is_cut(void **state)
{
	(void)state;
	expect_held(
		"{\"rows\":[1, 2, 3, 4],\"o\":{\"tool\":\"t\"}} {\"tool\":\"u\"}", 16,
		"T:{\"rows\":[1, 2, 3, 4],\"o\":{\"tool\":\"t\"}} |B:{\"tool\":\"u\"}");
	expect_held("{\"rows\":\"}}}}}}\\\"{\",\"o\":{\"tool\":\"t\"}}", 16,
		    "T:{\"rows\":\"}}}}}}\\\"{\",\"o\":{\"tool\":\"t\"}}");
	expect_held("{\"rows\":[1, 2, 3, 4][REASONING]x[/REASONING]}{\"tool\":\"u\"}", 16,
		    "T:{\"rows\":[1, 2, 3, 4]|R:x|T:}|B:{\"tool\":\"u\"}");
	expect_held("{\"b\":{\"tool\":1}}", 16, "B:{\"b\":{\"tool\":1}}");
	expect_held("{\"b\":{\"tool\":10}}", 16, "T:{\"b\":{\"tool\":10}}");
	expect_held("{\"tool\":\"t\",\"more\":[1, 2, 3, 4]}", 16,
		    "B:{\"tool\":\"t\",\"more\":[1, 2, 3, 4]}");
}

#define TABS "\t\t\t\t\t\t\t\t"

/* Wherever it is cut: what is too far is so in one piece, too. */
static void blanks_before_a_key_are_bounded(void **state)
{
	(void)state;
	expect("{" TABS TABS TABS TABS TABS TABS TABS "\"tool\":1}",
	       "B:{" TABS TABS TABS TABS TABS TABS TABS "\"tool\":1}");
	expect("{" TABS TABS TABS TABS TABS TABS TABS "\t\t\t\t\t\t\t\"tool\":1}",
	       "T:{" TABS TABS TABS TABS TABS TABS TABS "\t\t\t\t\t\t\t\"tool\":1}");
}

static void what_is_shown_does_not_wait_for_a_long_object(void **state)
{
	struct heard heard;
	struct str text = STR_INIT;

	(void)state;
	str_add_text(&text, "{\"rows\":[\"");
	while (text.len < 100)
		str_add_text(&text, "long ");
	hear(&heard, str_text(&text), 1, 50);
	assert_int_equal(heard.all.len, 2 + text.len);
	str_deinit(&heard.all);
	str_reset(&text, 0);
	str_add_text(&text, "{ \"tool\":\"t\",\"arguments\":{\"q\":\"");
	while (text.len < 100)
		str_add_text(&text, "long ");
	str_add_text(&text, "\"}}!");
	hear(&heard, str_text(&text), 1, 50);
	assert_non_null(strstr(str_text(&heard.all), "|T:!"));
	str_deinit(&heard.all);
	str_deinit(&text);
}

/* Marks that follow one another, and such that never end, are no more work than text. */
static void a_text_that_is_meant_to_be_hard_is_read_in_no_time(void **state)
{
	static const char *const hard[] = { "[/REASONING]", "<tool_call>", "[REASONING]",
					    "{\"",          "```json\n{",  "[[[[",
					    "{\"a\":{}}" };
	struct heard heard;
	struct str text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		text = (struct str)STR_INIT;
		while (text.len < 1000000)
			str_add_text(&text, hard[i]);
		hear(&heard, str_text(&text), 4096, 0);
		str_deinit(&heard.all);
		hear(&heard, str_text(&text), 4096, 1000);
		str_deinit(&heard.all);
		str_deinit(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_text_is_untouched),
		cmocka_unit_test(thoughts_are_apart),
		cmocka_unit_test(a_mark_without_its_other_half_is_dropped),
		cmocka_unit_test(calls_are_apart),
		cmocka_unit_test(the_end_of_a_fence_begins_none),
		cmocka_unit_test(a_long_object_is_text_wherever_it_is_cut),
		cmocka_unit_test(blanks_before_a_key_are_bounded),
		cmocka_unit_test(what_is_shown_does_not_wait_for_a_long_object),
		cmocka_unit_test(a_text_that_is_meant_to_be_hard_is_read_in_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
