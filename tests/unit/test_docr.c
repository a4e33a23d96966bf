/* test_docr.c - fields of a stored document, read with bounds */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/docr.h"

#include <string.h>

struct fixture {
	struct arena arena;
	struct problems problems;
	struct json *doc;
	struct docr r;
};

static void begin(struct fixture *f, const char *text)
{
	memset(f, 0, sizeof(*f));
	arena_init(&f->arena);
	problem_init(&f->problems);
	assert_int_equal(
		docr_parse(text, strlen(text), 1000, "a thing", &f->problems, &f->doc),
		0);
	f->r = (struct docr){ &f->arena, &f->problems, f->doc, "/at/" };
}

/* The only problem is this one. */
static void end_with(struct fixture *f, const char *where, const char *text)
{
	assert_int_equal(f->problems.count, 1);
	assert_string_equal(f->problems.kept[0].where, where);
	assert_string_equal(f->problems.kept[0].text, text);
	jsonr_free(f->doc);
	problem_deinit(&f->problems);
	arena_deinit(&f->arena);
}

static void what_is_absent_gives_nothing_and_is_no_problem(void **state)
{
	const struct json *value;
	struct fixture f;

	(void)state;
	begin(&f, "{\"t\":\"\",\"n\":null}");
	assert_null(docr_text(&f.r, "t", 5));
	assert_null(docr_text(&f.r, "x", 5));
	assert_int_equal(docr_int(&f.r, "n", 0, 9, 7), 7);
	assert_true(docr_bool(&f.r, "n", true));
	assert_false(docr_container(&f.r, "n", JSONR_ARRAY, &value));
	assert_string_equal(docr_needed(&f.r, "x", 5), "");
	end_with(&f, "/at/x", "is missing");
}

static void a_wrong_value_is_a_problem_and_gives_the_fallback(void **state)
{
	static const struct {
		const char *doc;
		const char *text;
	} cases[] = {
		{ "{\"n\":\"1\"}", "must be an integer, not string" },
		{ "{\"n\":1.5}", "must be an integer, not a fraction" },
		{ "{\"n\":10}", "must be 0..9" },
		{ "{\"n\":-1.0}", "must be 0..9" },
	};
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&f, cases[i].doc);
		assert_int_equal(docr_int(&f.r, "n", 0, 9, 7), 7);
		end_with(&f, "/at/n", cases[i].text);
	}
	begin(&f, "{\"n\":1}");
	assert_false(docr_bool(&f.r, "n", false));
	end_with(&f, "/at/n", "must be true or false");
}

static void a_whole_number_may_be_written_as_a_fraction(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "{\"n\":9.0,\"x\":1}");
	assert_int_equal(docr_int(&f.r, "n", 0, 9, 7), 9);
	assert_null(docr_text(&f.r, "x", 5));
	end_with(&f, "/at/x", "must be a string, not integer");
}

static void texts_have_a_bound_and_no_nul(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "{\"t\":\"abc\"}");
	assert_string_equal(docr_text(&f.r, "t", 3), "abc");
	assert_null(docr_text(&f.r, "t", 2));
	end_with(&f, "/at/t", "must have at most 2 bytes, not 3");
	begin(&f, "{\"t\":\"a\\u0000c\"}");
	assert_string_equal(docr_needed(&f.r, "t", 3), "");
	end_with(&f, "/at/t", "must not hold the character U+0000");
}

static void names_of_a_list_are_kept_but_for_empty_ones(void **state)
{
	const struct json *list;
	const char **names = NULL;
	struct fixture f;

	(void)state;
	begin(&f, "{\"l\":[\"a\",\"\",\"b\"]}");
	assert_true(docr_container(&f.r, "l", JSONR_ARRAY, &list));
	assert_int_equal(docr_names(&f.r, "l", list, 3, 1, &names), 2);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[1], "b");
	assert_int_equal(docr_names(&f.r, "l", list, 2, 1, &names), 0);
	end_with(&f, "/at/l", "must have at most 2 entries, not 3");
	begin(&f, "{\"l\":{}}");
	assert_false(docr_container(&f.r, "l", JSONR_ARRAY, &list));
	end_with(&f, "/at/l", "must be an array, not object");
}

static void a_document_is_an_object_within_its_bound(void **state)
{
	static const struct {
		const char *doc;
		const char *text;
	} cases[] = {
		{ "[1]", "must be an object, not array" },
		{ "{\"too\":\"long\"}", "a thing has at most 10 bytes, not 14" },
	};
	struct problems problems;
	struct json *doc = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		problem_init(&problems);
		assert_int_equal(docr_parse(cases[i].doc, strlen(cases[i].doc), 10,
					    "a thing", &problems, &doc),
				 ERR_INPUT);
		assert_string_equal(problems.kept[0].text, cases[i].text);
		assert_null(doc);
		problem_deinit(&problems);
	}
	problem_init(&problems);
	assert_int_equal(docr_parse("{", 1, 10, "a thing", &problems, &doc), ERR_INPUT);
	problem_deinit(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_absent_gives_nothing_and_is_no_problem),
		cmocka_unit_test(a_wrong_value_is_a_problem_and_gives_the_fallback),
		cmocka_unit_test(a_whole_number_may_be_written_as_a_fraction),
		cmocka_unit_test(texts_have_a_bound_and_no_nul),
		cmocka_unit_test(names_of_a_list_are_kept_but_for_empty_ones),
		cmocka_unit_test(a_document_is_an_object_within_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
