/* test_row.c - journal rows and ends of runs as the engine hands them out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/row.h"

#include <string.h>

static void add(struct engine_row *row, const char *open)
{
	str_add_text(&row->texts, open);
	row_add_event(row);
}

static void events_are_numbered_when_the_row_is_sealed(void **state)
{
	struct engine_row *row = row_new(ROW_STEP, "p#0/s", "s", 2);
	size_t len;
	const char *text;

	(void)state;
	add(row, "{\"a\":1");
	add(row, "{\"b\":22");
	row_seal(row, 41, 3);
	assert_int_equal(row->first_seq, 41);
	text = row_event_text(row, 1, &len);
	assert_int_equal(len, strlen("{\"b\":22,\"seq\":42,\"epoch\":3}"));
	assert_memory_equal(text, "{\"b\":22,\"seq\":42,\"epoch\":3}", len);
	text = row_event_text(row, 0, &len);
	assert_memory_equal(text, "{\"a\":1,\"seq\":41,\"epoch\":3}", len);
	assert_string_equal(row->path, "p#0/s");
	assert_string_equal(row->step_id, "s");
	assert_int_equal(row->execution, 2);
	row_free(row);
}

static void any_number_of_events_fits(void **state)
{
	struct engine_row *row = row_new(ROW_STEP, "", "", 0);
	size_t len;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		add(row, i % 2 ? "{\"odd\":1" : "{\"even\":1");
	row_seal(row, 1, 1);
	assert_int_equal(row->events_count, 1000);
	assert_memory_equal(row_event_text(row, 999, &len), "{\"odd\":1,\"seq\":1000,",
			    20);
	assert_memory_equal(row_event_text(row, 0, &len), "{\"even\":1,\"seq\":1,", 18);
	row_free(row);
	row_free(NULL);
}

static void a_row_without_events_seals_as_well(void **state)
{
	struct engine_row *row = row_new(ROW_TURN, "", "", 0);

	(void)state;
	row_seal(row, 5, 1);
	assert_int_equal(row->events_count, 0);
	assert_string_equal(str_text(&row->delta), "");
	row_free(row);
}

static void a_delta_is_a_list_of_acts(void **state)
{
	struct engine_row *row = row_new(ROW_STEP, "s", "s", 1);

	(void)state;
	row_add_set(row, "k\"1", "[1]", 3);
	row_add_set(row, "k2", "null", 4);
	row_add_del(row, "k3");
	row_seal(row, 1, 1);
	assert_string_equal(
		str_text(&row->delta),
		"[[\"set\",\"k\\\"1\",[1]],[\"set\",\"k2\",null],[\"del\",\"k3\"]]");
	row_free(row);
}

static void names_are_those_of_the_columns(void **state)
{
	(void)state;
	assert_string_equal(row_kind_name(ROW_START), "start");
	assert_string_equal(row_kind_name(ROW_SNAPSHOT), "snapshot");
	assert_string_equal(row_status_name(RUN_RUNNING), "running");
	assert_string_equal(row_status_name(RUN_COMPLETED), "completed");
	assert_string_equal(row_status_name(RUN_FAILED), "failed");
	assert_string_equal(row_status_name(RUN_CANCELLED), "cancelled");
}

static void a_final_owns_its_row_unless_it_was_taken(void **state)
{
	struct engine_final *final = row_final_new();
	struct engine_row *row;

	(void)state;
	final->row = row_new(ROW_STEP, "", "", 0);
	str_add_text(&final->response, "r");
	row_final_free(final);
	final = row_final_new();
	final->row = row = row_new(ROW_STEP, "", "", 0);
	final->row = NULL;
	row_final_free(final);
	row_free(row);
	row_final_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_numbered_when_the_row_is_sealed),
		cmocka_unit_test(any_number_of_events_fits),
		cmocka_unit_test(a_row_without_events_seals_as_well),
		cmocka_unit_test(a_delta_is_a_list_of_acts),
		cmocka_unit_test(names_are_those_of_the_columns),
		cmocka_unit_test(a_final_owns_its_row_unless_it_was_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
