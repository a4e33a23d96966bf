/* test_v1_view.c - events as the answer to the request that asked for them */
#include "events/v1_view.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RUN  "run_1"
#define TURN "chat:s%20a:3"

static void check(enum v1_view view, bool first, const char *event, const char *seen,
		  bool last)
{
	const char *run_id = view == V1_VIEW_CHAT ? TURN : RUN;
	struct str out = STR_INIT;

	assert_int_equal(v1_view_add(&out, view, run_id, first, event, strlen(event)),
			 last);
	assert_string_equal(str_text(&out), seen);
	str_deinit(&out);
}

static void as_it_is(enum v1_view view, const char *event, bool last)
{
	check(view, false, event, event, last);
}

static void events_of_a_run_are_as_they_are(void **state)
{
	(void)state;
	as_it_is(V1_VIEW_RUN, "{\"type\":\"step_start\",\"seq\":3}", false);
	as_it_is(V1_VIEW_RUN, "{\"type\":\"final\",\"response\":\"r\",\"seq\":3}", false);
	as_it_is(V1_VIEW_RUN, "{\"type\":\"human_input_required\",\"seq\":3}", false);
	as_it_is(V1_VIEW_RUN, "{\"type\":\"x\",\"n\":NaN}", false);
	as_it_is(V1_VIEW_RUN, "{\"no\":\"type\"}", false);
	as_it_is(V1_VIEW_RUN, "{\"type\":\"done\",\"seq\":9}", true);
}

static void a_pause_is_the_end_unless_it_is_that_of_before(void **state)
{
	const char *paused = "{\"type\":\"paused\",\"seq\":4}";

	(void)state;
	check(V1_VIEW_RUN, false, paused, "{\"type\":\"done\"}", true);
	check(V1_VIEW_CHAT, false, paused, "{\"type\":\"done\"}", true);
	check(V1_VIEW_RUN, true, paused, "", false);
	check(V1_VIEW_RUN, true, "{\"type\":\"human_input_required\",\"seq\":1}", "",
	      false);
}

static void a_conversation_s_answer_is_a_response(void **state)
{
	(void)state;
	check(V1_VIEW_CHAT, false,
	      "{\"type\":\"final\",\"response\":\"r\\n\",\"intent\":\"chat\",\"seq\":3}",
	      "{\"type\":\"response\",\"content\":\"r\\n\",\"intent\":\"chat\","
	      "\"session_id\":\"s a\"}",
	      false);
	check(V1_VIEW_CHAT, true, "{\"type\":\"final\",\"response\":null}",
	      "{\"type\":\"response\",\"content\":null,\"intent\":\"chat\","
	      "\"session_id\":\"s a\"}",
	      false);
}

static void finals_inside_are_no_answer(void **state)
{
	(void)state;
	as_it_is(V1_VIEW_CHAT, "{\"type\":\"final\",\"orch_step_id\":\"s\"}", false);
	as_it_is(V1_VIEW_CHAT, "{\"type\":\"final\",\"nested_run_id\":\"r\"}", false);
}

static void an_error_says_nothing_of_what_is_inside(void **state)
{
	const char *seen =
		"{\"type\":\"error\",\"message\":\"the agent gave no answer\"}";

	(void)state;
	check(V1_VIEW_CHAT, false, "{\"type\":\"error\",\"error\":\"secret\"}", seen,
	      false);
	check(V1_VIEW_CHAT, false, "{\"type\":\"orchestration_error\",\"error\":\"x\"}",
	      seen, false);
	as_it_is(V1_VIEW_RUN, "{\"type\":\"orchestration_error\",\"error\":\"x\"}",
		 false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_a_run_are_as_they_are),
		cmocka_unit_test(a_pause_is_the_end_unless_it_is_that_of_before),
		cmocka_unit_test(a_conversation_s_answer_is_a_response),
		cmocka_unit_test(finals_inside_are_no_answer),
		cmocka_unit_test(an_error_says_nothing_of_what_is_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
