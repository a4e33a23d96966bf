/* test_python_queue.c - who waits, who starves, whose turn is next */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/python_queue.h"

static struct python_queue queue;

static int setup(void **state)
{
	(void)state;
	python_queue_init(&queue);
	return 0;
}

/* Whatever a test did, nothing is left of it: deinit would say so. */
static int teardown(void **state)
{
	(void)state;
	assert_int_equal(queue.count, 0);
	assert_int_equal(queue.starving_count, 0);
	assert_int_equal(queue.tenants.count, 0);
	python_queue_deinit(&queue);
	return 0;
}

static void calls_of_a_tenant_keep_their_order(void **state)
{
	struct list calls[3] = { { NULL, NULL } };
	struct python_tenant *a = NULL;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		a = python_queue_push(&queue, "a", &calls[i]);
	assert_int_equal(queue.count, 3);
	assert_string_equal(a->name, "a");
	python_queue_remove(&queue, a, &calls[1]);
	assert_ptr_equal(python_queue_take(&queue, a), &calls[0]);
	assert_ptr_equal(python_queue_take(&queue, a), &calls[2]);
	assert_null(python_queue_next(&queue));
}

static void who_has_nobody_comes_before_who_has_somebody(void **state)
{
	struct list calls[4] = { { NULL, NULL } };
	struct python_tenant *a, *b, *c;

	(void)state;
	a = python_queue_push(&queue, "a", &calls[0]);
	assert_int_equal(a->need, PYTHON_STARVING);
	python_queue_hire(&queue, a);
	assert_int_equal(a->need, PYTHON_HUNGRY);
	assert_ptr_equal(python_queue_next(&queue), a);
	b = python_queue_push(&queue, "b", &calls[1]);
	c = python_queue_push(&queue, "c", &calls[2]);
	assert_int_equal(queue.starving_count, 2);
	assert_ptr_equal(python_queue_next(&queue), b);
	/* the one that starves longest, also when it asks once more */
	(void)python_queue_push(&queue, "b", &calls[3]);
	assert_ptr_equal(python_queue_next(&queue), b);
	python_queue_hire(&queue, b);
	assert_ptr_equal(python_queue_next(&queue), c);
	python_queue_remove(&queue, c, &calls[2]);
	assert_ptr_equal(python_queue_next(&queue), a);
	assert_ptr_equal(python_queue_take(&queue, b), &calls[1]);
	assert_ptr_equal(python_queue_take(&queue, b), &calls[3]);
	assert_ptr_equal(python_queue_take(&queue, a), &calls[0]);
	assert_null(python_queue_take(&queue, a));
	python_queue_fire(&queue, a);
	python_queue_fire(&queue, b);
}

static void the_hungry_take_turns(void **state)
{
	struct list calls[4] = { { NULL, NULL } };
	struct python_tenant *a, *b;

	(void)state;
	a = python_queue_push(&queue, "a", &calls[0]);
	(void)python_queue_push(&queue, "a", &calls[1]);
	python_queue_hire(&queue, a);
	b = python_queue_push(&queue, "b", &calls[2]);
	(void)python_queue_push(&queue, "b", &calls[3]);
	python_queue_hire(&queue, b);
	assert_ptr_equal(python_queue_next(&queue), a);
	(void)python_queue_take(&queue, a);
	assert_ptr_equal(python_queue_next(&queue), b);
	(void)python_queue_take(&queue, b);
	assert_ptr_equal(python_queue_next(&queue), a);
	/* whose last helper ends starves */
	python_queue_fire(&queue, b);
	assert_int_equal(b->need, PYTHON_STARVING);
	assert_ptr_equal(python_queue_next(&queue), b);
	(void)python_queue_take(&queue, b);
	(void)python_queue_take(&queue, a);
	python_queue_fire(&queue, a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(calls_of_a_tenant_keep_their_order),
		TEST(who_has_nobody_comes_before_who_has_somebody),
		TEST(the_hungry_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
