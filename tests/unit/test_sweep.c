/* test_sweep.c - who is dead, and who only has lost its heartbeat key */
#include "keeper/obituary.h"
#include "keeper/sweep.h"

#include "ipc/scoreboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static bool suspected(const char *kind, const char *cause, const char *on_cpu)
{
	static struct score_slot slot;
	char buf[IDS_MAX];

	memset(&slot, 0, sizeof(slot));
	score_text_set(&slot.kind, kind);
	score_text_set(&slot.cause, cause);
	score_text_set(&slot.largest, "large:1");
	if (on_cpu)
		score_suspect_set(&slot, on_cpu, strlen(on_cpu));
	if (!obituary_suspect(&slot, buf)) {
		assert_string_equal(buf, "");
		return false;
	}
	assert_string_equal(buf, on_cpu ? on_cpu : "large:1");
	return true;
}

static void what_a_run_does_to_its_worker_is_laid_to_it(void **state)
{
	(void)state;
	assert_true(suspected("worker", "signal SIGSEGV", "r:1"));
	assert_true(suspected("worker", "signal SIGABRT", "r:1"));
	assert_true(suspected("worker", "watchdog: signal SIGKILL", "r:1"));
	assert_false(suspected("worker", "signal SIGSEGV", NULL));
}

static void what_comes_from_outside_is_laid_to_nobody(void **state)
{
	(void)state;
	assert_false(suspected("worker", "signal SIGKILL", "r:1"));
	assert_false(suspected("worker", "signal SIGTERM", "r:1"));
	assert_false(suspected("worker", "drain_deadline: signal SIGKILL", "r:1"));
	assert_false(suspected("worker", "not_ready: signal SIGKILL", "r:1"));
	assert_false(suspected("worker", "exit 0 ok", "r:1"));
	assert_false(suspected("quarantine", "drain_deadline: signal SIGKILL", "r:1"));
}

static void alone_in_quarantine_any_signal_is_laid_to_the_run(void **state)
{
	(void)state;
	assert_true(suspected("quarantine", "signal SIGKILL", "r:1"));
	assert_true(suspected("quarantine", "signal SIGKILL", NULL));
	assert_true(suspected("quarantine", "signal SIGSEGV", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_row_or_none_is_a_death),
		cmocka_unit_test(a_fresh_row_is_none),
		cmocka_unit_test(what_a_run_does_to_its_worker_is_laid_to_it),
		cmocka_unit_test(what_comes_from_outside_is_laid_to_nobody),
		cmocka_unit_test(alone_in_quarantine_any_signal_is_laid_to_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
