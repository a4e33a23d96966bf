/* test_held.c - rows of a run: what melts, and that the journal has the stream's ids */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "engine/op.h"
#include "engine/row.h"
#include "host/held.h"

#include <string.h>

static struct engine_row *row(enum row_kind kind, const char *step_id, const char *delta,
			      const char *event)
{
	struct engine_row *made = row_new(kind, "", step_id, 1);

	if (event) {
		/* an open event, as the builders leave it */
		str_add_text(&made->texts, event);
		row_add_event(made);
	}
	if (delta)
		row_add_set(made, delta, "1", 1);
	row_seal(made, 1, 1);
	return made;
}

static struct held *lazy(void)
{
	return held_new(NULL, "run_a", "run_a:1", "tenant", 1, NULL);
}

static size_t rows(const struct held *held)
{
	size_t n = 0;

	list_for_each(node, &held->rows)
		n++;
	return n;
}

static struct held_row *first(struct held *held)
{
	return list_entry(held->rows.next, struct held_row, node);
}

static void a_lazy_run_of_one_step_is_one_row(void **state)
{
	struct held *held = lazy();

	(void)state;
	held_add_row(held, row(ROW_START, "", NULL, "{\"type\":\"a\",\"ts\":1"), NULL,
		     10);
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"b\",\"ts\":1"), NULL,
		     10);
	held_add_row(held, row(ROW_STEP, "", NULL, "{\"type\":\"c\",\"ts\":1"), NULL, 11);
	assert_int_equal(rows(held), 1);
	assert_string_equal(first(held)->row->step_id, "s1");
	assert_int_equal(first(held)->seq, 1);
	held_free(held);
}

static void the_column_has_the_ids_of_the_stream(void **state)
{
	struct held *held = lazy();
	struct arena arena;
	const char *events;

	(void)state;
	arena_init(&arena);
	held_add_row(held, row(ROW_START, "", NULL, "{\"type\":\"a\",\"ts\":1"), NULL,
		     10);
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"b\",\"ts\":1"), NULL,
		     12);
	events = held_row_events(held, first(held), &arena);
	assert_non_null(strstr(events, "[[\"10-0\",{\"type\":\"a\""));
	assert_non_null(strstr(events, ",[\"12-0\",{\"type\":\"b\""));
	assert_string_equal(events + strlen(events) - 3, "}]]");
	/* a repeated commit reads the same */
	assert_string_equal(held_row_events(held, first(held), &arena), events);
	arena_deinit(&arena);
	held_free(held);
}

static void a_start_row_that_changes_something_stays_a_row(void **state)
{
	struct held *held = lazy();

	(void)state;
	held_add_row(held, row(ROW_START, "", "k", "{\"type\":\"a\",\"ts\":1"), NULL, 1);
	held_add_row(held, row(ROW_STEP, "s1", "l", "{\"type\":\"b\",\"ts\":1"), NULL, 1);
	assert_int_equal(rows(held), 2);
	assert_string_equal(str_text(&first(held)->row->delta), "[[\"set\",\"k\",1]]");
	held_free(held);
}

static void steps_do_not_melt_into_each_other(void **state)
{
	struct held *held = lazy();

	(void)state;
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"a\",\"ts\":1"), NULL, 1);
	held_add_row(held, row(ROW_STEP, "s2", "k", "{\"type\":\"b\",\"ts\":1"), NULL, 1);
	assert_int_equal(rows(held), 2);
	held_free(held);
}

static void nothing_melts_into_a_row_that_somebody_waits_for(void **state)
{
	struct held *held = lazy();
	struct op op = { .state = OP_FLYING };

	(void)state;
	held_add_row(held, row(ROW_START, "", NULL, "{\"type\":\"a\",\"ts\":1"), &op, 1);
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"b\",\"ts\":1"), NULL, 1);
	assert_int_equal(rows(held), 2);
	held_free(held);
}

static void nothing_melts_once_the_run_is_owned(void **state)
{
	struct held *held = lazy();

	(void)state;
	held->state = HELD_OWNED;
	held_add_row(held, row(ROW_START, "", NULL, "{\"type\":\"a\",\"ts\":1"), NULL, 1);
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"b\",\"ts\":1"), NULL, 1);
	assert_int_equal(rows(held), 2);
	assert_int_equal(first(held)->seq, 1);
	held_free(held);
}

static void an_abandoned_op_leaves_its_row(void **state)
{
	struct held *held = lazy();
	struct op op = { .state = OP_FLYING };

	(void)state;
	held_add_row(held, row(ROW_STEP, "s1", "k", NULL), &op, 1);
	assert_ptr_equal(first(held)->op, &op);
	op.abandon(&op);
	assert_null(first(held)->op);
	assert_int_equal(rows(held), 1);
	held_free(held);
}

static void the_bytes_of_a_commit_are_those_of_its_rows_and_its_end(void **state)
{
	struct held *held = lazy();
	struct engine_final *final = row_final_new();
	size_t one, two;

	(void)state;
	assert_int_equal(held_bytes(held), 0);
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"a\",\"ts\":1"), NULL,
		     10);
	one = held_bytes(held);
	assert_true(one >= strlen("[[\"set\",\"k\",1]]") + strlen("{\"type\":\"a\"}"));
	held_add_row(held, row(ROW_STEP, "s2", "k", "{\"type\":\"a\",\"ts\":1"), NULL,
		     10);
	two = held_bytes(held);
	assert_int_equal(two, 2 * one);
	str_add_text(&final->state, "{\"k\":1}");
	held->final = final;
	assert_int_equal(held_bytes(held), two + strlen("{\"k\":1}"));
	held_free(held);
}

static void events_stay_behind_until_their_row_is_in(void **state)
{
	struct held *held = lazy();
	struct list out;

	(void)state;
	list_init(&out);
	held_add_row(held, row(ROW_START, "", NULL, "{\"type\":\"a\",\"ts\":1"), NULL, 1);
	assert_false(fifo_take_free(&held->fifo, &out));
	fifo_commit(&held->fifo, first(held)->seq);
	assert_true(fifo_take_free(&held->fifo, &out));
	fifo_entries_free(&out);
	held_free(held);
}

static void rows_that_are_not_durable_are_forgotten_with_their_numbers(void **state)
{
	struct held *held = lazy();

	(void)state;
	held->state = HELD_OWNED;
	held_add_row(held, row(ROW_START, "", NULL, "{\"type\":\"a\",\"ts\":1"), NULL, 1);
	held->event_seq = 1;
	fifo_commit(&held->fifo, 1);
	held_rows_free(&held->rows); /* the first one is durable */
	held_add_row(held, row(ROW_STEP, "s1", "k", "{\"type\":\"b\",\"ts\":1"), NULL, 1);
	held_add_row(held, row(ROW_STEP, "s2", "k", "{\"type\":\"c\",\"ts\":1"), NULL, 1);
	held->event_seq = 3;
	held_drop_rows(held);
	assert_int_equal(held->seq, 1);
	assert_int_equal(held->event_seq, 1);
	assert_int_equal(rows(held), 0);
	assert_false(list_empty(&held->fifo.entries)); /* what is durable still leaves */
	held_free(held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lazy_run_of_one_step_is_one_row),
		cmocka_unit_test(the_column_has_the_ids_of_the_stream),
		cmocka_unit_test(a_start_row_that_changes_something_stays_a_row),
		cmocka_unit_test(steps_do_not_melt_into_each_other),
		cmocka_unit_test(nothing_melts_into_a_row_that_somebody_waits_for),
		cmocka_unit_test(nothing_melts_once_the_run_is_owned),
		cmocka_unit_test(an_abandoned_op_leaves_its_row),
		cmocka_unit_test(the_bytes_of_a_commit_are_those_of_its_rows_and_its_end),
		cmocka_unit_test(events_stay_behind_until_their_row_is_in),
		cmocka_unit_test(
			rows_that_are_not_durable_are_forgotten_with_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
