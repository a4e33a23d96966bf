/* test_queue_group.c - entries of a call in groups */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queue/queue_group.h"

static bool same_letter(const void *entries, size_t a, size_t b)
{
	const char *letters = entries;

	return letters[a] == letters[b];
}

static void check(const char *letters, const uint16_t *order, const uint16_t *ends,
		  size_t n)
{
	uint16_t got[256], got_ends[256];

	queue_group(letters, n, same_letter, got, got_ends);
	assert_memory_equal(got, order, n * sizeof(*order));
	assert_memory_equal(got_ends, ends, n * sizeof(*ends));
}

static void groups_stand_together_in_order_of_their_first(void **state)
{
	(void)state;
	check("abacab", (uint16_t[]){ 0, 2, 4, 1, 5, 3 },
	      (uint16_t[]){ 3, 3, 3, 5, 5, 6 }, 6);
	check("aaa", (uint16_t[]){ 0, 1, 2 }, (uint16_t[]){ 3, 3, 3 }, 3);
	check("abc", (uint16_t[]){ 0, 1, 2 }, (uint16_t[]){ 1, 2, 3 }, 3);
	check("x", (uint16_t[]){ 0 }, (uint16_t[]){ 1 }, 1);
}

static void nothing_is_no_group(void **state)
{
	uint16_t order[1] = { 7 }, ends[1] = { 7 };

	(void)state;
	queue_group("", 0, same_letter, order, ends);
	assert_int_equal(order[0], 7);
	assert_int_equal(ends[0], 7);
}

static void the_largest_call_is_grouped(void **state)
{
	char letters[256];
	uint16_t order[256], ends[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		letters[i] = (char)i;
	queue_group(letters, 256, same_letter, order, ends);
	for (int i = 0; i < 256; i++) {
		assert_int_equal(order[i], i);
		assert_int_equal(ends[i], i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_stand_together_in_order_of_their_first),
		cmocka_unit_test(nothing_is_no_group),
		cmocka_unit_test(the_largest_call_is_grouped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
