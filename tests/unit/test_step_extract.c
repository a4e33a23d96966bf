/* test_step_extract.c - extract_json steps, from the state to the event */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/steps/step_extract.h"

#include "base/str.h"
#include "engine/engine.h"
#include "memory_host.h"

#include <string.h>

static struct memory_host host;

static int setup(void **state)
{
	(void)state;
	memory_init(&host, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memory_deinit(&host);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void expect(const struct str *where, const char *what)
{
	if (!strstr(str_text(where), what))
		fail_msg("%s is not in %s", what, str_text(where));
}

#define EXTRACT(keys)                                                                    \
	"{\"id\":\"o\",\"name\":\"O\",\"entry_step_id\":\"x\",\"steps\":[{\"id\":\"x\"," \
	"\"name\":\"X\",\"type\":\"extract_json\",\"input_keys\":[" keys                 \
	"],\"output_key\":\"out\"}]}"

static void run(const char *definition, const char *inputs)
{
	struct exec *exec = memory_run(&host, definition, inputs);

	assert_int_equal(memory_pump(&host), -1);
	assert_int_equal(host.ended, 1);
	exec_free(exec);
}

static const struct {
	const char *inputs;
	const char *output;
	const char *warning; /* NULL: none */
} rows[] = {
	{ "{\"a\":\"so: {\\\"n\\\": 1.50}\"}", "{\"n\":1.50}", NULL },
	{ "{\"a\":\"[1] and\",\"b\":\"[2]\"}", "[[1],[2]]", NULL },
	{ "{\"a\":{\"n\":[true]}}", "{\"n\":[true]}", NULL },
	{ "{\"a\":\"7\"}", "7", NULL },
	{ "{\"a\":\"none here\"}", "null", "There is no JSON in the text" },
	{ "{\"a\":\"\"}", "null", "There is no text to extract JSON from" },
	{ "{\"a\":null}", "null", "There is no text to extract JSON from" },
	{ NULL, "null", "There is no text to extract JSON from" },
	{ "{\"a\":\"{\\\"s\\\":\\\"x\\\\u0000y\\\"}\"}", "{\"s\":\"x\xEF\xBF\xBDy\"}",
	  NULL },
};

static void what_is_found_becomes_the_output_and_the_final(void **state)
{
	struct str want = STR_INIT;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(EXTRACT("\"a\",\"b\""), rows[i].inputs);
		assert_int_equal(host.final->status, RUN_COMPLETED);
		str_reset(&want, 100);
		str_printf(&want, "[[\"set\",\"out\",%s]]\n", rows[i].output);
		expect(&host.deltas, str_text(&want));
		if (rows[i].warning)
			expect(&host.events, rows[i].warning);
		else
			assert_null(strstr(str_text(&host.types), "step_warning"));
		expect(&host.types, "final step_complete");
		(void)teardown(state);
		(void)setup(state);
	}
	str_deinit(&want);
}

static void a_value_beyond_the_bound_fails(void **state)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	(void)teardown(state);
	limits.output_max = 8;
	memory_init(&host, &limits);
	run(EXTRACT("\"a\""), "{\"a\":\"[1] [2] [3] [4]\"}");
	assert_int_equal(host.final->status, RUN_FAILED);
	expect(&host.events, "\"error_class\":\"limit\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_found_becomes_the_output_and_the_final),
		TEST(a_value_beyond_the_bound_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
