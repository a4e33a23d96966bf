/* test_publish.c - which commands events leave with; the link is the test's own */
#include "events/publish.h"

#include "base/loop.h"
#include "events/fifo.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SENT_MAX 8

static struct {
	redis_answer_cb cb[SENT_MAX];
	void *arg[SENT_MAX];
	size_t count;
	size_t capped; /* of those that add */
} sent;

static int dones;

bool redis_link_is_up(const struct redis_link *link)
{
	(void)link;
	return true;
}

static void note(redis_answer_cb cb, void *arg)
{
	assert_true(sent.count < SENT_MAX);
	sent.cb[sent.count] = cb;
	sent.arg[sent.count++] = arg;
}

int redis_link_send(struct redis_link *link, const struct redis_command *command,
		    redis_answer_cb cb, void *arg, struct err *err)
{
	(void)link;
	(void)err;
	if (memmem(command->bytes.data, command->bytes.len, "MAXLEN", 6))
		sent.capped++;
	note(cb, arg);
	return 0;
}

struct redis_scripts *redis_scripts_new(const struct embed *texts, size_t count)
{
	(void)texts;
	(void)count;
	return NULL;
}

void redis_script_begin(const struct redis_scripts *scripts, size_t i, unsigned nkeys,
			struct redis_command *command)
{
	(void)scripts;
	(void)i;
	(void)nkeys;
	redis_command_reset(command);
}

int redis_script_send(struct redis_link *link, const struct redis_scripts *scripts,
		      size_t i, const struct redis_command *command, redis_answer_cb cb,
		      void *arg, struct err *err)
{
	(void)link;
	(void)scripts;
	(void)i;
	(void)command;
	(void)err;
	note(cb, arg);
	return 0;
}

static void on_done(struct publish *publish)
{
	(void)publish;
	dones++;
}

/* One event of a run that has ended; how many commands had a bound of the stream. */
static size_t capped(const char *run_id, int64_t epoch)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct publisher *publisher = publisher_new(loop, NULL, 1000);
	struct publish publish = { .run_id = run_id, .epoch = epoch, .last = true };
	const struct redis_answer answer = { .text = "" };
	size_t i;

	memset(&sent, 0, sizeof(sent));
	dones = 0;
	publish.done = on_done;
	list_init(&publish.entries);
	list_push(&publish.entries, &fifo_entry_new(1, 1, "{}", 2)->node);
	publisher_add(publisher, &publish);
	for (i = 0; i < sent.count; i++)
		sent.cb[i](sent.arg[i], &answer);
	assert_int_equal(dones, 1);
	publisher_free(publisher);
	ev_loop_destroy(loop);
	return sent.capped;
}

static void a_run_that_ends_with_few_events_needs_no_bound(void **state)
{
	(void)state;
	assert_int_equal(capped("run-1", 0), 0);
	assert_int_equal(sent.count, 2); /* and how long it lives */
}

static void a_stream_that_other_turns_are_in_is_bounded_each_time(void **state)
{
	(void)state;
	assert_int_equal(capped("chat:s:7", 0), 1);
}

static void who_owns_a_run_leaves_that_to_the_script(void **state)
{
	(void)state;
	assert_int_equal(capped("run-1", 1), 0);
	assert_int_equal(sent.count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_that_ends_with_few_events_needs_no_bound),
		cmocka_unit_test(a_stream_that_other_turns_are_in_is_bounded_each_time),
		cmocka_unit_test(who_owns_a_run_leaves_that_to_the_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
