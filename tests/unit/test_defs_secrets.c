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

static bool astray(enum store_definition_kind kind, const char *text, const char *before)
{
	struct json *doc = NULL, *old = NULL;
	struct err err;
	bool is;

	assert_int_equal(jsonr_parse(text, strlen(text), &doc, NULL, NULL, &err), 0);
	assert_int_equal(jsonr_parse(before, strlen(before), &old, NULL, NULL, &err), 0);
	is = defs_secrets_astray(kind, doc, old);
	jsonr_free(doc);
	jsonr_free(old);
	return is;
}

static void what_is_masked_goes_to_no_other_server(void **state)
{
	static const char old[] =
		"{\"url\":\"https://a.b/x\",\"token\":\"t\",\"headers\":"
		"{\"K\":\"s\",\"Empty\":\"\",\"Accept\":\"a\"}}";
	static const char *const same[] = {
		"{\"url\":\"https://a.b/y?z\",\"headers\":{\"K\":\"xxxxxxxxx\"}}",
		"{\"url\":\"HTTPS://A.B\",\"headers\":{\"K\":\"\"},\"token\":\"xxxxxxxxx\"}",
		"{\"url\":\"https://c.d/\",\"headers\":{\"K\":\"new\"},\"token\":\"\"}",
		"{\"url\":\"https://c.d/\",\"headers\":{\"Empty\":\"xxxxxxxxx\","
		"\"Accept\":\"\",\"New\":\"xxxxxxxxx\"}}",
		"{\"headers\":{\"K\":\"xxxxxxxxx\"}}",
	};
	static const char *const others[] = {
		"{\"url\":\"https://c.d/x\",\"headers\":{\"K\":\"xxxxxxxxx\"}}",
		"{\"url\":\"https://c.d/x\",\"headers\":{\"K\":\"\"}}",
		"{\"url\":\"https://c.d/x\",\"token\":\"xxxxxxxxx\"}",
		"{\"url\":\"http://a.b/x\",\"token\":\"xxxxxxxxx\"}",
		"{\"url\":\"https://a.b:81/x\",\"token\":\"xxxxxxxxx\"}",
		"{\"url\":\"https://a.b@c.d/x\",\"token\":\"xxxxxxxxx\"}",
		"{\"url\":\"https://a.bc/x\",\"token\":\"xxxxxxxxx\"}",
		"{\"url\":\"c.d/x\",\"token\":\"xxxxxxxxx\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_false(astray(STORE_TOOL, same[i], old));
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(astray(STORE_MCP_SERVER, others[i], old));
	assert_false(astray(STORE_AGENT, others[0], old));
	assert_true(astray(STORE_TOOL, others[0], "{\"headers\":{\"K\":\"s\"}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			headers_are_hidden_but_for_those_that_say_what_a_request_is),
		cmocka_unit_test(environment_and_token_of_a_server_are_hidden),
		cmocka_unit_test(other_kinds_have_no_secrets),
		cmocka_unit_test(what_is_masked_goes_to_no_other_server),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	str_deinit(&names);
	return rc;
}
