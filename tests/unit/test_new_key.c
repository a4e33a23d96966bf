/* test_new_key.c - a key is long, of the stock form, and known by its digest */
#include "store/new_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_key_has_the_stock_form_and_its_digest(void **state)
{
	char hash[DIGEST_HEX_SIZE];
	struct new_key key, other;

	(void)state;
	new_key_make(&key);
	new_key_make(&other);
	assert_int_equal(strlen(key.key), 71);
	assert_memory_equal(key.key, "sk-syn-", 7);
	assert_int_equal(strspn(key.key + 7, "0123456789abcdef"), 64);
	assert_string_equal(key.hash, digest_sha256(key.key, 71, hash));
	assert_int_equal(strlen(key.shown), 12);
	assert_memory_equal(key.shown, key.key, 12);
	assert_string_not_equal(key.key, other.key);
	assert_string_not_equal(key.id, other.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_has_the_stock_form_and_its_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
