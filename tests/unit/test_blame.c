/* test_blame.c - whom a death is laid to */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/scoreboard.h"
#include "keeper/blame.h"

#include <stdio.h>
#include <string.h>

#define DIED_MONO_MS 100000

static struct score_slot slot;
static struct blame blame;

static void died(const char *kind, const char *cause, const char *on_cpu)
{
	memset(&slot, 0, sizeof(slot));
	score_text_set(&slot.kind, kind);
	score_text_set(&slot.cause, cause);
	atomic_store(&slot.pulse_mono_ms, DIED_MONO_MS);
	if (on_cpu)
		score_suspect_set(&slot, on_cpu, strlen(on_cpu));
}

static void entered(int run, int64_t ago_ms)
{
	uint32_t place = 0;
	char job[16];

	(void)snprintf(job, sizeof(job), "r%02d:1", run);
	score_recent_enter(&slot.recent, &place, job, strlen(job), DIED_MONO_MS - ago_ms);
}

static enum blame_sort judged(bool oom_killed)
{
	blame_judge(&slot, oom_killed, &blame);
	return blame.sort;
}

static bool charged(const char *job, const char *cause)
{
	if (judged(false) != BLAME_RUN)
		return false;
	assert_string_equal(blame.job, job);
	assert_string_equal(blame.cause, cause);
	return true;
}

static void what_a_run_does_to_its_worker_is_laid_to_it(void **state)
{
	static const char *const causes[] = { "signal SIGSEGV", "signal SIGABRT",
					      "signal SIGBUS", "watchdog: signal SIGABRT",
					      "watchdog: signal SIGKILL" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		died("worker", causes[i], "r:1");
		entered(7, 0); /* others do not matter then */
		assert_true(charged("r:1", causes[i]));
		died("quarantine", causes[i], "r:1");
		assert_true(charged("r:1", causes[i]));
	}
}

static void what_comes_from_outside_is_laid_to_nobody(void **state)
{
	static const char *const causes[] = { "signal SIGKILL",
					      "signal SIGTERM",
					      "drain_deadline: signal SIGKILL",
					      "not_ready: signal SIGKILL",
					      "exit 0 ok",
					      "exit 41 child_setup" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		died("worker", causes[i], "r:1");
		score_text_set(&slot.largest, "large:1");
		entered(1, 0);
		assert_int_equal(judged(false), BLAME_NOBODY);
		assert_string_equal(blame.job, "");
	}
	/* frozen, with nobody's code entered: no fault */
	died("worker", "watchdog: signal SIGKILL", NULL);
	entered(1, 0);
	assert_int_equal(judged(false), BLAME_NOBODY);
	died("quarantine", "drain_deadline: signal SIGKILL", "r:1");
	assert_int_equal(judged(false), BLAME_NOBODY);
	died("quarantine", "watchdog: signal SIGKILL", NULL);
	entered(1, 0);
	assert_int_equal(judged(false), BLAME_NOBODY);
}

static void a_fault_with_nobody_on_the_cpu_makes_a_cohort(void **state)
{
	(void)state;
	died("worker", "signal SIGSEGV", NULL);
	assert_int_equal(judged(false), BLAME_NOBODY); /* nobody was entered */
	entered(3, 0);
	entered(1, BLAME_WINDOW_MS);
	entered(2, BLAME_WINDOW_MS + 1);
	assert_int_equal(judged(false), BLAME_COHORT);
	assert_int_equal(blame.count, 2);
	assert_int_equal(blame.half, 0);
	assert_string_equal(blame.jobs[0].id, "r01:1");
	assert_string_equal(blame.jobs[1].id, "r03:1");
	assert_string_equal(blame.job, "");
	/* so does a loop that turned in circles without entering anybody's code */
	score_text_set(&slot.cause, "watchdog: signal SIGABRT");
	assert_int_equal(judged(false), BLAME_COHORT);
}

static void each_death_in_the_lane_halves_it_until_one_is_left(void **state)
{
	int first = 0, n = 21, deaths = 0, i;
	const int guilty = 13;

	(void)state;
	while (n > 1) {
		died("quarantine", "signal SIGSEGV", NULL);
		for (i = n - 1; i >= 0; i--)
			entered(first + i, 5000 + i); /* how long ago does not matter */
		assert_int_equal(judged(false), BLAME_COHORT);
		assert_int_equal(blame.count, n);
		assert_true(blame.half > 0 && blame.half < blame.count);
		deaths++;
		if (guilty < first + (int)blame.half) {
			n = (int)blame.half;
		} else {
			n -= (int)blame.half;
			first += (int)blame.half;
		}
	}
	assert_true(deaths <= 5);
	died("quarantine", "signal SIGSEGV", NULL);
	entered(first, 0);
	assert_true(charged("r13:1", "signal SIGSEGV"));
}

static void alone_in_the_lane_a_death_of_unknown_cause_is_laid_to_the_run(void **state)
{
	(void)state;
	died("quarantine", "signal SIGKILL", NULL);
	entered(1, 30000);
	assert_true(charged("r01:1", "crash_loop (signal SIGKILL)"));
	/* the other one has ended: still it may have been that one */
	entered(2, 30000);
	assert_int_equal(judged(false), BLAME_COHORT);
	/* ids that are too long for the ring */
	died("quarantine", "signal SIGKILL", "long:1");
	assert_true(charged("long:1", "crash_loop (signal SIGKILL)"));
	died("quarantine", "signal SIGKILL", NULL);
	score_text_set(&slot.largest, "large:1");
	assert_true(charged("large:1", "crash_loop (signal SIGKILL)"));
	died("quarantine", "signal SIGSEGV", NULL);
	assert_int_equal(judged(false), BLAME_NOBODY); /* it had nothing */
}

static void want_of_memory_is_laid_to_the_largest(void **state)
{
	(void)state;
	died("worker", "signal SIGABRT", "r:1");
	score_text_set(&slot.largest, "large:1");
	atomic_store(&slot.memory_gone, 1);
	assert_true(charged("large:1", "oom"));
	died("worker", "signal SIGKILL", "r:1");
	score_text_set(&slot.largest, "large:1");
	assert_int_equal(judged(true), BLAME_RUN);
	assert_string_equal(blame.job, "large:1");
	assert_string_equal(blame.cause, "oom");
	/* what we killed was not killed by the kernel */
	score_text_set(&slot.cause, "drain_deadline: signal SIGKILL");
	assert_int_equal(judged(true), BLAME_NOBODY);
	/* no run has any size yet */
	died("worker", "signal SIGABRT", "r:1");
	atomic_store(&slot.memory_gone, 1);
	assert_true(charged("r:1", "signal SIGABRT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_run_does_to_its_worker_is_laid_to_it),
		cmocka_unit_test(what_comes_from_outside_is_laid_to_nobody),
		cmocka_unit_test(a_fault_with_nobody_on_the_cpu_makes_a_cohort),
		cmocka_unit_test(each_death_in_the_lane_halves_it_until_one_is_left),
		cmocka_unit_test(
			alone_in_the_lane_a_death_of_unknown_cause_is_laid_to_the_run),
		cmocka_unit_test(want_of_memory_is_laid_to_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
