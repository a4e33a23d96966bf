/* test_defs_secrets.c - what of a tool and a server is not copied */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jsonr.h"
#include "base/str.h"
#include "defs/defs_secrets.h"

#include <string.h>

static struct str names;

static void on_hidden(void *arg, const char *name)
{
	(void)arg;
	str_printf(&names, "%s ", name);
}

static void hidden(enum store_definition_kind kind, const char *text, bool blank,
		   const char *shown, const char *named)
{
	struct str out = STR_INIT;
	struct json *doc = NULL;
	struct err err;

	assert_int_equal(jsonr_parse(text, strlen(text), &doc, NULL, NULL, &err), 0);
	str_reset(&names, 1000);
	defs_secrets_hide(kind, doc, blank, &out, on_hidden, NULL);
	assert_string_equal(str_text(&out), shown);
	assert_string_equal(str_text(&names), named);
	jsonr_free(doc);
	str_deinit(&out);
}

static void headers_are_hidden_but_for_those_that_say_what_a_request_is(void **state)
{
	(void)state;
	hidden(STORE_TOOL,
	       "{\"name\":\"t\",\"headers\":{\"Authorization\":\"Bearer s\","
	       "\"Content-Type\":\"a/b\",\"X-Key\":\"\"}}",
	       false,
	       "{\"name\":\"t\",\"headers\":{\"Authorization\":\"xxxxxxxxx\","
	       "\"Content-Type\":\"a/b\",\"X-Key\":\"xxxxxxxxx\"}}",
	       "headers/Authorization ");
}

static void environment_and_token_of_a_server_are_hidden(void **state)
{
	(void)state;
	hidden(STORE_MCP_SERVER, "{\"name\":\"m\",\"env\":{\"K\":\"v\"},\"token\":\"t\"}",
	       true, "{\"name\":\"m\",\"env\":{\"K\":\"\"},\"token\":\"xxxxxxxxx\"}",
	       "env/K token ");
	hidden(STORE_MCP_SERVER, "{\"name\":\"m\",\"env\":null,\"token\":\"\"}", false,
	       "{\"name\":\"m\",\"env\":null,\"token\":\"\"}", "");
}

static void other_kinds_have_no_secrets(void **state)
{
	(void)state;
	hidden(STORE_AGENT, "{\"id\":\"a\",\"token\":\"t\"}", false,
	       "{\"id\":\"a\",\"token\":\"t\"}", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			headers_are_hidden_but_for_those_that_say_what_a_request_is),
		cmocka_unit_test(environment_and_token_of_a_server_are_hidden),
		cmocka_unit_test(other_kinds_have_no_secrets),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	str_deinit(&names);
	return rc;
}
