/* test_auth.c - who calls: header shapes, what is remembered, last use */
#include "api/auth.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define KEY "Bearer sk-syn-0123456789abcdef"

struct world {
	struct auth *auth;
	int fetches;
	char hash[DIGEST_HEX_SIZE];
	struct auth_wait wait;
	int calls;
	enum auth_verdict verdict;
	char tenant[32];
};

static struct world world;

static int on_fetch(void *ctx, const char *hash)
{
	struct world *w = ctx;

	w->fetches++;
	assert_true(strlen(hash) < sizeof(w->hash)); /* "" is nobody's */
	strcpy(w->hash, hash);
	return 0;
}

static void on_ready(void *arg, enum auth_verdict verdict, const struct auth_key *key)
{
	struct world *w = arg;

	w->calls++;
	w->verdict = verdict;
	strcpy(w->tenant, key && key->tenant_id ? key->tenant_id : "");
}

static enum auth_verdict check(const char *header, int64_t now_ms, struct auth_key *key)
{
	memset(&world.wait, 0, sizeof(world.wait));
	return auth_check(world.auth, header, now_ms, &world.wait, on_ready, &world, key);
}

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.auth = auth_new(on_fetch, &world);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	auth_free(world.auth);
	return 0;
}

static void what_cannot_be_a_key_is_not_looked_up(void **state)
{
	static const char *const headers[] = {
		"",
		"Bearer",
		"Bearer ",
		"Bearer  sk-syn-0123",
		"Bearer sk-syn-",
		"Bearer sk-syn-xyz",
		"Bearer sk-syn-ABCDEF",
		"Bearer sk-syn-01 23",
		"Bearer sk-syn-0123 ",
		"Bearer sk-sy-0123",
		"Bearer SK-SYN-0123",
		"Basic c2stc3luLTAxMjM=",
		"Token sk-syn-0123",
		"sk-syn-0123",
		"Bearer sk-syn-0123,Bearer sk-syn-4567",
		"Bearer\tsk-syn-0123",
	};
	char longest[400] = "Bearer sk-syn-";
	struct auth_key key;
	size_t i;

	(void)state;
	assert_int_equal(check(NULL, 0, &key), AUTH_MISSING);
	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		assert_int_equal(check(headers[i], 0, &key), AUTH_MISSING);
	memset(longest + strlen(longest), 'a', 300);
	assert_int_equal(check(longest, 0, &key), AUTH_MISSING);
	assert_int_equal(world.fetches, 0);
}

static void a_key_is_looked_up_by_its_hash(void **state)
{
	struct auth_key key;
	char hash[DIGEST_HEX_SIZE];

	(void)state;
	assert_int_equal(check(KEY, 0, &key), AUTH_WAIT);
	assert_string_equal(world.hash,
			    digest_sha256("sk-syn-0123456789abcdef", 23, hash));
	auth_found(world.auth, world.hash, 0, "id-1", "acme");
	assert_int_equal(world.calls, 1);
	assert_int_equal(world.verdict, AUTH_OK);
	assert_string_equal(world.tenant, "acme");
}

static void a_good_key_is_remembered_thirty_seconds(void **state)
{
	struct auth_key key;

	(void)state;
	(void)check(KEY, 0, &key);
	auth_found(world.auth, world.hash, 0, "id-1", NULL);
	assert_int_equal(check("bearer sk-syn-0123456789abcdef", 10000, &key), AUTH_OK);
	assert_string_equal(key.id, "id-1");
	assert_null(key.tenant_id);
	assert_int_equal(world.fetches, 1);
	/* then it is asked for again, first without anybody waiting */
	assert_int_equal(check(KEY, 10001, &key), AUTH_OK);
	assert_int_equal(world.fetches, 2);
	auth_failed(world.auth, world.hash);
	assert_int_equal(check(KEY, 30001, &key), AUTH_WAIT);
	auth_found(world.auth, world.hash, 30002, NULL, NULL); /* revoked meanwhile */
	assert_int_equal(world.verdict, AUTH_BAD);
}

static void whose_key_was_good_is_known_thirty_seconds(void **state)
{
	static const char token[] = "0123";
	struct auth_key key;

	(void)state;
	assert_false(auth_knows(world.auth, KEY, 0));
	assert_int_equal(world.fetches, 1);
	auth_found(world.auth, world.hash, 0, "id-1", NULL);
	assert_true(auth_knows(world.auth, KEY, 30000));
	assert_false(auth_knows(world.auth, KEY, 30001)); /* it may be revoked */
	assert_int_equal(world.fetches, 2);
	auth_found(world.auth, world.hash, 30001, NULL, NULL);
	assert_false(auth_knows(world.auth, KEY, 30001));
	/* a session as well, though it is asked about each time */
	assert_int_equal(auth_check_session(world.auth, token, 0, &world.wait, on_ready,
					    &world, &key),
			 AUTH_WAIT);
	auth_found(world.auth, world.hash, 0, "id-2", NULL);
	assert_int_equal(auth_check_session(world.auth, token, 1, &world.wait, on_ready,
					    &world, &key),
			 AUTH_WAIT);
	assert_true(auth_knows_session(world.auth, token, 30000));
	assert_false(auth_knows_session(world.auth, token, 30001));
	auth_found(world.auth, world.hash, 30002, "id-2", NULL);
}

static enum auth_verdict check_nobody(int64_t now_mono_ms)
{
	struct auth_key key;

	memset(&world.wait, 0, sizeof(world.wait));
	return auth_check_nobody(world.auth, now_mono_ms, &world.wait, on_ready, &world,
				 &key);
}

static void that_there_is_no_key_is_asked_each_time(void **state)
{
	(void)state;
	assert_int_equal(check_nobody(0), AUTH_WAIT);
	assert_string_equal(world.hash, "");
	auth_found(world.auth, "", 0, "", NULL);
	assert_int_equal(world.verdict, AUTH_OK);
	assert_int_equal(check_nobody(1), AUTH_WAIT);
	auth_found(world.auth, "", 1, NULL, NULL);
	assert_int_equal(world.verdict, AUTH_BAD);
	assert_int_equal(check_nobody(2), AUTH_WAIT);
	auth_failed(world.auth, "");
	assert_int_equal(world.verdict, AUTH_AWAY);
}

static void an_unknown_key_is_remembered_two_seconds(void **state)
{
	struct auth_key key;

	(void)state;
	(void)check(KEY, 0, &key);
	auth_found(world.auth, world.hash, 0, NULL, NULL);
	assert_int_equal(world.verdict, AUTH_BAD);
	assert_int_equal(check(KEY, 2000, &key), AUTH_BAD);
	assert_int_equal(world.fetches, 1);
	assert_int_equal(check(KEY, 2001, &key), AUTH_WAIT);
	auth_found(world.auth, world.hash, 2002, "id-1", NULL);
	assert_int_equal(world.verdict, AUTH_OK);
}

static void while_keys_cannot_be_looked_up_nobody_is_refused_for_good(void **state)
{
	struct auth_key key;

	(void)state;
	assert_int_equal(check(KEY, 0, &key), AUTH_WAIT);
	auth_failed(world.auth, world.hash);
	assert_int_equal(world.verdict, AUTH_AWAY);
}

static void use_is_reported_at_most_once_a_minute(void **state)
{
	const char *ids[4];
	struct auth_key key;

	(void)state;
	(void)check(KEY, 0, &key);
	assert_int_equal(auth_used(world.auth, 0, ids, 4), 0);
	auth_found(world.auth, world.hash, 0, "id-1", NULL);
	assert_int_equal(auth_used(world.auth, 5, ids, 4), 1);
	assert_string_equal(ids[0], "id-1");
	assert_int_equal(auth_used(world.auth, 6, ids, 4), 0);
	assert_int_equal(check(KEY, 25000, &key), AUTH_OK);
	auth_found(world.auth, world.hash, 25001, "id-1",
		   NULL); /* keeps what was noted */
	assert_int_equal(auth_used(world.auth, 30000, ids, 4), 0);
	assert_int_equal(auth_used(world.auth, 60005, ids, 4), 1);
	assert_int_equal(auth_used(world.auth, 130000, ids, 4), 0); /* not used since */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(what_cannot_be_a_key_is_not_looked_up),
		TEST(a_key_is_looked_up_by_its_hash),
		TEST(a_good_key_is_remembered_thirty_seconds),
		TEST(whose_key_was_good_is_known_thirty_seconds),
		TEST(that_there_is_no_key_is_asked_each_time),
		TEST(an_unknown_key_is_remembered_two_seconds),
		TEST(while_keys_cannot_be_looked_up_nobody_is_refused_for_good),
		TEST(use_is_reported_at_most_once_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
