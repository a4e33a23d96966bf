/* test_stack.c - where a child stood when a fatal signal came */
#include "ipc/stack.h"

#include "base/str.h"
#include "ipc/scoreboard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct score_slot *slot;

static int set_up(void **state)
{
	(void)state;
	slot = mmap(NULL, sizeof(*slot), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stack_preload();
	return slot == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(slot, sizeof(*slot));
}

/* Not static: it has a name in a program that exports its symbols. */
void stack_probe_deep(int number, int depth);

__attribute__((noinline)) void stack_probe_deep(int number, int depth)
{
	if (depth)
		stack_probe_deep(number, depth - 1);
	else
		(void)raise(number);
	__asm__ volatile(""); /* no tail call */
}

static size_t step_id(void *arg, char *buf, size_t size)
{
	size_t len = strlen(arg);

	if (len > size)
		len = size;
	memcpy(buf, arg, len);
	return len;
}

static int die(int number, int depth, const char *step)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		stack_watch(slot);
		if (step)
			stack_on_step(step_id, (void *)(uintptr_t)step);
		stack_probe_deep(number, depth);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void a_fatal_signal_leaves_the_stack_and_ends_the_process_as_ever(void **state)
{
	struct str text = STR_INIT;
	char step[IDS_MAX];
	int status = die(SIGABRT, 3, "s1");

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_true(atomic_load(&slot->stack_count) > 4);
	assert_string_equal(score_text_get(&slot->step, step), "s1");
	stack_describe(slot, &text);
	assert_non_null(strstr(str_text(&text), " < "));
	str_deinit(&text);
}

static void a_deep_one_is_cut(void **state)
{
	struct str text = STR_INIT;
	int status = die(SIGABRT, 500, NULL);

	(void)state;
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(atomic_load(&slot->stack_count), SCORE_STACK_MAX);
	stack_describe(slot, &text);
	assert_true(text.len > 0);
	str_deinit(&text);
}

static void a_long_step_id_is_cut(void **state)
{
	char long_id[400], step[IDS_MAX];

	(void)state;
	memset(long_id, 'x', sizeof(long_id) - 1);
	long_id[sizeof(long_id) - 1] = '\0';
	assert_int_equal(WTERMSIG(die(SIGABRT, 0, long_id)), SIGABRT);
	assert_int_equal(strlen(score_text_get(&slot->step, step)), 200);
}

static void without_a_slot_the_signal_ends_it_all_the_same(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		stack_watch(slot);
		stack_watch(NULL);
		atomic_store(&slot->stack_count, 0);
		(void)raise(SIGABRT);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_int_equal(atomic_load(&slot->stack_count), 0);
}

static void one_that_left_nothing_is_not_described(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	atomic_store(&slot->stack_count, 0);
	stack_describe(slot, &text);
	assert_int_equal(text.len, 0);
	/* an address that belongs to nothing */
	atomic_store(&slot->stack[0], 1);
	atomic_store(&slot->stack[1], 0x10);
	atomic_store(&slot->stack_count, 2);
	stack_describe(slot, &text);
	assert_string_equal(str_text(&text), "0x10");
	str_deinit(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_fatal_signal_leaves_the_stack_and_ends_the_process_as_ever),
		cmocka_unit_test(a_deep_one_is_cut),
		cmocka_unit_test(a_long_step_id_is_cut),
		cmocka_unit_test(without_a_slot_the_signal_ends_it_all_the_same),
		cmocka_unit_test(one_that_left_nothing_is_not_described),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
