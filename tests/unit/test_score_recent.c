/* test_score_recent.c - which runs a process entered last */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/score_recent.h"

#include <stdio.h>
#include <string.h>

static struct score_recent ring;
static struct score_recent_job found[SCORE_RECENT_CELLS];

static void enter(int run, uint32_t *place, int64_t at_mono_ms)
{
	char job[32];

	(void)snprintf(job, sizeof(job), "run_%05d:1", run);
	score_recent_enter(&ring, place, job, strlen(job), at_mono_ms);
}

static void those_of_the_window_come_in_order_of_id(void **state)
{
	uint32_t place[4] = { 0 };

	(void)state;
	memset(&ring, 0, sizeof(ring));
	assert_int_equal(score_recent_read(&ring, 0, found), 0);
	enter(3, &place[3], 1000);
	enter(1, &place[1], 2000);
	enter(2, &place[2], 1999);
	assert_int_equal(score_recent_read(&ring, 2000, found), 1);
	assert_string_equal(found[0].id, "run_00001:1");
	assert_int_equal(score_recent_read(&ring, 1000, found), 3);
	assert_string_equal(found[0].id, "run_00001:1");
	assert_string_equal(found[2].id, "run_00003:1");
	enter(3, &place[3], 3000);
	assert_int_equal(score_recent_read(&ring, 2500, found), 1);
	assert_int_equal(score_recent_read(&ring, 0, found), 3);
	score_recent_clear(&ring);
	assert_int_equal(score_recent_read(&ring, 0, found), 0);
}

static void a_run_that_is_entered_often_has_one_cell(void **state)
{
	uint32_t often = 0, places[300] = { 0 };
	int i;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	for (i = 1; i < 300; i++) {
		enter(0, &often, i);
		enter(0, &often, i);
		enter(i, &places[i], i);
		assert_true(score_recent_read(&ring, i, found) == 2);
		assert_string_equal(found[0].id, "run_00000:1");
	}
}

static void the_half_entered_last_is_always_there(void **state)
{
	uint32_t places[1000] = { 0 };
	size_t n;
	int i;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	for (i = 0; i < 1000; i++)
		enter(i, &places[i], 1 + i);
	n = score_recent_read(&ring, 0, found);
	assert_int_equal(n, SCORE_RECENT_CELLS);
	assert_string_equal(found[n - 1].id, "run_00999:1");
	/* old ones that come again push nobody of the newest out */
	for (i = 0; i < SCORE_RECENT_CELLS / 2; i++)
		enter(i, &places[i], 5000);
	assert_int_equal(score_recent_read(&ring, 5000, found), SCORE_RECENT_CELLS / 2);
	n = score_recent_read(&ring, 1 + 1000 - SCORE_RECENT_CELLS / 2, found);
	assert_int_equal(n, SCORE_RECENT_CELLS);
}

static void the_count_of_cells_may_wrap(void **state)
{
	uint32_t places[300] = { 0 };
	int i;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	atomic_store(&ring.next, UINT32_MAX - 10);
	for (i = 0; i < 300; i++)
		enter(i, &places[i], 1 + i);
	for (i = 290; i < 300; i++)
		enter(i, &places[i], 1000);
	assert_int_equal(score_recent_read(&ring, 1000, found), 10);
	assert_int_equal(score_recent_read(&ring, 0, found), SCORE_RECENT_CELLS);
}

static void long_ids_and_nonsense_are_left_out(void **state)
{
	char job[SCORE_RECENT_ID + 1];
	uint32_t place = 0;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	memset(job, 'x', sizeof(job));
	score_recent_enter(&ring, &place, job, sizeof(job), 1);
	assert_int_equal(score_recent_read(&ring, 0, found), 0);
	score_recent_enter(&ring, &place, job, SCORE_RECENT_ID, 1);
	assert_int_equal(score_recent_read(&ring, 0, found), 1);
	assert_int_equal(strlen(found[0].id), SCORE_RECENT_ID);
	ring.cells[0].len = 100000;
	assert_int_equal(score_recent_read(&ring, 0, found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_the_window_come_in_order_of_id),
		cmocka_unit_test(a_run_that_is_entered_often_has_one_cell),
		cmocka_unit_test(the_half_entered_last_is_always_there),
		cmocka_unit_test(the_count_of_cells_may_wrap),
		cmocka_unit_test(long_ids_and_nonsense_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
