/* test_ending.c - the last events of a run that ends without being executed */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/ending.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "engine/event.h"

#include <string.h>

static struct json *written(const struct ending *ending, size_t *count)
{
	struct str out = STR_INIT;
	struct json *doc = NULL;

	*count = ending_write(ending, &out);
	assert_int_equal(jsonr_parse(str_text(&out), out.len, &doc, NULL, NULL, NULL), 0);
	assert_int_equal(jsonr_count(doc), *count);
	str_deinit(&out);
	return doc;
}

static void check(const struct json *doc, size_t at, const char *id, const char *type,
		  int64_t seq)
{
	const struct json *event = jsonr_at(jsonr_at(doc, at), 1);

	assert_string_equal(jsonr_text(jsonr_at(jsonr_at(doc, at), 0)), id);
	assert_string_equal(jsonr_get_text(event, "type"), type);
	assert_int_equal(jsonr_get_int(event, "seq", 0), seq);
	assert_int_equal(jsonr_get_int(event, "epoch", -1), 3);
}

static void a_cancel_is_the_three_last_events(void **state)
{
	const struct ending ending = { .run_id = "r",
				       .status = RUN_CANCELLED,
				       .response = "",
				       .at_ms = 5000,
				       .event_max = EVENT_MAX_LEAST,
				       .seq = 7,
				       .epoch = 3,
				       .id_ms = 9000 };
	struct json *doc;
	size_t count;

	(void)state;
	doc = written(&ending, &count);
	assert_int_equal(count, 3);
	check(doc, 0, "9000-0", "orchestration_complete", 8);
	check(doc, 1, "9000-1", "final", 9);
	check(doc, 2, "9000-2", "done", 10);
	assert_string_equal(jsonr_get_text(jsonr_at(jsonr_at(doc, 0), 1), "status"),
			    "cancelled");
	jsonr_free(doc);
}

static void an_error_goes_ahead(void **state)
{
	const struct ending ending = { .run_id = "r",
				       .status = RUN_FAILED,
				       .error = "it \"crashed\"",
				       .response = "it \"crashed\"",
				       .at_ms = 5000,
				       .event_max = EVENT_MAX_LEAST,
				       .epoch = 3,
				       .id_ms = 1 };
	struct json *doc;
	size_t count;

	(void)state;
	doc = written(&ending, &count);
	assert_int_equal(count, 4);
	check(doc, 0, "1-0", "orchestration_error", 1);
	check(doc, 3, "1-3", "done", 4);
	assert_string_equal(jsonr_get_text(jsonr_at(jsonr_at(doc, 2), 1), "response"),
			    "it \"crashed\"");
	jsonr_free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cancel_is_the_three_last_events),
		cmocka_unit_test(an_error_goes_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
