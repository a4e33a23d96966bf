/* test_mem.c - allocation */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void what_we_ask_for_is_there_and_zeroed(void **state)
{
	char *p = mem_alloc(100);
	int *n = mem_new_n(int, 10);
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(n[9], 0);
	p = mem_resize(p, 200);
	assert_int_equal(p[99], 0);
	mem_free(p);
	mem_free(n);
	mem_free(NULL);
	p = mem_alloc(0);
	p = mem_resize(p, 0);
	mem_free(p);
}

static void copies_are_terminated(void **state)
{
	char *a = mem_dup("text"), *b = mem_dup_n("a\0bc", 3), *c = mem_dup_n(NULL, 0);

	(void)state;
	assert_string_equal(a, "text");
	assert_memory_equal(b, "a\0b", 4);
	assert_string_equal(c, "");
	mem_free(a);
	mem_free(b);
	mem_free(c);
}

static void a_strangers_size_may_be_refused(void **state)
{
	void *p = mem_try_alloc(0);

	(void)state;
	assert_non_null(p);
	p = mem_try_resize(p, 0);
	assert_non_null(p);
	mem_free(p);
#ifndef SYN_SANITIZED /* a sanitizer's allocator ends the process instead */
	assert_null(mem_try_alloc(SIZE_MAX / 2));
	assert_null(mem_try_resize(NULL, SIZE_MAX / 2));
#endif
}

/* In a child: it must end by SIGABRT and leave one line. */
static void dies_of(void (*act)(void))
{
	char line[100] = "";
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGABRT, SIG_DFL);
		(void)dup2(fds[1], STDERR_FILENO);
		act();
		_exit(0);
	}
	(void)close(fds[1]);
	assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_string_equal(line, "level=error event=memory.exhausted\n");
}

static void too_much(void)
{
	mem_free(mem_alloc(SIZE_MAX / 2));
}

static void too_much_more(void)
{
	mem_free(mem_resize(NULL, SIZE_MAX / 2));
}

static void too_much_copied(void)
{
	mem_free(mem_dup_n("", SIZE_MAX / 2));
}

static void a_size_of_ours_that_is_not_there_ends_the_process(void **state)
{
	(void)state;
#ifndef SYN_SANITIZED
	dies_of(too_much);
	dies_of(too_much_more);
	dies_of(too_much_copied);
#else
	(void)dies_of, (void)too_much, (void)too_much_more, (void)too_much_copied;
	skip();
#endif
}

static void a_secret_is_overwritten(void **state)
{
	char secret[8] = "sk-syn-";
	char zero[8] = { 0 };

	(void)state;
	mem_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, zero, sizeof(secret));
}

static void a_member_leads_back_to_its_object(void **state)
{
	struct outer {
		int a;
		int member;
	} outer = { 0 };

	(void)state;
	assert_ptr_equal(mem_container(&outer.member, struct outer, member), &outer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_ask_for_is_there_and_zeroed),
		cmocka_unit_test(copies_are_terminated),
		cmocka_unit_test(a_strangers_size_may_be_refused),
		cmocka_unit_test(a_size_of_ours_that_is_not_there_ends_the_process),
		cmocka_unit_test(a_secret_is_overwritten),
		cmocka_unit_test(a_member_leads_back_to_its_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
