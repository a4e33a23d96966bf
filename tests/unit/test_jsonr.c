/*
 * test_jsonr.c - reading JSON from outside
 *
 * The table is the border: each line is one input, what it is taken for, and, when it is
 * accepted, its text printed back. A document that passes is printed, read again and
 * printed again: the two texts are the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define OK        JSONR_FAULT_NONE
#define SYNTAX    JSONR_FAULT_SYNTAX
#define DUPLICATE JSONR_FAULT_DUPLICATE
#define NUMBER    JSONR_FAULT_NUMBER
#define NOWHERE   SIZE_MAX

struct input {
	const char *text;
	enum jsonr_fault fault;
	const char *printed; /* of OK; NULL: the input itself */
	size_t at_byte;      /* of a fault; NOWHERE: not looked at */
};

/* clang-format off */
static const struct input inputs[] = {
	/* values */
	{ "null", OK, NULL, 0 },
	{ "true", OK, NULL, 0 },
	{ "false", OK, NULL, 0 },
	{ "0", OK, NULL, 0 },
	{ "-0", OK, "0", 0 },
	{ "-0.0", OK, NULL, 0 },
	{ "7", OK, NULL, 0 },
	{ "1.50", OK, NULL, 0 },
	{ "1e3", OK, NULL, 0 },
	{ "1E+3", OK, NULL, 0 },
	{ "-1.5e-3", OK, NULL, 0 },
	{ "1e-400", OK, NULL, 0 },
	{ "0.1234567890123456789012345678901234567890", OK, NULL, 0 },
	{ "9223372036854775807", OK, NULL, 0 },
	{ "-9223372036854775808", OK, NULL, 0 },
	{ "\"\"", OK, NULL, 0 },
	{ "\"text\"", OK, NULL, 0 },
	{ "\"\\u0041\\n\\/\\b\\f\\r\\t\\\"\\\\\"", OK, "\"A\\n/\\b\\f\\r\\t\\\"\\\\\"", 0 },
	{ "\"\\u00e9\\u20AC\\ud83d\\uDE00\"", OK, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", 0 },
	{ "\"\\u0000\"", OK, NULL, 0 },
	{ "\"\x7f\"", OK, NULL, 0 },
	{ "\"\\u2028\"", OK, "\"\xE2\x80\xA8\"", 0 },
	{ "{}", OK, NULL, 0 },
	{ "[]", OK, NULL, 0 },
	{ "[[],{},[{}]]", OK, NULL, 0 },
	{ " \t\r\n{ \"a\" : [ 1 , 2 ] }\n ", OK, "{\"a\":[1,2]}", 0 },
	{ "{\"a\":{\"a\":{\"a\":1}}}", OK, NULL, 0 },
	{ "[{\"a\":1},{\"a\":2}]", OK, NULL, 0 },
	{ "{\"\":0}", OK, NULL, 0 },
	{ "{\"a\":1,\"A\":2}", OK, NULL, 0 },
	{ "{\"b\":null,\"a\":null}", OK, NULL, 0 },
	/* no value, or not one */
	{ "", SYNTAX, NULL, 0 },
	{ " ", SYNTAX, NULL, 1 },
	{ "NaN", SYNTAX, NULL, 0 },
	{ "Infinity", SYNTAX, NULL, 0 },
	{ "-Infinity", SYNTAX, NULL, NOWHERE },
	{ "nan", SYNTAX, NULL, NOWHERE },
	{ "inf", SYNTAX, NULL, NOWHERE },
	{ "None", SYNTAX, NULL, 0 },
	{ "True", SYNTAX, NULL, 0 },
	{ "TRUE", SYNTAX, NULL, 0 },
	{ "nul", SYNTAX, NULL, 0 },
	{ "nulll", SYNTAX, NULL, 4 },
	{ "undefined", SYNTAX, NULL, 0 },
	{ "text", SYNTAX, NULL, 0 },
	{ "\xEF\xBB\xBF{}", SYNTAX, NULL, 0 },
	/* numbers */
	{ "-", SYNTAX, NULL, NOWHERE },
	{ "+1", SYNTAX, NULL, 0 },
	{ "01", SYNTAX, NULL, 0 },
	{ "-01", SYNTAX, NULL, NOWHERE },
	{ "1.", SYNTAX, NULL, NOWHERE },
	{ ".5", SYNTAX, NULL, 0 },
	{ "1.e3", SYNTAX, NULL, NOWHERE },
	{ "1e", SYNTAX, NULL, NOWHERE },
	{ "1e+", SYNTAX, NULL, NOWHERE },
	{ "0x10", SYNTAX, NULL, 1 },
	{ "1_000", SYNTAX, NULL, 1 },
	{ "- 1", SYNTAX, NULL, NOWHERE },
	{ "1 2", SYNTAX, NULL, 2 },
	{ "1e400", NUMBER, NULL, NOWHERE },
	{ "-1e400", NUMBER, NULL, NOWHERE },
	{ "[1e309]", NUMBER, NULL, NOWHERE },
	{ "9223372036854775808", NUMBER, NULL, NOWHERE },
	{ "-9223372036854775809", NUMBER, NULL, NOWHERE },
	{ "18446744073709551615", NUMBER, NULL, NOWHERE },
	{ "1000000000000000000000000000000000000000000", NUMBER, NULL, NOWHERE },
	/* strings */
	{ "'a'", SYNTAX, NULL, 0 },
	{ "{'a':1}", SYNTAX, NULL, 1 },
	{ "\"", SYNTAX, NULL, NOWHERE },
	{ "\"abc", SYNTAX, NULL, NOWHERE },
	{ "\"abc\\", SYNTAX, NULL, NOWHERE },
	{ "\"abc\\\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\x41\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\'\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\u12\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\u12G4\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\u", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\udc00\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800\\u0041\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800\\ue000\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800x\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800\\ud800\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800\\uZZZZ\"", SYNTAX, NULL, NOWHERE },
	{ "\"\\ud800\\n00000\"", SYNTAX, NULL, NOWHERE },
	{ "\"a\nb\"", SYNTAX, NULL, 2 },
	{ "\"a\tb\"", SYNTAX, NULL, 2 },
	{ "\"\x01\"", SYNTAX, NULL, 1 },
	{ "\"\x1f\"", SYNTAX, NULL, 1 },
	{ "\"\x80\"", SYNTAX, NULL, 1 },
	{ "\"\xC0\x80\"", SYNTAX, NULL, 1 },
	{ "\"\xED\xA0\x80\"", SYNTAX, NULL, 1 },
	{ "\"\xF4\x90\x80\x80\"", SYNTAX, NULL, 1 },
	{ "\"\xC3\"", SYNTAX, NULL, 1 },
	{ "{\"\xFF\":1}", SYNTAX, NULL, 2 },
	/* containers */
	{ "[", SYNTAX, NULL, 1 },
	{ "{", SYNTAX, NULL, 1 },
	{ "]", SYNTAX, NULL, 0 },
	{ "}", SYNTAX, NULL, 0 },
	{ "[1", SYNTAX, NULL, 2 },
	{ "[1,", SYNTAX, NULL, 3 },
	{ "[1,]", SYNTAX, NULL, 3 },
	{ "[,1]", SYNTAX, NULL, 1 },
	{ "[1 2]", SYNTAX, NULL, 3 },
	{ "[1}", SYNTAX, NULL, 2 },
	{ "{]", SYNTAX, NULL, 1 },
	{ "{\"a\"}", SYNTAX, NULL, 4 },
	{ "{\"a\"", SYNTAX, NULL, 4 },
	{ "{\"a\":}", SYNTAX, NULL, 5 },
	{ "{\"a\":1,}", SYNTAX, NULL, 7 },
	{ "{\"a\":1 \"b\":2}", SYNTAX, NULL, 7 },
	{ "{\"a\":1]", SYNTAX, NULL, 6 },
	{ "{\"a\" 1}", SYNTAX, NULL, 5 },
	{ "{,}", SYNTAX, NULL, 1 },
	{ "{a:1}", SYNTAX, NULL, 1 },
	{ "{1:1}", SYNTAX, NULL, 1 },
	{ "{null:1}", SYNTAX, NULL, 1 },
	{ "{\"a:1}", SYNTAX, NULL, NOWHERE },
	/* what stands around a document */
	{ "{} x", SYNTAX, NULL, 3 },
	{ "{}{}", SYNTAX, NULL, 2 },
	{ "[],[]", SYNTAX, NULL, 2 },
	{ "// c\n1", SYNTAX, NULL, 0 },
	{ "/* c */ 1", SYNTAX, NULL, 0 },
	{ "1 // c", SYNTAX, NULL, 2 },
	{ "[1, /* c */ 2]", SYNTAX, NULL, 4 },
	{ "# c\n1", SYNTAX, NULL, 0 },
	{ "1\v", SYNTAX, NULL, 1 },
	{ "1\f", SYNTAX, NULL, 1 },
	{ "1\xC2\xA0", SYNTAX, NULL, 1 },
	/* keys */
	{ "{\"a\":1,\"a\":2}", DUPLICATE, NULL, 7 },
	{ "{\"a\":1,\"\\u0061\":2}", DUPLICATE, NULL, 7 },
	{ "{\"\\u0061\":1,\"a\":2}", DUPLICATE, NULL, 12 },
	{ "{\"\":1,\"\":2}", DUPLICATE, NULL, 6 },
	{ "{\"/\":1,\"\\/\":2}", DUPLICATE, NULL, 7 },
	{ "{\"\\n\":1,\"\\u000A\":2}", DUPLICATE, NULL, 8 },
	{ "{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}", DUPLICATE, NULL, 10 },
	{ "{\"b\":[{\"a\":1,\"c\":{},\"a\":1}]}", DUPLICATE, NULL, 20 },
	{ "{\"a\\u0000b\":1}", SYNTAX, NULL, NOWHERE },
	{ "{\"a\":1,\"a\\u0000\":2}", SYNTAX, NULL, NOWHERE },
};
/* clang-format on */

static void check(const struct input *in)
{
	/* a copy without a NUL behind it: reading past the end is seen by ASan */
	size_t len = strlen(in->text), at = 12345;
	char *text = len ? memcpy(mem_alloc(len), in->text, len) : mem_alloc(0);
	enum jsonr_fault fault = JSONR_FAULT_DEPTH;
	struct json *doc = NULL, *again = NULL;
	struct str once = STR_INIT, twice = STR_INIT;
	struct err err = { 0 };
	int rc = jsonr_parse(text, len, &doc, &fault, &at, &err);

	if (fault != in->fault || (rc == 0) != (in->fault == OK))
		fail_msg("%s: fault %d, rc %d: %s", in->text, fault, rc, err.text);
	if (in->fault != OK) {
		assert_int_equal(rc, ERR_INPUT);
		assert_null(doc);
		assert_true(at <= len);
		if (in->at_byte != NOWHERE && at != in->at_byte)
			fail_msg("%s: byte %zu: %s", in->text, at, err.text);
		assert_true(err.text[0]);
	} else {
		jsonr_print(doc, &once);
		assert_string_equal(str_text(&once),
				    in->printed ? in->printed : in->text);
		rc = jsonr_parse(str_text(&once), once.len, &again, NULL, NULL, &err);
		assert_int_equal(rc, 0);
		jsonr_print(again, &twice);
		assert_string_equal(str_text(&once), str_text(&twice));
	}
	jsonr_free(doc);
	jsonr_free(again);
	str_deinit(&once);
	str_deinit(&twice);
	mem_free(text);
}

static void each_input_is_what_the_table_says(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(inputs) / sizeof(*inputs); i++)
		check(&inputs[i]);
}

/* Whatever is accepted, no beginning of it may crash, and only a number's may pass. */
static void no_beginning_of_a_document_passes_for_one(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		const char *text = inputs[i].text;
		size_t len = strlen(text);

		for (cut = 0; cut < len; cut++) {
			char *part = memcpy(mem_alloc(cut + 1), text, cut);
			struct json *doc = NULL;
			int rc;

			part = mem_resize(part, cut ? cut : 1);
			rc = jsonr_parse(part, cut, &doc, NULL, NULL, NULL);
			if (inputs[i].fault == OK && strchr("{[\"", text[0]) && rc == 0)
				fail_msg("%.*s passed", (int)cut, text);
			if (rc == 0)
				jsonr_free(doc);
			mem_free(part);
		}
	}
}

static void nul_bytes_are_text_behind_the_document_or_bad(void **state)
{
	struct json *doc = NULL;
	enum jsonr_fault fault;

	(void)state;
	assert_int_equal(jsonr_parse("{}\0", 3, &doc, &fault, NULL, NULL), ERR_INPUT);
	assert_int_equal(fault, SYNTAX);
	assert_int_equal(jsonr_parse("\"a\0b\"", 5, &doc, &fault, NULL, NULL), ERR_INPUT);
	assert_int_equal(fault, SYNTAX);
	assert_int_equal(jsonr_parse("1\0", 2, &doc, &fault, NULL, NULL), ERR_INPUT);
	assert_int_equal(jsonr_parse("\0", 1, &doc, &fault, NULL, NULL), ERR_INPUT);
	assert_int_equal(jsonr_parse("\"\\\0\"", 4, &doc, &fault, NULL, NULL), ERR_INPUT);
	assert_null(doc);
}

static int parse_nested(int depth, const char *open, const char *inner, const char *close,
			enum jsonr_fault *fault)
{
	struct str text = STR_INIT, printed = STR_INIT;
	struct json *doc = NULL;
	int i, rc;

	for (i = 0; i < depth; i++)
		str_add_text(&text, open);
	str_add_text(&text, inner);
	for (i = 0; i < depth; i++)
		str_add_text(&text, close);
	rc = jsonr_parse(str_text(&text), text.len, &doc, fault, NULL, NULL);
	if (rc == 0) {
		jsonr_print(doc, &printed);
		assert_string_equal(str_text(&printed), str_text(&text));
		jsonr_free(doc);
	}
	str_deinit(&text);
	str_deinit(&printed);
	return rc;
}

static void depth_128_passes_and_129_does_not(void **state)
{
	enum jsonr_fault fault;

	(void)state;
	assert_int_equal(parse_nested(128, "[", "", "]", &fault), 0);
	assert_int_equal(parse_nested(128, "[", "1", "]", &fault), 0);
	assert_int_equal(parse_nested(128, "{\"a\":", "1", "}", &fault), 0);
	assert_int_equal(parse_nested(129, "[", "", "]", &fault), ERR_INPUT);
	assert_int_equal(fault, JSONR_FAULT_DEPTH);
	assert_int_equal(parse_nested(129, "{\"a\":", "1", "}", &fault), ERR_INPUT);
	assert_int_equal(fault, JSONR_FAULT_DEPTH);
	assert_int_equal(parse_nested(1000000, "[", "", "", &fault), ERR_INPUT);
	assert_int_equal(fault, JSONR_FAULT_DEPTH);
}

static void a_hundred_thousand_keys_take_no_longer_than_they_must(void **state)
{
	struct str text = STR_INIT;
	struct json *doc = NULL;
	enum jsonr_fault fault;
	size_t at;
	int i;

	(void)state;
	str_add_char(&text, '{');
	for (i = 0; i < 100000; i++)
		str_printf(&text, "\"key%d\":%d,", i, i);
	at = text.len;
	str_add_text(&text, "\"key77777\":1}");
	assert_int_equal(jsonr_parse(str_text(&text), text.len, &doc, &fault, &at, NULL),
			 ERR_INPUT);
	assert_int_equal(fault, DUPLICATE);
	assert_int_equal(at, text.len - strlen("\"key77777\":1}"));
	memcpy(text.data + at + 1, "KEY", 3);
	assert_int_equal(jsonr_parse(str_text(&text), text.len, &doc, &fault, &at, NULL),
			 0);
	assert_int_equal(jsonr_count(doc), 100001);
	assert_int_equal(jsonr_get_int(doc, "key99999", -1), 99999);
	jsonr_free(doc);
	str_deinit(&text);
}

static void a_huge_length_is_refused_without_a_look(void **state)
{
	struct json *doc = NULL;
	enum jsonr_fault fault;

	(void)state;
	assert_int_equal(
		jsonr_parse("1", (size_t)INT32_MAX + 1, &doc, &fault, NULL, NULL),
		ERR_INPUT);
	assert_int_equal(fault, SYNTAX);
}

static struct json *parsed(const char *text)
{
	struct json *doc = NULL;
	struct err err;

	if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return doc;
}

static void values_are_read_by_their_type(void **state)
{
	struct json *doc = parsed("{\"n\":null,\"b\":true,\"i\":-7,\"d\":2.5,\"s\":\"x\","
				  "\"a\":[1,\"two\",null],\"o\":{\"k\":\"v\"},"
				  "\"z\":\"a\\u0000b\"}");
	bool found;

	(void)state;
	assert_int_equal(jsonr_type(doc), JSONR_OBJECT);
	assert_int_equal(jsonr_count(doc), 8);
	assert_int_equal(jsonr_type(jsonr_get(doc, "n")), JSONR_NULL);
	assert_int_equal(jsonr_type(jsonr_get(doc, "b")), JSONR_BOOL);
	assert_true(jsonr_bool(jsonr_get(doc, "b")));
	assert_false(jsonr_bool(NULL));
	assert_int_equal(jsonr_type(jsonr_get(doc, "i")), JSONR_INT);
	assert_int_equal(jsonr_int(jsonr_get(doc, "i")), -7);
	assert_true(jsonr_double(jsonr_get(doc, "i")) == -7.0);
	assert_int_equal(jsonr_type(jsonr_get(doc, "d")), JSONR_DOUBLE);
	assert_true(jsonr_double(jsonr_get(doc, "d")) == 2.5);
	assert_int_equal(jsonr_type(jsonr_get(doc, "s")), JSONR_STRING);
	assert_string_equal(jsonr_text(jsonr_get(doc, "s")), "x");
	assert_int_equal(jsonr_text_len(jsonr_get(doc, "z")), 3);
	assert_memory_equal(jsonr_text(jsonr_get(doc, "z")), "a\0b", 4);
	assert_int_equal(jsonr_type(jsonr_get(doc, "a")), JSONR_ARRAY);
	assert_int_equal(jsonr_count(jsonr_get(doc, "a")), 3);
	assert_string_equal(jsonr_text(jsonr_at(jsonr_get(doc, "a"), 1)), "two");
	assert_null(jsonr_at(jsonr_get(doc, "a"), 2));
	assert_null(jsonr_at(jsonr_get(doc, "a"), 3));
	assert_string_equal(jsonr_get_text(jsonr_get(doc, "o"), "k"), "v");

	assert_null(jsonr_find(doc, "n", &found));
	assert_true(found);
	assert_null(jsonr_find(doc, "none", &found));
	assert_false(found);
	assert_int_equal(jsonr_get_int(doc, "i", 1), -7);
	assert_int_equal(jsonr_get_int(doc, "d", 1), 1);
	assert_int_equal(jsonr_get_int(doc, "none", 1), 1);
	assert_null(jsonr_get_text(doc, "i"));
	jsonr_free(doc);
}

static void asking_the_wrong_type_gives_nothing(void **state)
{
	struct json *doc = parsed("[true]");
	bool found = true;

	(void)state;
	assert_null(jsonr_text(doc));
	assert_int_equal(jsonr_text_len(doc), 0);
	assert_null(jsonr_find(doc, "k", &found));
	assert_false(found);
	assert_null(jsonr_at(jsonr_at(doc, 0), 0));
	assert_int_equal(jsonr_count(jsonr_at(doc, 0)), 0);
	assert_int_equal(jsonr_count(NULL), 0);
	assert_int_equal(jsonr_type(NULL), JSONR_NULL);
	assert_null(jsonr_get(NULL, "k"));
	jsonr_free(doc);
	jsonr_free(NULL);
}

static void every_type_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(jsonr_type_name(JSONR_NULL), "null");
	assert_string_equal(jsonr_type_name(JSONR_BOOL), "boolean");
	assert_string_equal(jsonr_type_name(JSONR_INT), "integer");
	assert_string_equal(jsonr_type_name(JSONR_DOUBLE), "number");
	assert_string_equal(jsonr_type_name(JSONR_STRING), "string");
	assert_string_equal(jsonr_type_name(JSONR_ARRAY), "array");
	assert_string_equal(jsonr_type_name(JSONR_OBJECT), "object");
}

static void a_walk_follows_the_documents_order(void **state)
{
	struct json *doc = parsed("{\"z\":1,\"a\":null,\"m\":3}");
	struct jsonr_iter it = jsonr_iter(doc);

	(void)state;
	assert_true(jsonr_next(&it));
	assert_string_equal(it.key, "z");
	assert_int_equal(jsonr_int(it.value), 1);
	assert_true(jsonr_next(&it));
	assert_string_equal(it.key, "a");
	assert_null(it.value);
	assert_true(jsonr_next(&it));
	assert_string_equal(it.key, "m");
	assert_false(jsonr_next(&it));
	assert_false(jsonr_next(&it));
	jsonr_free(doc);

	doc = parsed("{}");
	it = jsonr_iter(doc);
	assert_false(jsonr_next(&it));
	jsonr_free(doc);
	it = jsonr_iter(NULL);
	assert_false(jsonr_next(&it));
	assert_false(jsonr_next(&it));
}

static void a_part_is_printed_alone(void **state)
{
	struct json *doc =
		parsed("{\"a\": {\"url\": \"http://x/y\", \"n\": [1.0, null]}}");
	struct str out = STR_INIT;

	(void)state;
	str_add_text(&out, "part=");
	jsonr_print(jsonr_get(doc, "a"), &out);
	str_add_char(&out, ' ');
	jsonr_print(NULL, &out);
	assert_string_equal(str_text(&out),
			    "part={\"url\":\"http://x/y\",\"n\":[1.0,null]} null");
	str_deinit(&out);
	jsonr_free(doc);
}

static void a_nul_is_found_however_deep(void **state)
{
	static const struct {
		const char *text;
		bool has;
	} cases[] = {
		{ "\"\\u0000\"", true },
		{ "[1,{\"a\":[null,\"x\\u0000\"]}]", true },
		{ "[1,{\"a\":[null,true,2.5,\"x\"]}]", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct json *doc = NULL;

		assert_int_equal(jsonr_parse(cases[i].text, strlen(cases[i].text), &doc,
					     NULL, NULL, NULL),
				 0);

		assert_int_equal(jsonr_has_nul(doc), cases[i].has);
		jsonr_free(doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_input_is_what_the_table_says),
		cmocka_unit_test(no_beginning_of_a_document_passes_for_one),
		cmocka_unit_test(nul_bytes_are_text_behind_the_document_or_bad),
		cmocka_unit_test(depth_128_passes_and_129_does_not),
		cmocka_unit_test(a_hundred_thousand_keys_take_no_longer_than_they_must),
		cmocka_unit_test(a_huge_length_is_refused_without_a_look),
		cmocka_unit_test(values_are_read_by_their_type),
		cmocka_unit_test(asking_the_wrong_type_gives_nothing),
		cmocka_unit_test(every_type_has_a_name),
		cmocka_unit_test(a_walk_follows_the_documents_order),
		cmocka_unit_test(a_part_is_printed_alone),
		cmocka_unit_test(a_nul_is_found_however_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
