/* test_chat_view.c - events of a chat with an agent, as its clients get them */
#include "events/chat_view.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define END ",\"ts\":1,\"turn\":2,\"seq\":3,\"epoch\":1}"

static void check(const char *event, const char *seen)
{
	struct str out = STR_INIT;

	assert_int_equal(chat_view(&out, event, strlen(event)), seen != NULL);
	assert_string_equal(str_text(&out), seen ? seen : "");
	str_deinit(&out);
}

static void what_is_about_the_run_is_left_out(void **state)
{
	(void)state;
	check("{\"type\":\"worker_picked_up\",\"worker_id\":\"w\"" END, NULL);
	check("{\"type\":\"step_start\",\"orch_step_id\":\"agent\"" END, NULL);
	check("{\"type\":\"orchestration_complete\",\"status\":\"completed\"" END, NULL);
	check("{\"type\":\"final\",\"response\":\"r\",\"intent\":\"orchestration\","
	      "\"data\":{\"status\":\"completed\"}" END,
	      NULL);
	check("{\"type\":\"step_error\",\"error\":\"e\",\"retry_in_ms\":5" END, NULL);
}

static void what_an_agent_does_has_no_fields_of_steps(void **state)
{
	(void)state;
	check("{\"type\":\"tool_result\",\"orch_step_id\":\"a\",\"step_name\":\"A\","
	      "\"tool_name\":\"t\",\"preview\":\"\\u00e9\"" END,
	      "{\"type\":\"tool_result\",\"tool_name\":\"t\",\"preview\":\"\303\251\"" END);
	check("{\"type\":\"done\"" END, "{\"type\":\"done\"" END);
}

static void the_answer_has_what_stock_clients_expect(void **state)
{
	(void)state;
	check("{\"type\":\"final\",\"orch_step_id\":\"a\",\"response\":\"r\"" END,
	      "{\"type\":\"final\",\"response\":\"r\",\"intent\":\"chat\",\"data\":null,"
	      "\"tool_name\":null" END);
}

static void what_went_wrong_is_an_error(void **state)
{
	(void)state;
	check("{\"type\":\"step_error\",\"orch_step_id\":\"a\",\"error\":\"e\","
	      "\"error_class\":\"limit\"" END,
	      "{\"type\":\"error\",\"message\":\"e\",\"error\":\"e\",\"error_class\":\"limit\"" END);
	check("{\"type\":\"orchestration_error\",\"error\":\"e\"" END,
	      "{\"type\":\"error\",\"message\":\"e\",\"error\":\"e\"" END);
	check("{\"type\":\"final\",\"response\":\"r\",\"intent\":\"orchestration\","
	      "\"data\":{\"status\":\"cancelled\"}" END,
	      "{\"type\":\"error\",\"message\":\"Cancelled\",\"error\":\"Cancelled\"" END);
}

static void what_is_not_ours_is_handed_on(void **state)
{
	(void)state;
	check("NaN", "NaN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_about_the_run_is_left_out),
		cmocka_unit_test(what_an_agent_does_has_no_fields_of_steps),
		cmocka_unit_test(the_answer_has_what_stock_clients_expect),
		cmocka_unit_test(what_went_wrong_is_an_error),
		cmocka_unit_test(what_is_not_ours_is_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
