/* test_defs_file.c - what a file of definitions holds */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "defs/defs_file.h"
#include "engine/step_types.h"

#include <string.h>

#define END  "{\"id\":\"e\",\"name\":\"E\",\"type\":\"end\"}"
#define GOOD "{\"id\":\"a\",\"name\":\"A\",\"entry_step_id\":\"e\",\"steps\":[" END "]}"
#define LATER                                                                            \
	"{\"id\":\"b\",\"name\":\"B\",\"entry_step_id\":\"x\",\"steps\":["               \
	"{\"id\":\"x\",\"name\":\"X\",\"type\":\"no_such_type\"}]}"

static struct defs_file read_good(const char *text)
{
	struct defs_file all;
	struct err err;

	if (defs_file_read(text, strlen(text), STORE_ORCHESTRATION, step_types_rules(),
			   &all, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return all;
}

static void a_single_definition_is_read(void **state)
{
	struct defs_file all = read_good(GOOD);

	(void)state;
	assert_int_equal(all.shape, DEFS_FILE_ONE);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.items[0].kind, STORE_ORCHESTRATION);
	assert_string_equal(all.items[0].id, "a");
	assert_string_equal(all.items[0].name, "A");
	assert_string_equal(all.items[0].description, "");
	assert_string_equal(all.items[0].json, GOOD);
	assert_false(all.items[0].broken);
	assert_int_equal(all.items[0].problems.count, 0);
	defs_file_deinit(&all);
}

static void a_list_is_read_item_by_item(void **state)
{
	struct defs_file all = read_good("[" GOOD "," LATER ",7,{\"id\":3}]");

	(void)state;
	assert_int_equal(all.shape, DEFS_FILE_LIST);
	assert_int_equal(all.count, 4);
	assert_false(all.items[0].broken);
	/* it can be stored and not be run */
	assert_false(all.items[1].broken);
	assert_true(all.items[1].problems.count > 0);
	assert_string_equal(all.items[1].where, "/1");
	assert_true(all.items[2].broken);
	assert_true(all.items[2].problems.count > 0);
	assert_true(all.items[3].broken);
	defs_file_deinit(&all);
	all = read_good("[]");
	assert_int_equal(all.count, 0);
	defs_file_deinit(&all);
}

static void a_bundle_has_four_kinds(void **state)
{
	struct defs_file all = read_good(
		"{\"synapse_export\":true,\"orchestrations\":[" GOOD "],\"agents\":["
		"{\"id\":\"h\",\"name\":\"H\",\"tools\":[]},{\"id\":\"\",\"name\":\"x\"},"
		"{\"id\":\"y\"},8,{\"id\":\"nul\\u0000\",\"name\":\"n\"}],"
		"\"custom_tools\":[1,{\"name\":\"t\",\"generalName\":\"T\","
		"\"url\":\"http://x\",\"headers\":{\"A\":1}}],"
		"\"mcp_servers\":[{\"name\":\"m\",\"server_type\":\"remote\"}]}");

	(void)state;
	assert_int_equal(all.shape, DEFS_FILE_BUNDLE);
	assert_int_equal(all.count, 9);
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
	assert_true(all.items[6].broken);
	assert_int_equal(all.items[7].kind, STORE_TOOL);
	assert_string_equal(all.items[7].id, "t");
	assert_string_equal(all.items[7].name, "T");
	assert_false(all.items[7].broken);
	assert_string_equal(all.items[7].problems.kept[0].where, "/headers/A");
	assert_int_equal(all.items[8].kind, STORE_MCP_SERVER);
	assert_false(all.items[8].broken);
	assert_string_equal(all.items[8].problems.kept[0].where, "/url");
	defs_file_deinit(&all);
	/* what is absent or null is empty */
	all = read_good("{\"synapse_export\":true,\"agents\":null}");
	assert_int_equal(all.count, 0);
	defs_file_deinit(&all);
	/* false: an orchestration that happens to have the field */
	all = read_good("{\"synapse_export\":false,\"id\":\"a\",\"name\":\"A\"}");
	assert_int_equal(all.shape, DEFS_FILE_ONE);
	defs_file_deinit(&all);
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
	struct defs_file all;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(defs_file_read(texts[i], strlen(texts[i]),
						STORE_ORCHESTRATION, step_types_rules(),
						&all, &err),
				 ERR_INPUT);
		assert_true(err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_definition_is_read),
		cmocka_unit_test(a_list_is_read_item_by_item),
		cmocka_unit_test(a_bundle_has_four_kinds),
		cmocka_unit_test(what_is_none_of_the_three_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
