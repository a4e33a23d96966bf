/* test_model.c - what the name of a model says */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/model.h"

#include <string.h>

static struct model parsed(const char *name)
{
	struct model model;
	struct err err;

	assert_int_equal(model_parse(name, &model, &err), 0);
	return model;
}

static void mock_models_and_their_parameters_are_read(void **state)
{
	struct model model;

	(void)state;
	assert_int_equal(parsed("mock.echo").kind, MODEL_MOCK_ECHO);
	model = parsed("mock.sleep:250");
	assert_int_equal(model.kind, MODEL_MOCK_SLEEP);
	assert_int_equal(model.ms, 250);
	model = parsed("mock.tokens:100000:0");
	assert_int_equal(model.kind, MODEL_MOCK_TOKENS);
	assert_int_equal(model.tokens, 100000);
	assert_int_equal(model.ms, 0);
	model = parsed("mock.agent:3:40");
	assert_int_equal(model.kind, MODEL_MOCK_AGENT);
	assert_int_equal(model.turns, 3);
	assert_int_equal(model.ms, 40);
	assert_false(model_outside(&model));
	model = parsed("mock.fail:provider");
	assert_int_equal(model.kind, MODEL_MOCK_FAIL);
	assert_int_equal(model.class, FAIL_PROVIDER);
	assert_false(model_outside(&model));
	model = parsed("oaic.vendor/llama-3:8b");
	assert_int_equal(model.kind, MODEL_OAIC);
	assert_true(model_outside(&model));
	assert_string_equal(model_served_name("oaic.vendor/llama-3:8b"),
			    "vendor/llama-3:8b");
	assert_string_equal(model_served_name("mock.echo"), "mock.echo");
}

static void other_names_are_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"gpt-4o",
		"mock",
		"mock.",
		"Mock.echo",
		"mock.echo ",
		"mock.sleep",
		"mock.sleep:",
		"mock.sleep:-1",
		"mock.sleep:1s",
		"mock.sleep:+5",
		"mock.sleep: 5",
		"mock.sleep:3600001",
		"mock.sleep:99999999999999999999999999",
#ifndef SYN_FAULTS
		"mock.crash:segv",
#endif
		"mock.tokens:5",
		"mock.tokens:0:5",
		"mock.tokens::5",
		"mock.tokens:5:",
		"mock.tokens:5:5:5",
		"mock.tokens:100001:1",
		"mock.agent",
		"mock.agent:1",
		"mock.agent:1001:0",
		"mock.agent:-1:0",
		"mock.agent:1:3600001",
		"mock.fail",
		"mock.fail:",
		"mock.fail:soon",
		"mock.fail:cancelled",
		"oaic",
		"oaic.",
		"oaic.a b",
		"Oaic.llama",
	};
	struct model model;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(model_parse(bad[i], &model, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, bad[i]));
	}
}

static void a_name_without_end_is_refused_and_cut(void **state)
{
	char name[4096];
	struct model model;
	struct err err;

	(void)state;
	memset(name, 'm', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(model_parse(name, &model, &err), ERR_INPUT);
	assert_true(strlen(err.text) < 200);
}

static void null_empty_and_default_inherit(void **state)
{
	(void)state;
	assert_true(model_inherits(NULL));
	assert_true(model_inherits(""));
	assert_true(model_inherits("Default"));
	assert_false(model_inherits("default2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mock_models_and_their_parameters_are_read),
		cmocka_unit_test(other_names_are_refused_by_name),
		cmocka_unit_test(a_name_without_end_is_refused_and_cut),
		cmocka_unit_test(null_empty_and_default_inherit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
