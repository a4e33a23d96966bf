/* test_queue_names.c - names of keys, tenants and lanes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "queue/queue_names.h"

static void keys_carry_the_queue_as_their_hash_tag(void **state)
{
	struct str key = STR_INIT;

	(void)state;
	queue_names_key(&key, "default", "bell");
	assert_string_equal(str_text(&key), "synapse:q:{default}:bell");
	str_deinit(&key);
}

static void a_tenant_survives_its_key_form(void **state)
{
	static const char *const raw[] = { "default", "",         "a b/c",    "100%",
					   "{x}:y*",  "\xc3\xa9", "\x01\xff", "." };
	static const char *const keys[] = { "default",        "%",
					    "a%20b%2Fc",      "100%25",
					    "%7Bx%7D%3Ay%2A", "%C3%A9",
					    "%01%FF",         "." };
	struct str text = STR_INIT, back = STR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(raw) / sizeof(*raw); i++) {
		str_reset(&text, 0);
		str_reset(&back, 0);
		queue_names_tenant(&text, raw[i]);
		assert_string_equal(str_text(&text), keys[i]);
		assert_true(queue_names_tenant_ok(text.data, text.len));
		assert_true(queue_names_tenant_raw(&back, text.data, text.len));
		assert_string_equal(str_text(&back), raw[i]);
	}
	str_deinit(&text);
	str_deinit(&back);
}

static void what_is_no_key_form_is_seen(void **state)
{
	static const char *const bad[] = { "",     "a b",  "a%",  "a%2",
					   "a%2g", "a%2f", "a/b", "*" };
	struct str out = STR_INIT;
	char large[769];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(queue_names_tenant_ok(bad[i], strlen(bad[i])));
		assert_false(queue_names_tenant_raw(&out, bad[i], strlen(bad[i])));
	}
	memset(large, 'a', sizeof(large));
	assert_true(queue_names_tenant_ok(large, 768));
	assert_false(queue_names_tenant_ok(large, 769));
	assert_int_equal(out.len, 0);
	str_deinit(&out);
}

static void a_lane_is_a_dash_or_eight_hex_digits(void **state)
{
	(void)state;
	assert_true(queue_names_lane_ok("-", 1));
	assert_true(queue_names_lane_ok("0123cdef", 8));
	assert_false(queue_names_lane_ok("x", 1));
	assert_false(queue_names_lane_ok("", 0));
	assert_false(queue_names_lane_ok("0123CDEF", 8));
	assert_false(queue_names_lane_ok("0123cde", 7));
	assert_false(queue_names_lane_ok("0123cdeg", 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_carry_the_queue_as_their_hash_tag),
		cmocka_unit_test(a_tenant_survives_its_key_form),
		cmocka_unit_test(what_is_no_key_form_is_seen),
		cmocka_unit_test(a_lane_is_a_dash_or_eight_hex_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
