/* test_egress.c - where requests may go to */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool allows(const struct egress *egress, const char *text)
{
	struct sockaddr_storage storage;
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memset(&storage, 0, sizeof(storage));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(&storage, &in, sizeof(in));
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(&storage, &in6, sizeof(in6));
	}
	return egress_allows(egress, (const struct sockaddr *)&storage);
}

static void only_public_addresses_are_allowed(void **state)
{
	static const char *const good[] = { "1.1.1.1",         "172.15.0.1",
					    "172.32.0.1",      "100.128.0.1",
					    "223.255.255.255", "2606:4700::1111",
					    "2a00::1" };
	static const char *const bad[] = {
		"0.0.0.0",
		"10.0.0.1",
		"100.64.0.1",
		"127.0.0.1",
		"127.9.9.9",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"198.18.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"fc00::1",
		"fd12::1",
		"fe80::1",
		"ff02::1",
		"2002:7f00:1::",
		"2001::1",
		"64:ff9b::7f00:1",
		"2001:db8::1",
	};
	struct egress none = { .count = 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!allows(&none, good[i]))
			fail_msg("%s", good[i]);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (allows(&none, bad[i]))
			fail_msg("%s", bad[i]);
}

static void an_operator_allows_networks(void **state)
{
	struct egress egress = { .count = 0 };

	(void)state;
	assert_int_equal(egress_allow(&egress, "10.1.128.0/17", NULL), 0);
	assert_int_equal(egress_allow(&egress, "127.0.0.1", NULL), 0);
	assert_int_equal(egress_allow(&egress, "fd00::/8", NULL), 0);
	assert_true(allows(&egress, "10.1.128.1"));
	assert_true(allows(&egress, "10.1.255.1"));
	assert_false(allows(&egress, "10.1.127.1"));
	assert_true(allows(&egress, "127.0.0.1"));
	assert_true(allows(&egress, "::ffff:127.0.0.1"));
	assert_false(allows(&egress, "127.0.0.2"));
	assert_true(allows(&egress, "fd12::1"));
	assert_true(allows(&egress, "1.1.1.1"));
}

static void all_may_be_allowed(void **state)
{
	struct egress egress = { .count = 0 };

	(void)state;
	assert_int_equal(egress_allow(&egress, "::/0", NULL), 0);
	assert_true(allows(&egress, "127.0.0.1"));
	assert_true(allows(&egress, "::1"));
}

static void what_is_no_network_is_refused(void **state)
{
	static const char *const bad[] = { "",          "x",          "10.0.0.0/33",
					   "10.0.0.0/", "10.0.0.0/a", "10.0.0/8",
					   "::/129",    "/8",         "10.0.0.0/-1",
					   "1.2.3.4/8x" };
	struct egress egress = { .count = 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(egress_allow(&egress, bad[i], &err), ERR_INPUT);
	for (i = 0; i < EGRESS_MAX; i++)
		assert_int_equal(egress_allow(&egress, "10.0.0.0/8", &err), 0);
	assert_int_equal(egress_allow(&egress, "10.0.0.0/8", &err), ERR_LIMIT);
}

static void other_families_are_refused(void **state)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	struct egress egress = { .count = 0 };

	(void)state;
	assert_false(egress_allows(&egress, &local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_public_addresses_are_allowed),
		cmocka_unit_test(an_operator_allows_networks),
		cmocka_unit_test(all_may_be_allowed),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(other_families_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
