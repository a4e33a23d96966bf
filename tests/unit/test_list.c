/* test_list.c - the intrusive list */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct node {
	int n;
	struct list in;
};

static int sum_in_order(struct list *head)
{
	int sum = 0;

	list_for_each(at, head)
		sum = sum * 10 + list_entry(at, struct node, in)->n;
	return sum;
}

static void nodes_keep_their_order_at_both_ends(void **state)
{
	struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 };
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_null(list_shift(&head));
	list_push(&head, &b.in);
	list_push(&head, &c.in);
	list_push_front(&head, &a.in);
	assert_int_equal(sum_in_order(&head), 123);
	assert_false(list_empty(&head));
	assert_ptr_equal(list_shift(&head), &a.in);
	assert_int_equal(sum_in_order(&head), 23);
}

static void removing_unlinks_and_may_be_repeated(void **state)
{
	struct node a = { .n = 1 }, b = { .n = 2 };
	struct list head;

	(void)state;
	list_init(&head);
	assert_false(list_linked(&a.in));
	list_remove(&a.in);
	list_push(&head, &a.in);
	list_push(&head, &b.in);
	assert_true(list_linked(&a.in));
	list_remove(&a.in);
	list_remove(&a.in);
	assert_false(list_linked(&a.in));
	assert_int_equal(sum_in_order(&head), 2);
}

static void a_walk_survives_the_removal_of_where_it_stands(void **state)
{
	struct node nodes[5] = { 0 };
	struct list head;
	int i, seen = 0;

	(void)state;
	list_init(&head);
	for (i = 0; i < 5; i++) {
		nodes[i].n = i + 1;
		list_push(&head, &nodes[i].in);
	}
	list_for_each_safe(at, &head) {
		seen++;
		if (list_entry(at, struct node, in)->n % 2)
			list_remove(at);
	}
	assert_int_equal(seen, 5);
	assert_int_equal(sum_in_order(&head), 24);
}

static void a_splice_moves_everything_behind(void **state)
{
	struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 };
	struct list to, from;

	(void)state;
	list_init(&to);
	list_init(&from);
	list_splice(&to, &from);
	assert_true(list_empty(&to));
	list_push(&from, &b.in);
	list_push(&from, &c.in);
	list_push(&to, &a.in);
	list_splice(&to, &from);
	assert_int_equal(sum_in_order(&to), 123);
	assert_true(list_empty(&from));
	list_splice(&from, &to);
	assert_int_equal(sum_in_order(&from), 123);
	assert_true(list_empty(&to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_keep_their_order_at_both_ends),
		cmocka_unit_test(removing_unlinks_and_may_be_repeated),
		cmocka_unit_test(a_walk_survives_the_removal_of_where_it_stands),
		cmocka_unit_test(a_splice_moves_everything_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
