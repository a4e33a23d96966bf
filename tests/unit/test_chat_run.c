/* test_chat_run.c - ids of turns, their streams, their stamps, and what they execute */
#include "run/chat_run.h"

#include "base/err.h"
#include "base/str.h"
#include "run/chat_definition.h"
#include "run/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_turns_id_says_session_and_turn(void **state)
{
	struct str id = STR_INIT, session = STR_INIT;

	(void)state;
	assert_true(chat_run_id(&id, "a/b:%", 12));
	assert_string_equal(str_text(&id), "chat:a%2Fb%3A%25:12");
	assert_int_equal(chat_run_turn(str_text(&id)), 12);
	assert_true(chat_run_session(&session, str_text(&id)));
	assert_string_equal(str_text(&session), "a/b:%");
	str_deinit(&session);
	str_deinit(&id);
}

static void other_ids_are_no_turns(void **state)
{
	static const char *const ids[] = {
		"",         "run_1",     "chat:",
		"chat:s",   "chat::1",   "chat:s:",
		"chat:s:x", "chat:s:1x", "chat:s:1111111111111111111"
	};
	struct str out = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		assert_int_equal(chat_run_turn(ids[i]), 0);
		assert_false(chat_run_session(&out, ids[i]));
	}
	assert_int_equal(out.len, 0);
	str_deinit(&out);
}

static void a_session_that_does_not_fit_has_no_runs(void **state)
{
	char text[CHAT_RUN_SESSION_MAX + 2];
	struct str out = STR_INIT;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[CHAT_RUN_SESSION_MAX + 1] = '\0';
	assert_false(chat_run_prefix(&out, text));
	assert_false(chat_run_prefix(&out, ""));
	text[CHAT_RUN_SESSION_MAX] = '\0';
	assert_true(chat_run_prefix(&out, text));
	text[CHAT_RUN_SESSION_MAX / 3] = '\0';
	memset(text, ' ', strlen(text)); /* three bytes each */
	assert_true(chat_run_prefix(&out, text));
	str_deinit(&out);
}

static void turns_of_a_session_share_a_stream(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	chat_run_stream(&out, "chat:a%20b:7");
	assert_string_equal(str_text(&out), "synapse:chat:a b:events");
	str_reset(&out, 64);
	chat_run_stream(&out, "run_1");
	assert_string_equal(str_text(&out), "synapse:run:run_1:events");
	str_deinit(&out);
}

static void an_event_is_stamped_in_front_of_its_numbers(void **state)
{
	static const char event[] = "{\"a\":\",\\\"seq\\\":1\",\"seq\":2,\"epoch\":1}";
	struct str out = STR_INIT;

	(void)state;
	chat_run_stamp(&out, 3, event, strlen(event));
	assert_string_equal(
		str_text(&out),
		"{\"a\":\",\\\"seq\\\":1\",\"turn\":3,\"seq\":2,\"epoch\":1}");
	str_reset(&out, 64);
	chat_run_stamp(&out, 0, event, strlen(event));
	assert_string_equal(str_text(&out), event);
	str_reset(&out, 64);
	chat_run_stamp(&out, 3, "{}", 2); /* none of ours */
	assert_string_equal(str_text(&out), "{}");
	str_deinit(&out);
}

static void a_chat_executes_one_step_that_is_the_agent(void **state)
{
	static const char agent[] = "{\"name\":\"A\",\"max_turns\":4}";
	struct definition *definition;
	struct problems problems;
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(chat_definition_write(&out, "x", agent, strlen(agent), &err), 0);
	problem_init(&problems);
	assert_int_equal(
		definition_parse(str_text(&out), out.len, &definition, &problems), 0);
	assert_string_equal(chat_run_agent(definition->id), "x");
	assert_int_equal(definition->steps_count, 1);
	assert_int_equal(definition->steps[0].type, STEP_AGENT);
	assert_string_equal(definition->steps[0].agent_id, "x");
	assert_int_equal(definition->steps[0].max_turns, 4);
	definition_unref(definition);
	problem_deinit(&problems);
	str_deinit(&out);
	assert_int_equal(chat_definition_write(&out, "x", "[]", 2, &err), ERR_INPUT);
	assert_null(chat_run_agent("work"));
}

static void an_orchestrator_names_what_it_runs(void **state)
{
	static const char one[] =
		"{\"type\":\"orchestrator\",\"orchestration_id\":\"w\"}";
	static const char none[] = "{\"type\":\"orchestrator\"}";
	static const char other[] = "{\"type\":\"code\",\"orchestration_id\":\"w\"}";
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	assert_int_equal(chat_definition_orchestration(&out, one, strlen(one), &err), 0);
	assert_string_equal(str_text(&out), "w");
	str_reset(&out, 64);
	assert_int_equal(chat_definition_orchestration(&out, none, strlen(none), &err),
			 ERR_INPUT);
	assert_int_equal(chat_definition_orchestration(&out, other, strlen(other), &err),
			 0);
	assert_int_equal(out.len, 0);
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turns_id_says_session_and_turn),
		cmocka_unit_test(other_ids_are_no_turns),
		cmocka_unit_test(a_session_that_does_not_fit_has_no_runs),
		cmocka_unit_test(turns_of_a_session_share_a_stream),
		cmocka_unit_test(an_event_is_stamped_in_front_of_its_numbers),
		cmocka_unit_test(a_chat_executes_one_step_that_is_the_agent),
		cmocka_unit_test(an_orchestrator_names_what_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
