/* test_payload.c - what an entry of the queue carries, there and back */
#include "run/payload.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void packs_as(const struct payload *payload, const char *want)
{
	struct str out = STR_INIT;

	payload_pack(payload, &out);
	assert_string_equal(str_text(&out), want);
	str_deinit(&out);
}

static void a_payload_says_only_what_there_is(void **state)
{
	struct payload payload = {
		.definition_id = "hello",
		.definition_version = 3,
		.whole = true,
		.message = "",
	};

	(void)state;
	packs_as(&payload, "{\"d\":\"hello\",\"v\":3}");
	payload.message = "a \"b\"";
	payload.inputs = "{\"n\":1e400}";
	payload.session_id = "s1";
	packs_as(&payload, "{\"d\":\"hello\",\"v\":3,\"m\":\"a \\\"b\\\"\",\"i\":{\"n\":"
			   "1e400},\"s\":\"s1\"}");
	payload.whole = false;
	packs_as(&payload, "{\"d\":\"hello\",\"v\":3,\"r\":true}");
}

static void a_payload_comes_back_as_it_was(void **state)
{
	struct payload payload = {
		.definition_id = "d/\xc3\xa9",
		.definition_version = INT64_MAX,
		.whole = true,
		.message = "line\nline\t\xf0\x9f\x99\x82",
		.inputs = "{\"a\":[1,2.50,\"x\"],\"b\":{}}",
		.session_id = "s",
	};
	struct payload back;
	struct str out = STR_INIT;
	struct arena arena;
	struct err err;

	(void)state;
	arena_init(&arena);
	payload_pack(&payload, &out);
	assert_int_equal(payload_unpack(out.data, out.len, &arena, &back, &err), 0);
	str_deinit(&out);
	assert_string_equal(back.definition_id, payload.definition_id);
	assert_true(back.definition_version == INT64_MAX);
	assert_true(back.whole);
	assert_string_equal(back.message, payload.message);
	assert_string_equal(back.inputs, payload.inputs);
	assert_string_equal(back.session_id, "s");
	arena_deinit(&arena);
}

/* A reader of its own has plain texts: it says what the parser says. */
static void a_plain_payload_is_read_as_any(void **state)
{
	static const char *const texts[] = {
		"{\"d\":\"x\",\"v\":12,\"m\":\"hi {a} ~ /\",\"s\":\"s1\"}",
		"{ \"d\":\"x\",\"v\":12,\"m\":\"hi {a} ~ /\",\"s\":\"s1\"}",
		"{\"s\":\"s1\",\"d\":\"x\",\"v\":12,\"m\":\"hi {a} ~ /\"}",
		"{\"d\":\"x\",\"v\":12,\"m\":\"hi {\\u0061} ~ /\",\"s\":\"s1\"}",
	};
	struct payload back;
	struct arena arena;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		arena_init(&arena);
		assert_int_equal(
			payload_unpack(texts[i], strlen(texts[i]), &arena, &back, &err),
			0);
		assert_string_equal(back.definition_id, "x");
		assert_true(back.definition_version == 12 && back.whole);
		assert_string_equal(back.message, "hi {a} ~ /");
		assert_string_equal(back.session_id, "s1");
		assert_null(back.inputs);
		arena_deinit(&arena);
	}
}

static void input_beyond_the_bound_stays_in_the_row(void **state)
{
	static char message[PAYLOAD_INPUT_MAX_BYTES + 2];
	struct payload payload = {
		.definition_id = "d",
		.definition_version = 1,
		.whole = true,
		.message = message,
	};
	struct payload back;
	struct str out = STR_INIT;
	struct arena arena;
	struct err err;

	(void)state;
	arena_init(&arena);
	memset(message, 'x', PAYLOAD_INPUT_MAX_BYTES);
	payload_pack(&payload, &out);
	assert_int_equal(payload_unpack(out.data, out.len, &arena, &back, &err), 0);
	assert_true(back.whole);
	assert_int_equal(strlen(back.message), PAYLOAD_INPUT_MAX_BYTES);

	message[PAYLOAD_INPUT_MAX_BYTES] = 'x';
	str_reset(&out, 0);
	payload_pack(&payload, &out);
	assert_int_equal(payload_unpack(out.data, out.len, &arena, &back, &err), 0);
	assert_false(back.whole);
	assert_string_equal(back.message, "");
	assert_null(back.inputs);
	str_deinit(&out);
	arena_deinit(&arena);
}

static void what_we_do_not_write_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"[]",
		"{}",
		"{\"d\":\"\",\"v\":1}",
		"{\"d\":1,\"v\":1}",
		"{\"d\":\"x\"}",
		"{\"d\":\"x\",\"v\":0}",
		"{\"d\":\"x\",\"v\":\"1\"}",
		"{\"d\":\"x\",\"v\":1,\"i\":[]}",
		"{\"d\":\"x\",\"v\":1}}",
		"{\"d\":\"x\",\"v\":01}",
		"{\"d\":\"x\",\"v\":1,\"m\":\"a",
		"{\"d\":\"x\",\"v\":1,\"m\":\"a\n\"}",
		"{\"d\":\"x\",\"v\":1,\"m\":\"a\x7f\xff\"}",
		"{\"d\":\"x\",\"v\":9223372036854775808}",
	};
	struct payload back;
	struct arena arena;
	struct err err;
	size_t i;

	(void)state;
	arena_init(&arena);
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(
			payload_unpack(texts[i], strlen(texts[i]), &arena, &back, &err),
			ERR_INPUT);
	assert_int_equal(payload_unpack("{\"d\":\"x\",\"v\":1,\"new\":[]}", 24, &arena,
					&back, &err),
			 0);
	arena_deinit(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_says_only_what_there_is),
		cmocka_unit_test(a_payload_comes_back_as_it_was),
		cmocka_unit_test(a_plain_payload_is_read_as_any),
		cmocka_unit_test(input_beyond_the_bound_stays_in_the_row),
		cmocka_unit_test(what_we_do_not_write_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
