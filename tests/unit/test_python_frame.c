/* test_python_frame.c - lengths and bodies, whole and in pieces */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/python_frame.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

static void put(struct str *out, const char *body)
{
	size_t at = python_frame_begin(out);

	str_add_text(out, body);
	python_frame_end(out, at);
}

static void a_frame_comes_back_as_it_went_in(void **state)
{
	struct str out = STR_INIT;
	const char *body;
	size_t len;

	(void)state;
	put(&out, "{}");
	assert_memory_equal(out.data, "\0\0\0\2{}", 6);
	assert_int_equal(python_frame_next(&out, 0, 2, &body, &len), 1);
	assert_int_equal(len, 2);
	assert_memory_equal(body, "{}", 2);
	str_deinit(&out);
}

static void frames_follow_each_other(void **state)
{
	struct str out = STR_INIT;
	const char *body;
	size_t len;

	(void)state;
	put(&out, "one");
	put(&out, "");
	put(&out, "three");
	assert_int_equal(python_frame_next(&out, 0, 9, &body, &len), 1);
	assert_memory_equal(body, "one", 3);
	assert_int_equal(python_frame_next(&out, 7, 9, &body, &len), 1);
	assert_int_equal(len, 0);
	assert_int_equal(python_frame_next(&out, 11, 9, &body, &len), 1);
	assert_memory_equal(body, "three", 5);
	assert_int_equal(python_frame_next(&out, out.len, 9, &body, &len), 0);
	str_deinit(&out);
}

static void until_all_of_it_is_there_there_is_nothing(void **state)
{
	struct str whole = STR_INIT, part = STR_INIT;
	const char *body = NULL;
	size_t len, i;

	(void)state;
	put(&whole, "a body of some bytes");
	for (i = 0; i < whole.len; i++) {
		str_reset(&part, 64);
		str_add(&part, whole.data, i);
		assert_int_equal(python_frame_next(&part, 0, 64, &body, &len), 0);
		assert_null(body);
	}
	str_deinit(&part);
	str_deinit(&whole);
}

static void a_length_is_refused_before_its_body_is_there(void **state)
{
	struct str in = STR_INIT;
	const char *body = NULL;
	size_t len;

	(void)state;
	str_add(&in, "\0\0\1\0", 4);
	assert_int_equal(python_frame_next(&in, 0, 255, &body, &len), ERR_LIMIT);
	assert_int_equal(len, 256);
	assert_int_equal(python_frame_next(&in, 0, 256, &body, &len), 0);
	str_reset(&in, 64);
	str_add(&in, "\xff\xff\xff\xff", 4);
	assert_int_equal(python_frame_next(&in, 0, PYTHON_FRAME_MAX, &body, &len),
			 ERR_LIMIT);
	assert_null(body);
	str_deinit(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_comes_back_as_it_went_in),
		cmocka_unit_test(frames_follow_each_other),
		cmocka_unit_test(until_all_of_it_is_there_there_is_nothing),
		cmocka_unit_test(a_length_is_refused_before_its_body_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
