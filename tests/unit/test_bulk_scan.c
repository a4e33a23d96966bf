/* test_bulk_scan.c - cutting a bulk body into its items */
#include "api/bulk_scan.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* All pieces, "item;" or "(other);", then how it ended. */
static void scans_as(const char *text, const char *want)
{
	struct bulk_scan scan;
	struct str out = STR_INIT;
	enum bulk_scan_step step;
	size_t start = 0;
	size_t end = 0;

	bulk_scan_init(&scan, text, strlen(text));
	while ((step = bulk_scan_next(&scan, &start, &end)) <= BULK_SCAN_OTHER) {
		str_add_text(&out, step == BULK_SCAN_OTHER ? "(" : "");
		str_add(&out, text + start, end - start);
		str_add_text(&out, step == BULK_SCAN_OTHER ? ");" : ";");
	}
	switch (step) {
	case BULK_SCAN_END:
		str_add_text(&out, bulk_scan_seen(&scan) ? "end" : "missing");
		break;
	case BULK_SCAN_BAD:
		assert_non_null(bulk_scan_why(&scan));
		str_printf(&out, "bad %zu", start);
		break;
	case BULK_SCAN_DUPLICATE:
		str_printf(&out, "twice %zu", start);
		break;
	case BULK_SCAN_TYPE:
		str_printf(&out, "type %zu", start);
		break;
	case BULK_SCAN_ITEM:
	case BULK_SCAN_OTHER:
		break;
	}
	assert_string_equal(str_text(&out), want);
	str_deinit(&out);
}

static void items_come_one_by_one(void **state)
{
	(void)state;
	scans_as("{\"runs\":[]}", "end");
	scans_as(" { \"runs\" : [ ] } ", "end");
	scans_as("{\"runs\":[{}]}", "{};end");
	scans_as("{\"runs\":[{\"a\":[1,{}]}, {} ,{\"b\":\"]}\\\"\"}]}\n",
		 "{\"a\":[1,{}]};{};{\"b\":\"]}\\\"\"};end");
	scans_as("{\"runs\":[1,\"x\",null, true ]}", "1;\"x\";null;true;end");
}

static void other_members_are_handed_out(void **state)
{
	(void)state;
	scans_as("{}", "missing");
	scans_as("{\"a\":1}", "(\"a\":1);missing");
	scans_as("{\"a\":{\"runs\":[1]},\"runs\":[2],\"b\":[3]}",
		 "(\"a\":{\"runs\":[1]});2;(\"b\":[3]);end");
	scans_as("{\"a\\\"b\" : \"x,y\" , \"runs\":[]}", "(\"a\\\"b\" : \"x,y\");end");
}

static void a_broken_outline_is_said_with_its_byte(void **state)
{
	(void)state;
	scans_as("{", "bad 1");
	scans_as("{\"runs\"", "bad 7");
	scans_as("{\"runs\":[", "bad 9");
	scans_as("{\"runs\":[1", "1;bad 10");
	scans_as("{\"runs\":[1,", "1;bad 11");
	scans_as("{\"runs\":[1,]}", "1;bad 11");
	scans_as("{\"runs\":[,1]}", "bad 9");
	scans_as("{\"runs\":[1 2]}", "1;bad 11");
	scans_as("{\"runs\":[{]}", "{];bad 11");
	scans_as("{\"runs\":[1]", "1;bad 11");
	scans_as("{\"runs\":[1]}x", "1;bad 12");
	scans_as("{\"runs\":[1],}", "1;bad 12");
	scans_as("{,}", "bad 1");
	scans_as("{a:1}", "bad 1");
	scans_as("{\"a\"}", "bad 4");
	scans_as("{\"a\":}", "bad 5");
	scans_as("{\"a", "bad 3");
	scans_as("{\"runs\":[\"a", "bad 11");
	scans_as("{\"runs\":[\"a\\", "bad 12");
}

static void what_is_no_list_of_runs_is_said(void **state)
{
	(void)state;
	scans_as("", "type 0");
	scans_as("  ", "type 2");
	scans_as("[]", "type 0");
	scans_as("{\"runs\":{}}", "type 8");
	scans_as("{\"runs\":null}", "type 8");
	scans_as("{\"runs\":[1],\"runs\":[2]}", "1;twice 12");
}

static void a_zero_byte_ends_nothing(void **state)
{
	static const char text[] = "{\"runs\":[1]}\0";
	struct bulk_scan scan;
	size_t start, end;

	(void)state;
	bulk_scan_init(&scan, text, sizeof(text) - 1);
	assert_int_equal(bulk_scan_next(&scan, &start, &end), BULK_SCAN_ITEM);
	assert_int_equal(bulk_scan_next(&scan, &start, &end), BULK_SCAN_BAD);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_one_by_one),
		cmocka_unit_test(other_members_are_handed_out),
		cmocka_unit_test(a_broken_outline_is_said_with_its_byte),
		cmocka_unit_test(what_is_no_list_of_runs_is_said),
		cmocka_unit_test(a_zero_byte_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
