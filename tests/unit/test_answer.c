/* test_answer.c - whether an answer fits the fields that were asked for */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/answer.h"

#include "base/jsonr.h"
#include "base/str.h"

#include <string.h>

static void on_fault(void *arg, const char *field, const char *type, const char *message)
{
	assert_true(*message);
	str_printf(arg, "%s:%s ", field, type);
}

static struct json *parse(const char *text)
{
	struct json *doc = NULL;

	assert_int_equal(jsonr_parse(text, strlen(text), &doc, NULL, NULL, NULL), 0);
	return doc;
}

static void expect(const char *fields, const char *answer, const char *faults)
{
	struct json *fields_doc = parse(fields), *answer_doc = parse(answer);
	struct str got = STR_INIT;

	answer_check(fields_doc, answer_doc, on_fault, &got);
	assert_string_equal(str_text(&got), faults);
	str_deinit(&got);
	jsonr_free(fields_doc);
	jsonr_free(answer_doc);
}

static void a_field_that_is_missing_is_a_fault_only_if_it_is_required(void **state)
{
	(void)state;
	expect("[{\"name\":\"a\"},{\"name\":\"b\",\"required\":true},"
	       "{\"name\":\"c\",\"required\":\"true\"},{\"name\":\"d\",\"required\":false}]",
	       "{\"c\":\"\",\"more\":1}", "b:missing c:missing ");
	expect("[{\"key\":\"a\",\"required\":true}]", "{\"a\":0}", "");
	expect("[{\"key\":\"a\",\"required\":true,\"type\":\"boolean\"}]",
	       "{\"a\":false}", "");
}

static void numbers_may_be_texts_that_are_numbers(void **state)
{
	const char *fields = "[{\"name\":\"n\",\"type\":\"number\"},"
			     "{\"name\":\"i\",\"type\":\"integer\"}]";

	(void)state;
	expect(fields, "{\"n\":1.5,\"i\":3}", "");
	expect(fields, "{\"n\":\"-1.5e3\",\"i\":\"-7\"}", "");
	expect(fields, "{\"n\":\"many\",\"i\":1.5}", "n:number_type i:int_type ");
	expect(fields, "{\"n\":[],\"i\":\"1.5\"}", "n:number_type i:int_type ");
	expect(fields, "{\"n\":true,\"i\":\"0x10\"}", "n:number_type i:int_type ");
}

static void booleans_may_be_words(void **state)
{
	const char *fields = "[{\"name\":\"b\",\"type\":\"checkbox\"}]";

	(void)state;
	expect(fields, "{\"b\":true}", "");
	expect(fields, "{\"b\":\"false\"}", "");
	expect(fields, "{\"b\":\"perhaps\"}", "b:bool_type ");
	expect(fields, "{\"b\":1}", "b:bool_type ");
}

static void a_choice_is_one_of_its_options(void **state)
{
	(void)state;
	expect("[{\"name\":\"s\",\"type\":\"select\",\"options\":[\"a\",\"b\"]}]",
	       "{\"s\":\"b\"}", "");
	expect("[{\"name\":\"s\",\"type\":\"select\",\"options\":\"a, b,c d\"}]",
	       "{\"s\":\"c d\"}", "");
	expect("[{\"name\":\"s\",\"type\":\"select\",\"options\":\"a, b\"}]",
	       "{\"s\":\"a,\"}", "s:enum ");
	expect("[{\"name\":\"s\",\"type\":\"radio\",\"options\":"
	       "[{\"label\":\"A\",\"value\":\"a\"}]}]",
	       "{\"s\":\"A\"}", "s:enum ");
	expect("[{\"name\":\"s\",\"type\":\"radio\",\"options\":"
	       "[{\"label\":\"A\",\"value\":\"a\"}]}]",
	       "{\"s\":\"a\"}", "");
	expect("[{\"name\":\"s\",\"type\":\"select\"}]", "{\"s\":\"whatever\"}", "");
	expect("[{\"name\":\"s\",\"type\":\"select\",\"options\":[\"a\"]}]", "{\"s\":1}",
	       "s:enum ");
	expect("[{\"name\":\"m\",\"type\":\"multiselect\",\"options\":[\"a\",\"b\"]}]",
	       "{\"m\":[\"b\",\"a\"]}", "");
	expect("[{\"name\":\"m\",\"type\":\"multiselect\",\"options\":[\"a\",\"b\"]}]",
	       "{\"m\":[\"b\",\"c\"]}", "m:enum ");
}

static void texts_are_no_lists_and_other_types_are_whatever_they_are(void **state)
{
	(void)state;
	expect("[{\"name\":\"t\",\"type\":\"text\"},{\"name\":\"x\",\"type\":\"file\"}]",
	       "{\"t\":3,\"x\":{\"y\":[]}}", "");
	expect("[{\"name\":\"t\",\"type\":\"textarea\"}]", "{\"t\":{}}",
	       "t:string_type ");
}

static void fields_that_are_none_ask_for_nothing(void **state)
{
	(void)state;
	expect("{}", "{\"a\":1}", "");
	expect("\"fields\"", "{}", "");
	expect("[1,null,[],{},{\"name\":7},{\"type\":\"number\",\"required\":true}]",
	       "{\"a\":1}", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_field_that_is_missing_is_a_fault_only_if_it_is_required),
		cmocka_unit_test(numbers_may_be_texts_that_are_numbers),
		cmocka_unit_test(booleans_may_be_words),
		cmocka_unit_test(a_choice_is_one_of_its_options),
		cmocka_unit_test(
			texts_are_no_lists_and_other_types_are_whatever_they_are),
		cmocka_unit_test(fields_that_are_none_ask_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
