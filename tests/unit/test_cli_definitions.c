/* test_cli_definitions.c - what a file of definitions holds */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli_definitions.h"
#include "engine/step_types.h"

#include <string.h>

#define END  "{\"id\":\"e\",\"name\":\"E\",\"type\":\"end\"}"
#define GOOD "{\"id\":\"a\",\"name\":\"A\",\"entry_step_id\":\"e\",\"steps\":[" END "]}"
#define LATER                                                                            \
	"{\"id\":\"b\",\"name\":\"B\",\"entry_step_id\":\"x\",\"steps\":["               \
	"{\"id\":\"x\",\"name\":\"X\",\"type\":\"no_such_type\"}]}"

static struct cli_definitions read_good(const char *text)
{
	struct cli_definitions all;
	struct err err;

	if (cli_definitions_read(text, strlen(text), step_types_rules(), &all, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return all;
}

static void a_single_definition_is_read(void **state)
{
	struct cli_definitions all = read_good(GOOD);

	(void)state;
	assert_int_equal(all.shape, CLI_DEFINITIONS_ONE);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.items[0].kind, STORE_ORCHESTRATION);
	assert_string_equal(all.items[0].id, "a");
	assert_string_equal(all.items[0].name, "A");
	assert_string_equal(all.items[0].description, "");
	assert_string_equal(all.items[0].json, GOOD);
	assert_false(all.items[0].broken);
	assert_int_equal(all.items[0].problems.count, 0);
	cli_definitions_deinit(&all);
}

static void a_list_is_read_item_by_item(void **state)
{
	struct cli_definitions all = read_good("[" GOOD "," LATER ",7,{\"id\":3}]");

	(void)state;
	assert_int_equal(all.shape, CLI_DEFINITIONS_LIST);
	assert_int_equal(all.count, 4);
	assert_false(all.items[0].broken);
	/* it can be stored and not be run */
	assert_false(all.items[1].broken);
	assert_true(all.items[1].problems.count > 0);
	assert_string_equal(all.items[1].where, "/1");
	assert_true(all.items[2].broken);
	assert_true(all.items[2].problems.count > 0);
	assert_true(all.items[3].broken);
	cli_definitions_deinit(&all);
	all = read_good("[]");
	assert_int_equal(all.count, 0);
	cli_definitions_deinit(&all);
}

static void a_bundle_has_orchestrations_and_agents(void **state)
{
	struct cli_definitions all = read_good(
		"{\"synapse_export\":true,\"orchestrations\":[" GOOD "],\"agents\":["
		"{\"id\":\"h\",\"name\":\"H\",\"tools\":[]},{\"id\":\"\",\"name\":\"x\"},"
		"{\"id\":\"y\"},8,{\"id\":\"nul\\u0000\",\"name\":\"n\"}],"
		"\"custom_tools\":[1,2],\"mcp_servers\":[3]}");

	(void)state;
	assert_int_equal(all.shape, CLI_DEFINITIONS_BUNDLE);
	assert_int_equal(all.count, 6);
	assert_int_equal(all.left_out, 3);
	assert_int_equal(all.items[1].kind, STORE_AGENT);
	assert_string_equal(all.items[1].id, "h");
	assert_string_equal(all.items[1].json,
			    "{\"id\":\"h\",\"name\":\"H\",\"tools\":[]}");
	assert_false(all.items[1].broken);
	assert_true(all.items[2].broken);
	assert_true(all.items[3].broken);
	assert_true(all.items[4].broken);
	assert_true(all.items[5].broken);
	assert_string_equal(all.items[5].where, "/agents/4");
	cli_definitions_deinit(&all);
	/* what is absent or null is empty */
	all = read_good("{\"synapse_export\":true,\"agents\":null}");
	assert_int_equal(all.count, 0);
	cli_definitions_deinit(&all);
	/* false: an orchestration that happens to have the field */
	all = read_good("{\"synapse_export\":false,\"id\":\"a\",\"name\":\"A\"}");
	assert_int_equal(all.shape, CLI_DEFINITIONS_ONE);
	cli_definitions_deinit(&all);
}

static void what_is_none_of_the_three_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"7",
		"null",
		"\"x\"",
		"true",
		"1.5",
		"{\"synapse_export\":true,\"orchestrations\":{}}",
		"{\"synapse_export\":true,\"agents\":\"x\"}",
		"{\"synapse_export\":true,\"custom_tools\":1}",
		"{\"synapse_export\":true,\"mcp_servers\":true}",
		"{\"id\":1,\"id\":2}",
	};
	struct cli_definitions all;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(cli_definitions_read(texts[i], strlen(texts[i]),
						      step_types_rules(), &all, &err),
				 ERR_INPUT);
		assert_true(err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_definition_is_read),
		cmocka_unit_test(a_list_is_read_item_by_item),
		cmocka_unit_test(a_bundle_has_orchestrations_and_agents),
		cmocka_unit_test(what_is_none_of_the_three_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
