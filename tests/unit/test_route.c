/* test_route.c - runs that decide, cut behind each row of their journal */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/route.h"

#include "engine/engine.h"
#include "memory_host.h"
#include "run/definition.h"
#include "run/state.h"

#include <string.h>

/* A loop that a condition leaves by its own output, a switch in it, and a switch behind
 * it whose default ends the run although there is a next step. */
static const char text[] =
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"a\",\"max_total_turns\":50,"
	"\"steps\":["
	"{\"id\":\"a\",\"name\":\"A\",\"type\":\"print\",\"print_content\":"
	"\"{state.text}x\",\"output_key\":\"text\",\"max_iterations\":9,"
	"\"next_step_id\":\"w\"},"
	"{\"id\":\"w\",\"name\":\"W\",\"type\":\"switch\",\"switch_expression\":"
	"\"len(state.text) % 2\",\"switch_cases\":{\"0\":\"even\",\"1\":\"if\"},"
	"\"max_iterations\":9,\"next_step_id\":\"last\"},"
	"{\"id\":\"even\",\"name\":\"Even\",\"type\":\"print\",\"print_content\":\"even\","
	"\"output_key\":\"seen\",\"max_iterations\":9,\"next_step_id\":\"if\"},"
	"{\"id\":\"if\",\"name\":\"If\",\"type\":\"if_else\",\"if_condition\":"
	"\"len(state.text) < 5\",\"output_key\":\"more\",\"max_iterations\":9,"
	"\"if_true_step_id\":\"a\",\"if_false_step_id\":\"z\"},"
	"{\"id\":\"z\",\"name\":\"Z\",\"type\":\"switch\",\"switch_expression\":"
	"\"state.seen\",\"output_key\":\"z\",\"switch_cases\":{\"odd\":\"last\"},"
	"\"next_step_id\":\"last\"},"
	"{\"id\":\"last\",\"name\":\"Last\",\"type\":\"print\",\"print_content\":\"never\","
	"\"output_key\":\"never\"}]}";

#define INPUTS "{\"text\":\"\"}"

static void a_run_cut_behind_each_row_takes_the_same_way(void **state)
{
	struct memory_host whole, host;
	struct exec *exec;
	size_t n;

	(void)state;
	memory_init(&whole, NULL);
	exec = memory_run(&whole, text, INPUTS);
	(void)memory_pump(&whole);
	exec_free(exec);
	assert_int_equal(whole.final->status, RUN_COMPLETED);
	assert_non_null(strstr(str_text(&whole.final->state), "\"text\":\"xxxxx\""));
	assert_null(strstr(str_text(&whole.final->state), "never"));
	assert_true(whole.journal_count > 15);
	for (n = 0; n < whole.journal_count; n++) {
		memory_init(&host, NULL);
		memory_adopt(&host, whole.journal, n);
		host.ids = 1000;
		exec = memory_resume(&host, text, INPUTS, 2);
		(void)memory_pump(&host);
		assert_int_equal(host.ended, 1);
		exec_free(exec);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		assert_string_equal(str_text(&host.final->state),
				    str_text(&whole.final->state));
		assert_string_equal(str_text(&host.final->history),
				    str_text(&whole.final->history));
		memory_deinit(&host);
	}
	memory_deinit(&whole);
}

static void a_run_that_is_cut_again_and_again_takes_the_same_way(void **state)
{
	struct memory_host host;
	uint64_t epoch = 1;
	struct exec *exec;

	(void)state;
	memory_init(&host, NULL);
	exec = memory_run(&host, text, INPUTS);
	while (!host.ended) {
		host.hold_commits = true;
		(void)memory_pump(&host);
		if (!host.ended) {
			memory_commit(&host);
			(void)memory_pump(&host);
		}
		exec_free(exec);
		exec = NULL;
		if (!host.ended)
			exec = memory_resume(&host, text, INPUTS, ++epoch);
	}
	exec_free(exec);
	assert_true(epoch > 10);
	assert_int_equal(host.final->status, RUN_COMPLETED);
	assert_non_null(strstr(str_text(&host.final->state), "\"text\":\"xxxxx\""));
	assert_non_null(strstr(str_text(&host.final->state), "\"z\":\"even\""));
	memory_deinit(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_cut_behind_each_row_takes_the_same_way),
		cmocka_unit_test(a_run_that_is_cut_again_and_again_takes_the_same_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
