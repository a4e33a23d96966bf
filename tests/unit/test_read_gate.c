/* test_read_gate.c - reads in their turn; pg_read() is the test's own */
#include "api/read_gate.h"

#include "base/mem.h"
#include "pg/pg_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define READS 300

static struct {
	pg_read_cb cb[READS];
	void *arg[READS];
	size_t count;
	bool at_once; /* the server is gone: answered inside */
} sent;

static int answers[READS]; /* error + 1, by number of the read; 0: none yet */

void pg_read(struct pg_pool *pool, struct pg_batch *batch, pg_read_cb cb, void *arg)
{
	(void)pool;
	pg_batch_free(batch);
	if (sent.at_once) {
		cb(arg, ERRORS_POSTGRES, NULL);
		return;
	}
	sent.cb[sent.count] = cb;
	sent.arg[sent.count++] = arg;
}

static int setup(void **state)
{
	(void)state;
	memset(&sent, 0, sizeof(sent));
	memset(answers, 0, sizeof(answers));
	return 0;
}

static void on_answer(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	int *answer = arg;

	assert_null(reply);
	assert_int_equal(*answer, 0); /* once */
	*answer = (int)error + 1;
}

static void ask_for(struct read_gate *gate, enum read_gate_length length, size_t first,
		    size_t count)
{
	size_t i;

	for (i = first; i < first + count; i++)
		read_gate_read(gate, length, pg_batch_new(), on_answer, &answers[i]);
}

static void ask(struct read_gate *gate, size_t first, size_t count)
{
	ask_for(gate, READ_GATE_SHORT, first, count);
}

static void reply(size_t i)
{
	sent.cb[i](sent.arg[i], ERRORS_NONE, NULL);
}

static void a_few_are_sent_and_the_others_wait_in_order(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 2);

	(void)state;
	ask(gate, 0, 4);
	assert_int_equal(sent.count, 2);
	reply(1);
	assert_int_equal(answers[1], ERRORS_NONE + 1);
	assert_int_equal(sent.count, 3);
	reply(2); /* the third: it was sent when the second was answered */
	assert_int_equal(answers[2], ERRORS_NONE + 1);
	assert_int_equal(sent.count, 4);
	reply(0);
	reply(3);
	assert_int_equal(answers[0] + answers[3], 2 * (ERRORS_NONE + 1));
	ask(gate, 4, 1); /* nobody is in front of it */
	assert_int_equal(sent.count, 5);
	reply(4);
	read_gate_free(gate);
}

static void one_link_is_enough(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 0);

	(void)state;
	ask(gate, 0, 2);
	assert_int_equal(sent.count, 1);
	reply(0);
	reply(1);
	read_gate_free(gate);
}

static void one_too_many_is_refused(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 1);
	size_t i;

	(void)state;
	ask(gate, 0, 258);
	assert_int_equal(answers[256], 0);
	assert_int_equal(answers[257], ERRORS_BUSY + 1);
	for (i = 0; i < 257; i++)
		reply(i);
	assert_int_equal(answers[256], ERRORS_NONE + 1);
	read_gate_free(gate);
}

static void answers_that_come_at_once_hold_nobody_up(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 1);
	size_t i;

	(void)state;
	ask(gate, 0, 100);
	sent.at_once = true; /* gone while they waited */
	reply(0);
	for (i = 1; i < 100; i++)
		assert_int_equal(answers[i], ERRORS_POSTGRES + 1);
	read_gate_free(gate);
}

static void long_ones_go_behind_the_others(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 1);
	size_t i;

	(void)state;
	ask_for(gate, READ_GATE_LONG, 0, 3);
	ask(gate, 3, 2);
	reply(0);
	reply(1); /* of the short ones, though they came later */
	reply(2);
	assert_int_equal(answers[3] + answers[4], 2 * (ERRORS_NONE + 1));
	assert_int_equal(answers[1] + answers[2], 0);
	reply(3);
	reply(4);
	assert_int_equal(answers[1] + answers[2], 2 * (ERRORS_NONE + 1));
	ask_for(gate, READ_GATE_LONG, 5, 258); /* they fill no room but their own */
	assert_int_equal(answers[262], ERRORS_BUSY + 1);
	ask(gate, 263, 1);
	assert_int_equal(answers[263], 0);
	for (i = 5; i < 263; i++)
		reply(i);
	read_gate_free(gate);
}

static void long_ones_leave_the_others_a_place(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 2);

	(void)state;
	ask_for(gate, READ_GATE_LONG, 0, 2);
	assert_int_equal(sent.count, 1);
	ask(gate, 2, 1);
	assert_int_equal(sent.count, 2);
	reply(1);
	assert_int_equal(answers[2], ERRORS_NONE + 1);
	assert_int_equal(sent.count, 2); /* the second long one waits for the first */
	reply(0);
	reply(2);
	assert_int_equal(answers[1], ERRORS_NONE + 1);
	ask(gate, 3, 2); /* short ones may have all */
	assert_int_equal(sent.count, 5);
	reply(3);
	reply(4);
	read_gate_free(gate);
}

static void who_waits_is_told_of_the_end(void **state)
{
	struct read_gate *gate = read_gate_new(NULL, 1);

	(void)state;
	ask(gate, 0, 3);
	read_gate_free(gate);
	assert_int_equal(answers[0], 0);
	assert_int_equal(answers[1], ERRORS_POSTGRES + 1);
	assert_int_equal(answers[2], ERRORS_POSTGRES + 1);
	reply(0); /* the pool outlives the gate */
	assert_int_equal(answers[0], ERRORS_NONE + 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_few_are_sent_and_the_others_wait_in_order,
				       setup),
		cmocka_unit_test_setup(one_link_is_enough, setup),
		cmocka_unit_test_setup(one_too_many_is_refused, setup),
		cmocka_unit_test_setup(answers_that_come_at_once_hold_nobody_up, setup),
		cmocka_unit_test_setup(long_ones_go_behind_the_others, setup),
		cmocka_unit_test_setup(long_ones_leave_the_others_a_place, setup),
		cmocka_unit_test_setup(who_waits_is_told_of_the_end, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
