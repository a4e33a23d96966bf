/* test_state.c - the shared state of a run */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/state.h"

#include "run/definition.h"

#include <stdio.h>
#include <string.h>

static void set(struct state *state, const char *key, const char *json)
{
	assert_int_equal(state_set(state, key, json, strlen(json), NULL), 0);
}

static void expect(const struct state *state, const char *want)
{
	struct str out = STR_INIT;

	state_print(state, &out);
	assert_string_equal(str_text(&out), want);
	str_deinit(&out);
}

static void keys_are_printed_in_the_order_of_their_first_writing(void **unused)
{
	struct state state;

	(void)unused;
	state_init(&state, 0);
	expect(&state, "{}");
	set(&state, "b", "1");
	set(&state, "a\"", "[2]");
	set(&state, "b", "{\"x\":3}");
	expect(&state, "{\"b\":{\"x\":3},\"a\\\"\":[2]}");
	state_del(&state, "b");
	state_del(&state, "b");
	expect(&state, "{\"a\\\"\":[2]}");
	assert_null(state_get(&state, "b"));
	assert_string_equal(state_get(&state, "a\"")->json, "[2]");
	state_deinit(&state);
}

static void many_keys_are_found_as_few_are(void **unused)
{
	struct state state;
	char key[16], value[16];
	int i;

	(void)unused;
	state_init(&state, 0);
	for (i = 0; i < 500; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		set(&state, key, "0");
	}
	for (i = 0; i < 500; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)snprintf(value, sizeof(value), "%d", i);
		if (i % 2)
			state_del(&state, key);
		else
			set(&state, key, value);
	}
	for (i = 0; i < 500; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)snprintf(value, sizeof(value), "%d", i);
		if (i % 2)
			assert_null(state_get(&state, key));
		else
			assert_string_equal(state_get(&state, key)->json, value);
	}
	assert_int_equal(state.count, 250);
	for (i = 0; i < 500; i += 2) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		state_del(&state, key);
	}
	assert_int_equal(state.bytes, 0);
	set(&state, "again", "1");
	assert_non_null(state_get(&state, "again"));
	state_deinit(&state);
}

static void a_write_beyond_the_bound_changes_nothing(void **unused)
{
	struct state state;
	struct err err;

	(void)unused;
	state_init(&state, 10);
	set(&state, "key", "1234567");
	assert_int_equal(state.bytes, 10);
	assert_int_equal(state_set(&state, "key", "12345678", 8, &err), ERR_LIMIT);
	assert_non_null(strstr(err.text, "'key'"));
	assert_int_equal(state_set(&state, "k", "", 0, &err), ERR_LIMIT);
	expect(&state, "{\"key\":1234567}");
	set(&state, "key", "1"); /* what a replaced value took counts as free */
	set(&state, "other", "1");
	assert_int_equal(state.bytes, 10);
	state_deinit(&state);
}

static void a_copy_shares_values_and_goes_its_own_way(void **unused)
{
	struct state parent, branch;

	(void)unused;
	state_init(&parent, 0);
	state_init(&branch, 0);
	set(&parent, "a", "1");
	set(&parent, "b", "2");
	state_copy(&branch, &parent);
	assert_ptr_equal(state_get(&parent, "a"), state_get(&branch, "a"));
	set(&branch, "a", "3");
	expect(&parent, "{\"a\":1,\"b\":2}");
	state_deinit(&parent);
	expect(&branch, "{\"a\":3,\"b\":2}");
	state_deinit(&branch);
}

static void append_makes_and_grows_a_list(void **unused)
{
	struct state state;

	(void)unused;
	state_init(&state, 0);
	assert_int_equal(state_append(&state, "l", "1", 1, NULL), 0);
	assert_int_equal(state_append(&state, "l", "\"x\"", 3, NULL), 0);
	set(&state, "s", "5");
	assert_int_equal(state_append(&state, "s", "[]", 2, NULL), 0);
	set(&state, "e", "[]");
	assert_int_equal(state_append(&state, "e", "0", 1, NULL), 0);
	expect(&state, "{\"l\":[1,\"x\"],\"s\":[[]],\"e\":[0]}");
	state_deinit(&state);
}

static struct definition *schema(const char *json)
{
	struct definition *d = NULL;
	struct problems problems;
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"id\":\"o\",\"name\":\"n\",\"state_schema\":%s}", json);
	problem_init(&problems);
	assert_int_equal(definition_parse(text, strlen(text), &d, &problems), 0);
	problem_deinit(&problems);
	return d;
}

static void a_seed_is_defaults_then_message_then_inputs(void **unused)
{
	struct definition *d =
		schema("{\"a\":{\"default\":1},\"user_input\":{\"default\":2},"
		       "\"b\":{\"default\":[\"\\u0000\"]}}");
	static const char inputs[] = "{\"c\":{\"x\":1.0},\"user_query\":\"mine\"}";
	struct state state;

	(void)unused;
	state_init(&state, 0);
	assert_int_equal(
		state_seed(&state, d, "h\"i\0!", 5, inputs, sizeof(inputs) - 1, NULL), 0);
	expect(&state,
	       "{\"a\":1,\"user_input\":\"h\\\"i\xEF\xBF\xBD!\",\"b\":[\"\xEF\xBF\xBD\"],"
	       "\"user_query\":\"mine\",\"c\":{\"x\":1.0}}");
	state_deinit(&state);
	definition_unref(d);
}

static void a_seed_refuses_inputs_that_are_no_object_or_too_large(void **unused)
{
	struct definition *d = schema("{}");
	static const char *const bad[] = { "[]", "{", "{\"\":1}", "7" };
	struct state state;
	struct err err;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		state_init(&state, 0);
		assert_int_equal(
			state_seed(&state, d, "m", 1, bad[i], strlen(bad[i]), &err),
			ERR_INPUT);
		assert_non_null(strstr(err.text, "inputs"));
		state_deinit(&state);
	}
	state_init(&state, 40);
	assert_int_equal(state_seed(&state, d, "m", 1, "{\"k\":\"0123456789012345678\"}",
				    27, &err),
			 ERR_LIMIT);
	state_deinit(&state);
	definition_unref(d);
}

static void a_delta_is_applied_in_order(void **unused)
{
	static const char delta[] =
		"[[\"set\",\"a\",{\"x\":[1, 2]}],[\"append\",\"l\",1],"
		"[\"append\",\"l\",null],[\"set\",\"b\",true],"
		"[\"del\",\"b\"],[\"del\",\"zz\"]]";
	struct state state;

	(void)unused;
	state_init(&state, 0);
	assert_int_equal(state_apply(&state, delta, sizeof(delta) - 1, NULL), 0);
	assert_int_equal(state_apply(&state, "", 0, NULL), 0);
	expect(&state, "{\"a\":{\"x\":[1,2]},\"l\":[1,null]}");
	state_deinit(&state);
}

static void a_broken_delta_is_refused(void **unused)
{
	static const char *const bad[] = {
		"{",
		"{}",
		"[5]",
		"[[]]",
		"[[\"set\",\"a\"]]",
		"[[\"set\",1,2]]",
		"[[\"del\"]]",
		"[[\"del\",\"a\",1]]",
		"[[\"move\",\"a\",1]]",
		"[[\"append\",\"a\"]]",
	};
	struct state state;
	struct err err;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		state_init(&state, 0);
		assert_int_equal(state_apply(&state, bad[i], strlen(bad[i]), &err),
				 ERR_INPUT);
		assert_int_equal(state.count, 0);
		state_deinit(&state);
	}
}

static void an_overlay_is_read_through_and_written_alone(void **unused)
{
	struct state parent, over, above, copy;

	(void)unused;
	state_init(&parent, 0);
	set(&parent, "a", "1");
	set(&parent, "b", "2");
	set(&parent, "c", "3");
	state_init_over(&over, &parent);
	assert_int_equal(over.bytes, parent.bytes);
	set(&over, "b", "22");
	set(&over, "d", "4");
	state_del(&over, "a");
	state_del(&over, "nothing");
	state_init_over(&above, &over);
	state_del(&above, "d");
	set(&above, "a", "111");
	set(&above, "e", "5");
	expect(&parent, "{\"a\":1,\"b\":2,\"c\":3}");
	expect(&over, "{\"b\":22,\"c\":3,\"d\":4}");
	expect(&above, "{\"a\":111,\"b\":22,\"c\":3,\"e\":5}");
	assert_null(state_get(&over, "a"));
	assert_int_equal(state_count(&over), 3);
	assert_int_equal(over.bytes, 3 + 4);
	assert_int_equal(above.bytes, 4 + 7);
	state_init(&copy, 0);
	state_copy(&copy, &above);
	expect(&copy, "{\"a\":111,\"b\":22,\"c\":3,\"e\":5}");
	state_join(&over, &above);
	expect(&over, "{\"a\":111,\"b\":22,\"c\":3,\"e\":5}");
	assert_int_equal(over.bytes, above.bytes);
	state_join(&parent, &over);
	expect(&parent, "{\"a\":111,\"b\":22,\"c\":3,\"e\":5}");
	assert_int_equal(parent.bytes, copy.bytes);
	assert_int_equal(parent.own_bytes, parent.bytes);
	state_deinit(&copy);
	state_deinit(&above);
	state_deinit(&over);
	state_deinit(&parent);
}

static void a_bound_counts_what_an_overlay_shows(void **unused)
{
	const struct state *both[2];
	struct state parent, one, two;

	(void)unused;
	state_init(&parent, 10);
	set(&parent, "a", "1234"); /* 5 bytes */
	state_init_over(&one, &parent);
	state_init_over(&two, &parent);
	assert_int_equal(state_set(&one, "b", "12345", 5, NULL), ERR_LIMIT);
	set(&one, "b", "12");
	set(&two, "c", "12");
	both[0] = &one;
	both[1] = &two;
	assert_true(state_fits(&parent, both, 1));
	assert_false(state_fits(&parent, both, 2));
	state_del(&two, "a");
	assert_true(state_fits(&parent, both, 2));
	state_deinit(&two);
	state_deinit(&one);
	state_deinit(&parent);
}

static void a_list_grows_in_place_while_nobody_shares_it(void **unused)
{
	struct state state, other;
	struct str text = STR_INIT;
	int i;

	(void)unused;
	state_init(&state, 0);
	state_init(&other, 0);
	for (i = 0; i < 100; i++) {
		assert_int_equal(state_append(&state, "l", "[1]", 3, NULL), 0);
		if (i == 50)
			state_copy(&other, &state);
	}
	state_print(&state, &text);
	assert_int_equal(text.len, strlen("{'l':[]}") + 100 * 4 - 1);
	assert_int_equal(state.bytes, 1 + 2 + 100 * 4 - 1);
	assert_int_equal(state.own_bytes, state.bytes);
	str_reset(&text, 0);
	state_print(&other, &text);
	assert_int_equal(text.len, strlen("{'l':[]}") + 51 * 4 - 1);
	str_deinit(&text);
	state_deinit(&other);
	state_deinit(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_printed_in_the_order_of_their_first_writing),
		cmocka_unit_test(many_keys_are_found_as_few_are),
		cmocka_unit_test(a_write_beyond_the_bound_changes_nothing),
		cmocka_unit_test(a_copy_shares_values_and_goes_its_own_way),
		cmocka_unit_test(append_makes_and_grows_a_list),
		cmocka_unit_test(a_seed_is_defaults_then_message_then_inputs),
		cmocka_unit_test(a_seed_refuses_inputs_that_are_no_object_or_too_large),
		cmocka_unit_test(a_delta_is_applied_in_order),
		cmocka_unit_test(a_broken_delta_is_refused),
		cmocka_unit_test(an_overlay_is_read_through_and_written_alone),
		cmocka_unit_test(a_bound_counts_what_an_overlay_shows),
		cmocka_unit_test(a_list_grows_in_place_while_nobody_shares_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
