/* test_arena.c - memory with one lifetime */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

#include <string.h>

static void small_pieces_are_aligned_and_do_not_overlap(void **state)
{
	struct arena arena;
	char *piece[200];
	int i, j;

	(void)state;
	arena_init(&arena);
	for (i = 0; i < 200; i++) {
		piece[i] = arena_alloc(&arena, (size_t)i + 1);
		assert_int_equal((uintptr_t)piece[i] % 16, 0);
		memset(piece[i], i, (size_t)i + 1);
	}
	for (i = 0; i < 200; i++)
		for (j = 0; j <= i; j++)
			assert_int_equal((unsigned char)piece[i][j], i);
	arena_deinit(&arena);
}

static void nothing_asked_for_is_still_a_place(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_non_null(arena_alloc(&arena, 0));
	assert_non_null(arena_zalloc(&arena, 0));
	arena_deinit(&arena);
}

static void a_large_piece_leaves_the_rest_of_the_head_in_use(void **state)
{
	struct arena arena;
	char *before, *large, *after;

	(void)state;
	arena_init(&arena);
	before = arena_alloc(&arena, 16);
	large = arena_alloc(&arena, 1 << 20);
	after = arena_alloc(&arena, 16);
	memset(large, 7, 1 << 20);
	assert_ptr_equal(after, before + 16);
	assert_true(arena.used_bytes > 1 << 20);
	arena_deinit(&arena);
}

static void a_large_first_piece_gets_its_own_size(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	memset(arena_alloc(&arena, 100000), 1, 100000);
	memset(arena_alloc(&arena, 100), 1, 100);
	assert_true(arena.used_bytes < 100000 + 2 * 65536);
	arena_deinit(&arena);
}

static void blocks_grow_to_64_kib_and_no_further(void **state)
{
	struct arena arena;
	size_t before, largest = 0;
	int i;

	(void)state;
	arena_init(&arena);
	for (i = 0; i < 20000; i++) {
		before = arena.used_bytes;
		(void)arena_alloc(&arena, 32);
		if (arena.used_bytes - before > largest)
			largest = arena.used_bytes - before;
	}
	assert_in_range(largest, 65536, 65536 + 64);
	arena_deinit(&arena);
}

static void an_empty_arena_may_be_used_again(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	(void)arena_alloc(&arena, 5000);
	arena_deinit(&arena);
	assert_int_equal(arena.used_bytes, 0);
	assert_string_equal(arena_dup(&arena, "again"), "again");
	arena_deinit(&arena);
}

static void texts_are_copied_printed_and_terminated(void **state)
{
	struct arena arena;
	unsigned char *zero;
	size_t i;

	(void)state;
	arena_init(&arena);
	assert_string_equal(arena_dup_n(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_dup_n(&arena, NULL, 0), "");
	assert_string_equal(arena_printf(&arena, "%s-%d", "run", 7), "run-7");
	assert_int_equal(strlen(arena_printf(&arena, "%5000s", "x")), 5000);
	memset(arena_alloc(&arena, 512), 0xAA, 512);
	zero = arena_zalloc(&arena, 512);
	for (i = 0; i < 512; i++)
		assert_int_equal(zero[i], 0);
	assert_int_equal(*arena_new(&arena, int), 0);
	assert_int_equal(arena_new_n(&arena, int, 9)[8], 0);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_pieces_are_aligned_and_do_not_overlap),
		cmocka_unit_test(nothing_asked_for_is_still_a_place),
		cmocka_unit_test(a_large_piece_leaves_the_rest_of_the_head_in_use),
		cmocka_unit_test(a_large_first_piece_gets_its_own_size),
		cmocka_unit_test(blocks_grow_to_64_kib_and_no_further),
		cmocka_unit_test(an_empty_arena_may_be_used_again),
		cmocka_unit_test(texts_are_copied_printed_and_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
