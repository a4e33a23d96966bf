/* test_digest.c - known digests */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"

static void sha256_gives_the_published_vectors(void **state)
{
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	assert_string_equal(
		digest_sha256("abc", 3, hex),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(
		digest_sha256("", 0, hex),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sha1_gives_the_published_vectors(void **state)
{
	char hex[DIGEST_SHA1_SIZE];

	(void)state;
	assert_string_equal(digest_sha1("abc", 3, hex),
			    "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_string_equal(digest_sha1("", 0, hex),
			    "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void bytes_behind_a_nul_count(void **state)
{
	char one[DIGEST_HEX_SIZE], two[DIGEST_HEX_SIZE];

	(void)state;
	assert_string_not_equal(digest_sha256("a\0b", 3, one),
				digest_sha256("a\0c", 3, two));
}

static void equality_looks_at_every_byte(void **state)
{
	(void)state;
	assert_true(digest_equal("same", "same", 4));
	assert_false(digest_equal("same", "samE", 4));
	assert_false(digest_equal("same", "Same", 4));
	assert_true(digest_equal("x", "y", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_vectors),
		cmocka_unit_test(sha1_gives_the_published_vectors),
		cmocka_unit_test(bytes_behind_a_nul_count),
		cmocka_unit_test(equality_looks_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
