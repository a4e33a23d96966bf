/* test_tool_output.c - what of a tool's answer its definition lets through */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/tool_output.h"

#include "base/str.h"

#include <string.h>

static void members_that_the_schema_names_are_let_through(void **state)
{
	static const struct {
		const char *definition, *answer;
		const char *want; /* NULL: as it is */
	} cases[] = {
		{ "{\"outputSchema\":{\"properties\":{\"b\":{},\"a\":{}}}}",
		  "{\"a\":[1],\"c\":2,\"b\":null}", "{\"a\":[1],\"b\":null}" },
		{ "{\"outputSchema\":{\"properties\":{\"z\":{}}}}", "{\"a\":1}", "{}" },
		{ "{\"outputSchema\":{\"properties\":{\"z\":{}}}}", "[1]", NULL },
		{ "{\"outputSchema\":{\"properties\":{\"z\":{}}}}", "plain", NULL },
		{ "{\"outputSchema\":{\"properties\":{}}}", "{\"a\":1}", NULL },
		{ "{\"outputSchema\":{\"properties\":[\"a\"]}}", "{\"a\":1}", NULL },
		{ "{\"outputSchema\":7}", "{\"a\":1}", NULL },
		{ "{}", "{\"a\":1}", NULL },
		{ "no", "{\"a\":1}", NULL },
	};
	struct str out = STR_INIT;
	bool filtered;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		str_reset(&out, 0);
		filtered = tool_output_filter(&out, cases[i].definition,
					      strlen(cases[i].definition),
					      cases[i].answer, strlen(cases[i].answer));
		assert_int_equal(filtered, cases[i].want != NULL);
		assert_string_equal(str_text(&out), cases[i].want ? cases[i].want : "");
	}
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_that_the_schema_names_are_let_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
