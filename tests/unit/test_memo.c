/* test_memo.c - remembered answers: ages, waiters, bounds; the clock is passed in */
#include "api/memo.h"

#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct world {
	struct memo *memo;
	int fetches;
	int freed;
	bool refuse;
	char last[32];
};

static struct world world;

static int on_fetch(void *ctx, const char *key)
{
	struct world *w = ctx;

	if (w->refuse)
		return ERR_CONN;
	w->fetches++;
	(void)snprintf(w->last, sizeof(w->last), "%s", key);
	return 0;
}

static void on_free(void *value)
{
	world.freed++;
	mem_free(value);
}

static const struct memo_ops ops = { on_fetch, on_free };

static int setup(void **state)
{
	static const struct memo_options options = {
		.entries_max = 3,
		.fetches_max = 2,
		.fresh_ms = 100,
		.stale_ms = 300,
		.none_ms = 50,
	};

	(void)state;
	memset(&world, 0, sizeof(world));
	world.memo = memo_new(&options, &ops, &world);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memo_free(world.memo);
	return 0;
}

struct waiter {
	struct memo_wait wait;
	int calls;
	enum memo_state state;
	char value[32];
};

static void on_ready(void *arg, enum memo_state state, void *value)
{
	struct waiter *waiter = arg;

	waiter->calls++;
	waiter->state = state;
	(void)snprintf(waiter->value, sizeof(waiter->value), "%s",
		       value ? (const char *)value : "");
}

static enum memo_state get(struct waiter *waiter, const char *key, int64_t now_ms)
{
	void *value = NULL;
	enum memo_state state;

	memset(waiter, 0, sizeof(*waiter));
	waiter->wait.ready = on_ready;
	waiter->wait.arg = waiter;
	state = memo_get(world.memo, key, now_ms, &waiter->wait, &value);
	if (state == MEMO_HIT)
		(void)snprintf(waiter->value, sizeof(waiter->value), "%s",
			       (const char *)value);
	return state;
}

static void a_key_is_fetched_once_for_all_who_wait(void **state)
{
	struct waiter a, b;

	(void)state;
	assert_int_equal(get(&a, "k", 0), MEMO_WAIT);
	assert_int_equal(get(&b, "k", 1), MEMO_WAIT);
	assert_int_equal(world.fetches, 1);
	assert_string_equal(world.last, "k");
	memo_put(world.memo, "k", 2, mem_dup("v"));
	assert_int_equal(a.calls + b.calls, 2);
	assert_int_equal(a.state, MEMO_HIT);
	assert_string_equal(b.value, "v");
}

static void a_fresh_value_costs_nothing(void **state)
{
	struct waiter a;

	(void)state;
	(void)get(&a, "k", 0);
	memo_put(world.memo, "k", 0, mem_dup("v"));
	assert_int_equal(get(&a, "k", 100), MEMO_HIT);
	assert_string_equal(a.value, "v");
	assert_int_equal(world.fetches, 1);
}

static void an_older_value_is_given_while_it_is_fetched_again(void **state)
{
	struct waiter a;

	(void)state;
	(void)get(&a, "k", 0);
	memo_put(world.memo, "k", 0, mem_dup("old"));
	assert_int_equal(get(&a, "k", 101), MEMO_HIT);
	assert_string_equal(a.value, "old");
	assert_int_equal(world.fetches, 2);
	assert_int_equal(get(&a, "k", 102), MEMO_HIT);
	assert_int_equal(world.fetches, 2);
	memo_put(world.memo, "k", 103, mem_dup("new"));
	assert_int_equal(world.freed, 1);
	assert_int_equal(get(&a, "k", 104), MEMO_HIT);
	assert_string_equal(a.value, "new");
}

static void a_value_that_is_too_old_is_waited_for(void **state)
{
	struct waiter a;

	(void)state;
	(void)get(&a, "k", 0);
	memo_put(world.memo, "k", 0, mem_dup("old"));
	assert_int_equal(get(&a, "k", 301), MEMO_WAIT);
	memo_put(world.memo, "k", 302, NULL); /* it is gone meanwhile */
	assert_int_equal(a.state, MEMO_NONE);
	assert_null(memo_peek(world.memo, "k"));
}

static void that_there_is_none_is_remembered_for_a_while(void **state)
{
	struct waiter a;

	(void)state;
	assert_int_equal(get(&a, "k", 0), MEMO_WAIT);
	memo_put(world.memo, "k", 0, NULL);
	assert_int_equal(a.state, MEMO_NONE);
	assert_int_equal(get(&a, "k", 50), MEMO_NONE);
	assert_int_equal(get(&a, "k", 51), MEMO_WAIT);
	memo_put(world.memo, "k", 52, mem_dup("v"));
	assert_int_equal(a.state, MEMO_HIT);
}

static void a_failed_fetch_is_not_remembered(void **state)
{
	struct waiter a;

	(void)state;
	assert_int_equal(get(&a, "k", 0), MEMO_WAIT);
	memo_fail(world.memo, "k");
	assert_int_equal(a.state, MEMO_FAILED);
	assert_int_equal(memo_count(world.memo), 0);
	assert_int_equal(get(&a, "k", 1), MEMO_WAIT);
	memo_fail(world.memo, "k");
}

static void a_failed_refresh_keeps_the_old_value_until_its_time(void **state)
{
	struct waiter a;

	(void)state;
	(void)get(&a, "k", 0);
	memo_put(world.memo, "k", 0, mem_dup("v"));
	assert_int_equal(get(&a, "k", 150), MEMO_HIT);
	memo_fail(world.memo, "k");
	assert_int_equal(get(&a, "k", 300), MEMO_HIT);
	memo_fail(world.memo, "k");
	assert_int_equal(get(&a, "k", 301), MEMO_WAIT);
	memo_fail(world.memo, "k");
	assert_int_equal(a.state, MEMO_FAILED);
}

static void a_fetch_that_cannot_start_fails_at_once(void **state)
{
	struct waiter a;

	(void)state;
	world.refuse = true;
	assert_int_equal(get(&a, "k", 0), MEMO_FAILED);
	assert_int_equal(memo_count(world.memo), 0);
	assert_int_equal(a.calls, 0);
}

static void fetches_at_the_same_time_are_bounded(void **state)
{
	struct waiter a, b, c;

	(void)state;
	assert_int_equal(get(&a, "a", 0), MEMO_WAIT);
	assert_int_equal(get(&b, "b", 0), MEMO_WAIT);
	assert_int_equal(get(&c, "c", 0), MEMO_FAILED);
	memo_put(world.memo, "a", 0, mem_dup("1"));
	assert_int_equal(get(&c, "c", 0), MEMO_WAIT);
	memo_fail(world.memo, "b");
	memo_fail(world.memo, "c");
}

static void the_least_recently_used_entry_goes(void **state)
{
	struct waiter a;
	const char *keys[] = { "a", "b", "c" };
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		(void)get(&a, keys[i], 0);
		memo_put(world.memo, keys[i], 0, mem_dup(keys[i]));
	}
	assert_int_equal(get(&a, "a", 1), MEMO_HIT);
	assert_int_equal(get(&a, "d", 1), MEMO_WAIT);
	memo_put(world.memo, "d", 1, mem_dup("d"));
	assert_int_equal(memo_count(world.memo), 3);
	assert_non_null(memo_peek(world.memo, "a"));
	assert_null(memo_peek(world.memo, "b"));
}

static void what_does_not_exist_pushes_out_nothing_that_does(void **state)
{
	static const char *const keys[] = { "1", "2", "3", "4", "5" };
	struct waiter a;
	size_t i;

	(void)state;
	(void)get(&a, "good", 0);
	memo_put(world.memo, "good", 0, mem_dup("v"));
	for (i = 0; i < 5; i++) {
		assert_int_equal(get(&a, keys[i], 0), MEMO_WAIT);
		memo_put(world.memo, keys[i], 0, NULL);
	}
	assert_int_equal(memo_count(world.memo), 3);
	assert_int_equal(get(&a, "good", 1), MEMO_HIT);
	assert_int_equal(get(&a, "5", 1), MEMO_NONE);
	assert_int_equal(get(&a, "1", 1), MEMO_WAIT);
	memo_put(world.memo, "1", 1, mem_dup("1")); /* now it does */
	assert_int_equal(get(&a, "2", 1), MEMO_WAIT);
	memo_put(world.memo, "2", 1, NULL);
	assert_int_equal(get(&a, "1", 1), MEMO_HIT);
	assert_int_equal(get(&a, "1", 302), MEMO_WAIT);
	memo_put(world.memo, "1", 302, NULL); /* and no more */
	assert_int_equal(get(&a, "3", 302), MEMO_WAIT);
	memo_put(world.memo, "3", 302, NULL);
	assert_non_null(memo_peek(world.memo, "good"));
}

static void wishes_leave_fetches_to_those_who_wait(void **state)
{
	struct waiter a;

	(void)state;
	memo_want(world.memo, "a", 0);
	memo_want(world.memo, "b", 0);
	assert_int_equal(world.fetches, 1);
	assert_int_equal(memo_count(world.memo), 1);
	assert_int_equal(get(&a, "b", 0), MEMO_WAIT);
	memo_put(world.memo, "a", 0, NULL);
	memo_put(world.memo, "b", 0, NULL);
}

static void what_cannot_be_fetched_now_pushes_out_nothing(void **state)
{
	static const char *const keys[] = { "a", "b", "c" };
	struct waiter a;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		(void)get(&a, keys[i], 0);
		memo_put(world.memo, keys[i], 0, mem_dup("v"));
	}
	(void)get(&a, "a", 101); /* fetched again */
	memo_want(world.memo, "x", 101);
	(void)get(&a, "b", 101);
	assert_int_equal(get(&a, "x", 101), MEMO_FAILED);
	assert_int_equal(world.fetches, 5);
	assert_non_null(memo_peek(world.memo, "c"));
	memo_fail(world.memo, "a");
	memo_fail(world.memo, "b");
}

static void what_is_wanted_is_fetched_without_anybody_waiting(void **state)
{
	(void)state;
	memo_want(world.memo, "a", 1000);
	memo_want(world.memo, "a", 1000);
	assert_int_equal(world.fetches, 1);
	memo_put(world.memo, "a", 1000, NULL);
	memo_want(world.memo, "a", 1050); /* there is none, as far as we know */
	assert_int_equal(world.fetches, 1);
	memo_want(world.memo, "a", 1051);
	assert_int_equal(world.fetches, 2);
	memo_put(world.memo, "a", 1051, mem_dup("v"));
	memo_want(world.memo, "a", 1351); /* who asks for it is given it */
	assert_int_equal(world.fetches, 2);
	memo_want(world.memo, "a", 1352);
	assert_int_equal(world.fetches, 3);
	memo_fail(world.memo, "a");
	world.refuse = true;
	memo_want(world.memo, "b", 1051);
	assert_int_equal(memo_count(world.memo), 1);
}

static void who_forsakes_is_not_called(void **state)
{
	struct waiter a;

	(void)state;
	assert_int_equal(get(&a, "k", 0), MEMO_WAIT);
	memo_forsake(&a.wait);
	memo_forsake(&a.wait);
	memo_put(world.memo, "k", 0, mem_dup("v"));
	assert_int_equal(a.calls, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_key_is_fetched_once_for_all_who_wait),
		TEST(a_fresh_value_costs_nothing),
		TEST(an_older_value_is_given_while_it_is_fetched_again),
		TEST(a_value_that_is_too_old_is_waited_for),
		TEST(that_there_is_none_is_remembered_for_a_while),
		TEST(a_failed_fetch_is_not_remembered),
		TEST(a_failed_refresh_keeps_the_old_value_until_its_time),
		TEST(a_fetch_that_cannot_start_fails_at_once),
		TEST(fetches_at_the_same_time_are_bounded),
		TEST(the_least_recently_used_entry_goes),
		TEST(what_does_not_exist_pushes_out_nothing_that_does),
		TEST(wishes_leave_fetches_to_those_who_wait),
		TEST(what_cannot_be_fetched_now_pushes_out_nothing),
		TEST(what_is_wanted_is_fetched_without_anybody_waiting),
		TEST(who_forsakes_is_not_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
