/* test_fifo.c - events leave in order, with rising ids, and not before their commit */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "events/fifo.h"

#include <string.h>

static void add(struct fifo *fifo, int64_t wall_ms, uint32_t row, const char *text)
{
	(void)fifo_add(fifo, wall_ms, row, text, strlen(text));
}

/* The texts that may leave now, joined by spaces. */
static const char *leaving(struct fifo *fifo)
{
	static char joined[256];
	struct list out;

	list_init(&out);
	joined[0] = '\0';
	(void)fifo_take_free(fifo, &out);
	list_for_each(node, &out) {
		if (joined[0])
			strcat(joined, " ");
		strcat(joined, list_entry(node, struct fifo_entry, node)->text);
	}
	fifo_entries_free(&out);
	return joined;
}

static void a_live_event_leaves_at_once(void **state)
{
	struct fifo fifo;

	(void)state;
	fifo_init(&fifo, 0, 0);
	add(&fifo, 10, 0, "token");
	assert_string_equal(leaving(&fifo), "token");
	assert_string_equal(leaving(&fifo), "");
	assert_int_equal(fifo.bytes, 0);
	fifo_deinit(&fifo);
}

static void a_durable_event_holds_everything_behind_it(void **state)
{
	struct fifo fifo;

	(void)state;
	fifo_init(&fifo, 0, 0);
	add(&fifo, 10, 0, "t1");
	add(&fifo, 10, 1, "d1");
	add(&fifo, 10, 0, "t2");
	add(&fifo, 11, 2, "d2");
	add(&fifo, 11, 0, "t3");
	assert_string_equal(leaving(&fifo), "t1");
	fifo_commit(&fifo, 1);
	assert_string_equal(leaving(&fifo), "d1 t2");
	fifo_commit(&fifo, 2);
	assert_string_equal(leaving(&fifo), "d2 t3");
	fifo_deinit(&fifo);
}

static void ids_rise_even_when_the_clock_goes_back(void **state)
{
	struct fifo fifo;
	char id[FIFO_ID_MAX];

	(void)state;
	fifo_init(&fifo, 100, 7);
	(void)snprintf(id, sizeof(id), "%s", fifo_add(&fifo, 50, 0, "a", 1)->id);
	assert_string_equal(id, "100-8");
	(void)snprintf(id, sizeof(id), "%s", fifo_add(&fifo, 100, 0, "b", 1)->id);
	assert_string_equal(id, "100-9");
	(void)snprintf(id, sizeof(id), "%s", fifo_add(&fifo, 101, 0, "c", 1)->id);
	assert_string_equal(id, "101-0");
	fifo.last_n = UINT32_MAX;
	(void)snprintf(id, sizeof(id), "%s", fifo_add(&fifo, 1, 0, "d", 1)->id);
	assert_string_equal(id, "102-0");
	fifo_deinit(&fifo);
}

static void deinit_frees_what_never_left(void **state)
{
	struct fifo fifo;

	(void)state;
	fifo_init(&fifo, 0, 0);
	add(&fifo, 1, 1, "held");
	fifo_deinit(&fifo);
	assert_true(list_empty(&fifo.entries));
}

static void events_that_were_announced_share_their_memory(void **state)
{
	struct fifo fifo;
	struct list out;

	(void)state;
	fifo_init(&fifo, 0, 0);
	fifo_expect(&fifo, 3, 6);
	(void)fifo_add(&fifo, 1, 1, "abc", 3);
	(void)fifo_add(&fifo, 1, 2, "def", 3);
	/* more than was said */
	(void)fifo_add(&fifo, 1, 2, "0123456789012345678901234567890123456789", 40);
	fifo_expect(&fifo, 1, 1000); /* that never come */
	(void)fifo_add(&fifo, 1, 3, "x", 1);
	list_init(&out);
	fifo_commit(&fifo, 1);
	assert_true(fifo_take_free(&fifo, &out));
	fifo_drop_held(&fifo);
	assert_true(list_empty(&fifo.entries));
	fifo_deinit(&fifo);
	assert_string_equal(list_entry(out.next, struct fifo_entry, node)->text, "abc");
	assert_string_equal(list_entry(out.next, struct fifo_entry, node)->id, "1-0");
	fifo_entries_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_that_were_announced_share_their_memory),
		cmocka_unit_test(a_live_event_leaves_at_once),
		cmocka_unit_test(a_durable_event_holds_everything_behind_it),
		cmocka_unit_test(ids_rise_even_when_the_clock_goes_back),
		cmocka_unit_test(deinit_frees_what_never_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
