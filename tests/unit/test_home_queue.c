/* test_home_queue.c - which queue a tenant is pinned to */
#include "api/home_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void the_order_of_the_names_does_not_matter(void **state)
{
	static const char *const ab[] = { "a", "b", "c" };
	static const char *const ba[] = { "c", "a", "b" };
	char tenant[16];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		(void)snprintf(tenant, sizeof(tenant), "t%d", i);
		assert_string_equal(home_queue(tenant, ab, 3), home_queue(tenant, ba, 3));
	}
}

static void a_new_name_moves_only_the_tenants_it_wins(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	int moved = 0;
	char tenant[16];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		const char *before, *after;

		(void)snprintf(tenant, sizeof(tenant), "t%d", i);
		before = home_queue(tenant, names, 3);
		after = home_queue(tenant, names, 4);
		if (before != after) {
			assert_string_equal(after, "d");
			moved++;
		}
	}
	assert_in_range(moved, 150, 350); /* a quarter, more or less */
}

static void patterns_are_no_homes(void **state)
{
	static const char *const names[] = { "t-*", "default", "*" };

	(void)state;
	assert_string_equal(home_queue("x", names, 3), "default");
	assert_null(home_queue("x", names, 1));
	assert_null(home_queue("x", names, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_the_names_does_not_matter),
		cmocka_unit_test(a_new_name_moves_only_the_tenants_it_wins),
		cmocka_unit_test(patterns_are_no_homes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
