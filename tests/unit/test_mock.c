/* test_mock.c - mock models, and the engine on a libev loop */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "llm/mock.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/drive.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

/* A host of the real clock whose runs call the mocks. */
struct world {
	struct ev_loop *loop;
	struct engine *engine;
	struct drive drive;
	struct mock *mock;
	struct str lives;
	struct str answers; /* "status response calls in out class|" of each run that
			       ended */
	int64_t waited_ms;  /* from the call of the last one to its end */
	int64_t called_mono_ms;
	int expected; /* runs to end before the loop is left */
};

static struct world world;

static int64_t wall_ms(void *ctx)
{
	(void)ctx;
	return clock_wall_ms();
}

static int64_t mono_ms(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static void enter(void *ctx, struct exec *exec)
{
	(void)ctx;
	(void)exec;
}

static void leave(void *ctx, struct exec *exec, size_t bytes)
{
	(void)ctx;
	(void)exec;
	(void)bytes;
}

static void commit(void *ctx, struct exec *exec, struct engine_row *row, struct op *op)
{
	(void)ctx;
	(void)exec;
	row_free(row);
	op_done(op);
}

static void live(void *ctx, struct exec *exec, const char *event, size_t len)
{
	(void)ctx;
	(void)exec;
	str_add(&world.lives, event, len);
	str_add_char(&world.lives, '\n');
}

static void llm(void *ctx, struct exec *exec, struct llm_call *call)
{
	(void)ctx;
	(void)exec;
	world.called_mono_ms = clock_mono_ms();
	mock_call(world.mock, call);
}

static void end(void *ctx, struct exec *exec, struct engine_final *final)
{
	(void)ctx;
	world.waited_ms = clock_mono_ms() - world.called_mono_ms;
	str_printf(&world.answers, "%s %s %lld %lld %.1f|",
		   row_status_name(final->status), str_text(&final->response),
		   (long long) final->usage.input_tokens,
		   (long long) final->usage.output_tokens, final->usage.cost_usd);
	row_final_free(final);
	exec_free(exec);
	if (--world.expected == 0)
		ev_break(world.loop, EVBREAK_ALL);
}

static const struct engine_host functions = {
	.wall_ms = wall_ms,
	.mono_ms = mono_ms,
	.enter = enter,
	.leave = leave,
	.commit = commit,
	.live = live,
	.llm = llm,
	.end = end,
};

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.loop = ev_loop_new(EVFLAG_AUTO);
	world.engine = engine_new(&functions, NULL, &ENGINE_LIMITS_DEFAULT, 1);
	world.mock = mock_new(world.loop);
	drive_start(&world.drive, world.loop, world.engine);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	drive_stop(&world.drive, world.loop);
	engine_free(world.engine);
	mock_free(world.mock); /* asserts that no call is left */
	ev_loop_destroy(world.loop);
	str_deinit(&world.lives);
	str_deinit(&world.answers);
	return 0;
}

static struct exec *run_of(const char *model, const char *more)
{
	struct exec_start start = { .run_id = "r",
				    .worker_id = "w",
				    .message = "eight by",
				    .message_len = 8,
				    .epoch = 1 };
	struct problems problems;
	struct exec *exec;
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"steps\":[{"
		       "\"id\":\"a\",\"name\":\"A\",\"type\":\"llm\",\"model\":\"%s\","
		       "\"output_key\":\"x\"%s}]}",
		       model, more);
	problem_init(&problems);
	assert_int_equal(
		definition_parse(text, strlen(text), &start.definition, &problems), 0);
	problem_deinit(&problems);
	exec = exec_new(world.engine, &start);
	definition_unref(start.definition);
	world.expected++;
	return exec;
}

/* Until all runs have ended; a minute is a failure. */
static void on_too_long(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void run_loop(void)
{
	ev_timer guard;

	ev_timer_init(&guard, on_too_long, 60.0, 0.0);
	ev_timer_start(world.loop, &guard);
	ev_run(world.loop, 0);
	ev_timer_stop(world.loop, &guard);
	assert_int_equal(world.expected, 0);
}

static void echo_answers_the_last_user_message(void **state)
{
	(void)state;
	(void)run_of("mock.echo", "");
	run_loop();
	assert_non_null(strstr(str_text(&world.answers), "completed eight by "));
	assert_non_null(
		strstr(str_text(&world.answers), " 2 0.0|")); /* 8 bytes: 2 tokens */
}

static void sleep_answers_later_and_two_sleeps_overlap(void **state)
{
	int64_t before_ms = clock_mono_ms();
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		(void)run_of("mock.sleep:100", "");
	run_loop();
	assert_true(world.waited_ms >= 99);
	assert_true(clock_mono_ms() - before_ms < 1900); /* one after the other: 2000 */
}

static void tokens_come_live_and_as_a_whole(void **state)
{
	(void)state;
	(void)run_of("mock.tokens:3:5", "");
	run_loop();
	assert_non_null(
		strstr(str_text(&world.answers), "completed token1 token2 token3 "));
	assert_true(world.waited_ms >= 14);
	assert_non_null(strstr(str_text(&world.lives), "\"text\":\"token1"));
	assert_non_null(strstr(str_text(&world.lives), "token3\","));
}

static void tokens_without_a_pause_come_at_once(void **state)
{
	(void)state;
	(void)run_of("mock.tokens:1000:0", "");
	run_loop();
	assert_non_null(strstr(str_text(&world.answers), " token1000 "));
}

static void an_agent_without_tools_answers_later(void **state)
{
	(void)state;
	(void)run_of("mock.agent:3:20", "");
	run_loop();
	assert_non_null(strstr(str_text(&world.answers), "completed eight by "));
	assert_true(world.waited_ms >= 19);
}

static void fail_fails_with_its_class(void **state)
{
	(void)state;
	(void)run_of("mock.fail:tool", "");
	run_loop();
	assert_non_null(
		strstr(str_text(&world.answers),
		       "failed Orchestration failed: Step 'A': the model mock.fail"));
}

static void an_unknown_model_fails_by_name(void **state)
{
	(void)state;
	(void)run_of("gpt-4o", "");
	run_loop();
	assert_non_null(strstr(str_text(&world.answers), "model 'gpt-4o' is not served"));
}

static void a_time_limit_of_the_engine_fires_on_the_loop(void **state)
{
	(void)state;
	(void)run_of("mock.sleep:60000", ",\"timeout_seconds\":1");
	run_loop();
	assert_non_null(strstr(str_text(&world.answers), "Step 'A' timed out after 1s"));
	assert_true(world.waited_ms >= 999 && world.waited_ms < 30000);
}

static void a_cancelled_sleep_ends_at_once(void **state)
{
	struct exec *exec = run_of("mock.sleep:60000", "");
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		ev_run(world.loop, EVRUN_NOWAIT);
	exec_cancel(exec);
	run_loop();
	assert_non_null(strstr(str_text(&world.answers), "cancelled "));
	assert_true(world.waited_ms < 30000);
}

static void a_pump_that_used_up_its_budget_goes_on_by_itself(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2000; i++)
		(void)run_of("mock.echo", "");
	run_loop();
	assert_int_equal(world.engine->runs, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(echo_answers_the_last_user_message),
		TEST(sleep_answers_later_and_two_sleeps_overlap),
		TEST(tokens_come_live_and_as_a_whole),
		TEST(tokens_without_a_pause_come_at_once),
		TEST(an_agent_without_tools_answers_later),
		TEST(fail_fails_with_its_class),
		TEST(an_unknown_model_fails_by_name),
		TEST(a_time_limit_of_the_engine_fires_on_the_loop),
		TEST(a_cancelled_sleep_ends_at_once),
		TEST(a_pump_that_used_up_its_budget_goes_on_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
