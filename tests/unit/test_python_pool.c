/*
 * test_python_pool.c - calls, tenants and helpers, with the python3 of this machine
 *
 * Without a sandbox: what that is worth is shown by tests/blackbox/test_python.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/python_pool.h"

#include "base/loop.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "ipc/scoreboard.h"
#include "tools/spawn_gate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_SEC 60 /* then the alarm fails the test */
#define PYTHON       "/usr/bin/python3"

static struct ev_loop *loop;
static struct spawn_gate *gate;
static struct python_pool *pool;
static struct score_slot score;
/* Just enough of a run for an op to complete in. */
static struct engine engine;
static struct exec exec;

static void on_lost(void *arg)
{
	(void)arg;
}

static void open_pool(const char *python, const char *bubblewrap, size_t processes,
		      size_t waiting, int64_t calls)
{
	pool = python_pool_new(&(struct python_pool_options){
		.loop = loop,
		.gate = gate,
		.python = python,
		.bubblewrap = bubblewrap,
		.processes = processes,
		.waiting = waiting,
		.calls = calls,
		.memory_bytes = 512 << 20,
		.probe_ms = 3600000,
		.score = &score,
	});
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	(void)alarm(PATIENCE_SEC);
	memset(&score, 0, sizeof(score));
	memset(&engine, 0, sizeof(engine));
	memset(&exec, 0, sizeof(exec));
	list_init(&engine.ready);
	list_init(&exec.done);
	exec.engine = &engine;
	exec.run_id = "run_x";
	engine.inside = &exec;
	assert_int_equal(spawn_gate_open(&gate, &err), 0);
	loop = ev_loop_new(EVFLAG_AUTO);
	spawn_gate_watch(gate, loop, on_lost, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	python_pool_free(pool);
	spawn_gate_close(gate);
	ev_loop_destroy(loop);
	(void)alarm(0);
	return 0;
}

static void on_resume(struct op *op)
{
	(void)op; /* nobody pumps here */
}

static void ask(struct code_call *call, const char *tenant, const char *code)
{
	memset(call, 0, sizeof(*call));
	op_init(&call->op, &exec, on_resume);
	call->step_id = "t";
	call->request = (struct code_request){
		.code = code,
		.code_len = strlen(code),
		.state = "{\"n\":20}",
		.state_len = 8,
		.answer_max = 1000,
		.show_max = 100,
	};
	op_launch(&call->op);
	python_pool_call(pool, tenant, call);
}

static void await(struct code_call *call)
{
	while (call->op.state == OP_FLYING)
		ev_run(loop, EVRUN_ONCE);
	assert_int_equal(call->op.state, OP_DONE);
}

static void drop(struct code_call *call)
{
	op_detach(&call->op);
	str_deinit(&call->answer.json);
	str_deinit(&call->answer.text);
}

/* The result of code that must work, until the next one. */
static const char *run(const char *tenant, const char *code)
{
	static char json[1024];
	struct code_call call;

	ask(&call, tenant, code);
	await(&call);
	if (call.answer.class != FAIL_NONE)
		fail_msg("%s", str_text(&call.answer.text));
	(void)snprintf(json, sizeof(json), "%s", str_text(&call.answer.json));
	drop(&call);
	return json;
}

static void code_is_executed_and_its_result_comes_back(void **state)
{
	struct code_call call;

	(void)state;
	open_pool(PYTHON, NULL, 1, 10, 1000);
	ask(&call, "a", "print('x')\nresult = [state['n'], 'a\\0b', None]");
	await(&call);
	assert_int_equal(call.answer.class, FAIL_NONE);
	assert_string_equal(str_text(&call.answer.json), "[20,\"a\xEF\xBF\xBD"
							 "b\",null]");
	assert_string_equal(str_text(&call.answer.text), "[20, 'a\\x00b', None]");
	drop(&call);
	assert_string_equal(run("a", "pass"), "null");
	assert_int_equal(score_get(&score, SCORE_PYTHON_CALLS), 2);
}

static void failures_have_their_class_and_the_line(void **state)
{
	static const struct {
		const char *code;
		enum fail_class class;
		const char *text;
	} rows[] = {
		{ "a = 1\nb = a / 0", FAIL_JOB,
		  "ZeroDivisionError: division by zero (line 2)" },
		{ "a b", FAIL_JOB, "SyntaxError: invalid syntax" },
		{ "raise SystemExit(3)", FAIL_JOB, "SystemExit: 3 (line 1)" },
		{ "result = object()", FAIL_JOB,
		  "TypeError: Object of type object is not" },
		{ "result = float('inf')", FAIL_JOB, "ValueError: Out of range float" },
		{ "result = 2 ** 64", FAIL_JOB, "the result cannot be kept: " },
		{ "result = {1: 0, '1': 0}", FAIL_JOB, "the result cannot be kept: " },
		{ "result = 'x' * 999", FAIL_LIMIT,
		  "the result has 1001 bytes, more than 1000" },
		{ "x = bytearray(1 << 40)", FAIL_LIMIT, "MemoryError" },
		{ "import os; os._exit(4)", FAIL_TOOL,
		  "python ended with exit status 4" },
		{ "import os; os.kill(os.getpid(), 11)", FAIL_TOOL,
		  "python was ended by signal 11" },
	};
	struct code_call call;
	size_t i;

	(void)state;
	open_pool(PYTHON, NULL, 2, 10, 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(&call, "a", rows[i].code);
		await(&call);
		if (call.answer.class != rows[i].class ||
		    strncmp(str_text(&call.answer.text), rows[i].text,
			    strlen(rows[i].text)) != 0)
			fail_msg("%s: %d %s", rows[i].code, (int)call.answer.class,
				 str_text(&call.answer.text));
		drop(&call);
	}
}

static void a_helper_stays_a_tenants_own(void **state)
{
	static const char *const code = "import os\nresult = os.getpid()";
	char first[32];

	(void)state;
	open_pool(PYTHON, NULL, 1, 10, 1000);
	(void)snprintf(first, sizeof(first), "%s", run("a", code));
	assert_string_equal(run("a", code), first);
	assert_string_not_equal(run("b", code), first);
	assert_string_not_equal(run("a", code), first);
	assert_int_equal(score_get(&score, SCORE_PYTHON_HELPERS), 1);
}

static void it_is_made_anew_when_it_was_called_often(void **state)
{
	static const char *const code = "import os\nresult = os.getpid()";
	char first[32];

	(void)state;
	open_pool(PYTHON, NULL, 1, 10, 2);
	(void)snprintf(first, sizeof(first), "%s", run("a", code));
	assert_string_equal(run("a", code), first);
	assert_string_not_equal(run("a", code), first);
}

static void a_call_finds_no_names_of_the_one_before(void **state)
{
	(void)state;
	open_pool(PYTHON, NULL, 1, 10, 1000);
	assert_string_equal(run("a", "leaked = 1\nimport builtins\nbuiltins.len = None\n"
				     "result = 1"),
			    "1");
	assert_string_equal(run("a", "result = ['leaked' in globals(), len('abc')]"),
			    "[false,3]");
}

static void calls_run_side_by_side_and_wait_their_turn(void **state)
{
	struct code_call naps[2], quick;

	(void)state;
	open_pool(PYTHON, NULL, 2, 10, 1000);
	ask(&naps[0], "a", "import time\ntime.sleep(1000)");
	ask(&naps[1], "a", "import time\ntime.sleep(1000)");
	ask(&quick, "b", "result = 1");
	while (score_get(&score, SCORE_PYTHON_WAITING) != 1)
		ev_run(loop, EVRUN_ONCE);
	drop(&naps[1]); /* its helper goes, and another one comes for who waits */
	await(&quick);
	assert_string_equal(str_text(&quick.answer.json), "1");
	assert_int_equal(naps[0].op.state, OP_FLYING);
	drop(&quick);
	drop(&naps[0]);
}

static void those_that_wait_have_a_bound(void **state)
{
	struct code_call calls[4];
	int i;

	(void)state;
	open_pool(PYTHON, NULL, 1, 2, 1000);
	for (i = 0; i < 4; i++)
		ask(&calls[i], "a", "import time\ntime.sleep(1000)");
	for (i = 0; i < 4; i++)
		assert_int_equal(calls[i].op.state, i < 2 ? OP_FLYING : OP_DONE);
	assert_int_equal(calls[3].answer.class, FAIL_LIMIT);
	for (i = 0; i < 4; i++)
		drop(&calls[i]);
	assert_int_equal(score_get(&score, SCORE_PYTHON_WAITING), 0);
}

static void nothing_is_executed_without_walls(void **state)
{
	struct code_call call;

	(void)state;
	open_pool(PYTHON, "/bin/false", 1, 10, 1000);
	ask(&call, "a", "result = 1");
	await(&call);
	assert_int_equal(call.answer.class, FAIL_INTERNAL);
	assert_string_equal(str_text(&call.answer.text),
			    "Python cannot be executed here: python ended with exit "
			    "status 1");
	drop(&call);
	/* nor tried again at once */
	ask(&call, "a", "result = 1");
	assert_int_equal(call.op.state, OP_DONE);
	drop(&call);
}

static void a_lost_gate_fails_what_there_is_and_what_comes(void **state)
{
	struct code_call calls[2], late;
	int i;

	(void)state;
	open_pool(PYTHON, NULL, 1, 10, 1000);
	ask(&calls[0], "a", "import time\ntime.sleep(1000)");
	ask(&calls[1], "a", "result = 1");
	python_pool_gate_lost(pool);
	ask(&late, "a", "result = 1");
	assert_int_equal(late.answer.class, FAIL_INTERNAL);
	for (i = 0; i < 2; i++)
		drop(&calls[i]);
	drop(&late);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(code_is_executed_and_its_result_comes_back),
		TEST(failures_have_their_class_and_the_line),
		TEST(a_helper_stays_a_tenants_own),
		TEST(it_is_made_anew_when_it_was_called_often),
		TEST(a_call_finds_no_names_of_the_one_before),
		TEST(calls_run_side_by_side_and_wait_their_turn),
		TEST(those_that_wait_have_a_bound),
		TEST(nothing_is_executed_without_walls),
		TEST(a_lost_gate_fails_what_there_is_and_what_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
