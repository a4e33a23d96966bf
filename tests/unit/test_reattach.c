/* test_reattach.c - a worker tells a queue of paper what it works on */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/loop.h"
#include "queue/queue_attach.h"
#include "queue/queue_recovery.h"
#include "worker/reattach.h"

/* The queue's acts as reattach.c calls them: kept here until the test answers. */
static struct {
	queue_attach_cb cb;
	void *arg;
	size_t jobs;
	int64_t recovery;
} asked;

static struct {
	queue_number_cb cb;
	void *arg;
} looked;

static int told;

const char *queue_name(const struct queue *q)
{
	(void)q;
	return "paper";
}

int queue_attach_own(struct queue *q, const struct queue_job *jobs, size_t n,
		     int64_t alive_ttl_ms, int64_t recovery, queue_attach_cb cb,
		     void *arg, struct err *err)
{
	(void)q;
	(void)jobs;
	(void)alive_ttl_ms;
	(void)err;
	asked.cb = cb;
	asked.arg = arg;
	asked.jobs = n;
	asked.recovery = recovery;
	return 0;
}

int queue_recovering(struct queue *q, queue_number_cb cb, void *arg, struct err *err)
{
	(void)q;
	(void)err;
	looked.cb = cb;
	looked.arg = arg;
	return 0;
}

static void tell(void *arg, struct reattach *reattach)
{
	static const struct queue_job job = { .priority = 0 };

	(void)arg;
	reattach_add(reattach, &job);
}

static void on_told(void *arg)
{
	(void)arg;
	told++;
}

static void answer(void)
{
	const bool taken[] = { true };

	asked.cb(asked.arg, 0, true, asked.jobs ? taken : NULL, asked.jobs, NULL);
}

static void a_round_says_the_recovery_that_it_began_with(void **state)
{
	const struct reattach_options options = {
		.loop = ev_loop_new(EVFLAG_AUTO),
		.tell = tell,
		.told = on_told,
	};
	struct reattach *reattach = reattach_new(&options);

	(void)state;
	reattach_seen(reattach, 1);
	assert_int_equal(asked.jobs, 1);
	/* Redis loses writes once more while the job is on its way: it may be lost */
	reattach_seen(reattach, 2);
	answer();
	assert_int_equal(asked.jobs, 0);
	assert_int_equal(asked.recovery, 1);
	answer();
	assert_int_equal(told, 0);

	while (!looked.cb)
		ev_run(options.loop, EVRUN_ONCE);
	looked.cb(looked.arg, 0, 2, NULL);
	assert_int_equal(asked.jobs, 1);
	answer();
	assert_int_equal(asked.jobs, 0);
	assert_int_equal(asked.recovery, 2);
	answer();
	assert_int_equal(told, 1);
	reattach_free(reattach);
	ev_loop_destroy(options.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_round_says_the_recovery_that_it_began_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
