/* test_pg_state.c - what an SQLSTATE asks of us */
#include "pg/pg_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void no_sqlstate_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(pg_state_class(""), PG_CLASS_NONE);
	assert_false(pg_state_is_loss(""));
}

static void what_may_work_again_is_transient(void **state)
{
	const char *const all[] = { "40001", "40P01", "55P03", "57014" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(pg_state_class(all[i]), PG_CLASS_TRANSIENT);
}

static void a_server_that_cannot_store_now_is_unavailable(void **state)
{
	const char *const all[] = {
		"53100", "53200", "25006", "58030", "26000", "42P05"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(pg_state_class(all[i]), PG_CLASS_UNAVAILABLE);
}

static void a_good_bye_is_a_loss(void **state)
{
	const char *const all[] = {
		"57P01", "57P02", "57P03", "57P05", "08006", "08P01"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_true(pg_state_is_loss(all[i]));
	assert_false(pg_state_is_loss("57014"));
	assert_false(pg_state_is_loss("40001"));
}

static void the_longest_prefix_wins(void **state)
{
	(void)state;
	assert_int_equal(pg_state_class("42501"), PG_CLASS_ACCESS);
	assert_int_equal(pg_state_class("42601"), PG_CLASS_BUG);
	assert_int_equal(pg_state_class("25001"), PG_CLASS_BUG);
}

static void values_and_constraints_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(pg_state_class("22021"), PG_CLASS_VALUE);
	assert_int_equal(pg_state_class("22001"), PG_CLASS_VALUE);
	assert_int_equal(pg_state_class("23505"), PG_CLASS_CONSTRAINT);
	assert_int_equal(pg_state_class("28P01"), PG_CLASS_ACCESS);
}

static void what_a_peer_says_is_a_state_or_becomes_one(void **state)
{
	static const struct {
		const char *said, *kept;
	} cases[] = {
		{ "", "" },
		{ "40001", "40001" },
		{ "57P01", "57P01" },
		{ "4000", "XX000" },
		{ "400011", "XX000" },
		{ "4 001", "XX000" },
		{ "\xff\xff\xff\xff\xff", "XX000" },
	};
	char to[PG_SQLSTATE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pg_state_copy(to, cases[i].said);
		assert_string_equal(to, cases[i].kept);
	}
}

static void every_class_has_a_name_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = PG_CLASS_NONE; a <= PG_CLASS_BUG; a++) {
		for (b = PG_CLASS_NONE; b < a; b++)
			assert_string_not_equal(pg_state_class_name((enum pg_class)a),
						pg_state_class_name((enum pg_class)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sqlstate_is_no_error),
		cmocka_unit_test(what_may_work_again_is_transient),
		cmocka_unit_test(a_server_that_cannot_store_now_is_unavailable),
		cmocka_unit_test(a_good_bye_is_a_loss),
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(values_and_constraints_are_told_apart),
		cmocka_unit_test(what_a_peer_says_is_a_state_or_becomes_one),
		cmocka_unit_test(every_class_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
