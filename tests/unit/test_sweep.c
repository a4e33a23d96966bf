/* test_sweep.c - who is dead, and who only has lost its heartbeat key */
#include "keeper/sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_old_row_or_none_is_a_death(void **state)
{
	(void)state;
	assert_int_equal(sweep_judge("h.1", "h.1", 8001, false, 8000), SWEEP_DEAD);
	assert_int_equal(sweep_judge("h.1", "h.1", -1, false, 8000), SWEEP_DEAD);
	assert_int_equal(sweep_judge("h.1", NULL, 0, false, 8000), SWEEP_DEAD);
}

static void a_fresh_row_is_none(void **state)
{
	(void)state;
	assert_int_equal(sweep_judge("h.1", "h.1", 8000, false, 8000), SWEEP_LIVES);
	/* a successor of another host settles its predecessors itself */
	assert_int_equal(sweep_judge("h.1", "h.2", 0, false, 8000), SWEEP_LIVES);
	/* and this host its own */
	assert_int_equal(sweep_judge("h.1", "h.2", 0, true, 8000), SWEEP_DEAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_row_or_none_is_a_death),
		cmocka_unit_test(a_fresh_row_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
