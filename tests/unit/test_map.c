/* test_map.c - hash map from byte strings to pointers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"

#include <stdio.h>
#include <string.h>

#define MANY 5000

struct thing {
	char key[16];
	int n;
};

static struct thing things[MANY];

static size_t name(int i)
{
	things[i].n = i;
	return (size_t)snprintf(things[i].key, sizeof(things[i].key), "k%d", i);
}

static void what_is_put_is_found_until_it_is_removed(void **state)
{
	struct map map;
	int i;

	(void)state;
	map_init(&map);
	assert_null(map_get(&map, "k1", 2));
	assert_null(map_remove(&map, "k1", 2));
	for (i = 0; i < MANY; i++)
		assert_null(map_put(&map, things[i].key, name(i), &things[i]));
	assert_int_equal(map.count, MANY);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, things[i].key, strlen(things[i].key)),
				 &things[i]);
	for (i = 0; i < MANY; i += 2)
		assert_ptr_equal(map_remove(&map, things[i].key, strlen(things[i].key)),
				 &things[i]);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&map, things[i].key, strlen(things[i].key)),
				 i % 2 ? &things[i] : NULL);
	assert_int_equal(map.count, MANY / 2);
	map_deinit(&map);
	assert_null(map_get(&map, "k1", 2));
}

static void putting_again_gives_the_old_value_back(void **state)
{
	char first[] = "same", second[] = "same";
	struct map map;
	int a = 1, b = 2;

	(void)state;
	map_init(&map);
	assert_null(map_put(&map, first, 4, &a));
	assert_ptr_equal(map_put(&map, second, 4, &b), &a);
	assert_int_equal(map.count, 1);
	first[0] = 'X'; /* the old key's owner is gone */
	assert_ptr_equal(map_get(&map, "same", 4), &b);
	map_deinit(&map);
}

static void keys_are_bytes_and_may_be_empty(void **state)
{
	struct map map;
	int a, b, c;

	(void)state;
	map_init(&map);
	(void)map_put(&map, "a\0b", 3, &a);
	(void)map_put(&map, "a\0c", 3, &b);
	(void)map_put(&map, "", 0, &c);
	assert_ptr_equal(map_get(&map, "a\0b", 3), &a);
	assert_ptr_equal(map_get(&map, "a\0c", 3), &b);
	assert_ptr_equal(map_get(&map, "", 0), &c);
	assert_null(map_get(&map, "a", 1));
	map_deinit(&map);
}

static void coming_and_going_does_not_make_it_grow(void **state)
{
	struct map map;
	int i;

	(void)state;
	map_init(&map);
	for (i = 0; i < MANY; i++) {
		(void)map_put(&map, things[i].key, name(i), &things[i]);
		if (i >= 4)
			(void)map_remove(&map, things[i - 4].key,
					 strlen(things[i - 4].key));
	}
	assert_int_equal(map.count, 4);
	assert_true(map.mask < 64);
	map_deinit(&map);
}

static void a_walk_sees_each_value_once_and_may_remove_it(void **state)
{
	struct map map;
	int i, seen = 0;

	(void)state;
	map_init(&map);
	map_for_each(slot, &map)
		seen++;
	assert_int_equal(seen, 0);
	for (i = 0; i < 100; i++)
		(void)map_put(&map, things[i].key, name(i), &things[i]);
	map_for_each(slot, &map) {
		struct thing *thing = slot->value;

		seen++;
		assert_ptr_equal(map_remove(&map, thing->key, strlen(thing->key)), thing);
	}
	assert_int_equal(seen, 100);
	assert_int_equal(map.count, 0);
	map_deinit(&map);
}

static void hashes_are_steady_within_a_process(void **state)
{
	(void)state;
	assert_true(map_hash("abc", 3) == map_hash("abc", 3));
	assert_true(map_hash("abc", 3) != map_hash("abd", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found_until_it_is_removed),
		cmocka_unit_test(putting_again_gives_the_old_value_back),
		cmocka_unit_test(keys_are_bytes_and_may_be_empty),
		cmocka_unit_test(coming_and_going_does_not_make_it_grow),
		cmocka_unit_test(a_walk_sees_each_value_once_and_may_remove_it),
		cmocka_unit_test(hashes_are_steady_within_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
