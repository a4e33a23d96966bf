/* test_schema.c - whether a value is what a schema describes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/schema.h"

#include "base/jsonr.h"
#include "base/str.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *schema;
	const char *value;
	const char *fault; /* NULL: none */
} rows[] = {
	{ "{}", "[1]", NULL },
	{ "true", "1", NULL },
	{ "{\"type\":\"string\"}", "\"x\"", NULL },
	{ "{\"type\":\"string\"}", "1", "must be of type string" },
	{ "{\"type\":\"integer\"}", "2.0", NULL },
	{ "{\"type\":\"integer\"}", "2.5", "must be of type integer" },
	{ "{\"type\":\"number\"}", "true", "must be of type number" },
	{ "{\"type\":[\"null\",\"boolean\"]}", "false", NULL },
	{ "{\"type\":[\"null\",\"boolean\"]}", "0", "has a type that is not allowed" },
	{ "{\"type\":\"date\"}", "0", NULL },
	{ "{\"type\":[]}", "0", NULL },
	{ "{\"enum\":[\"a\",1]}", "1.0", NULL },
	{ "{\"enum\":[\"a\",1]}", "\"b\"", "must be one of [\"a\",1]" },
	{ "{\"const\":null}", "null", NULL },
	{ "{\"const\":{\"a\":1}}", "{\"a\":2}", "is not what it must be (const)" },
	{ "{\"minimum\":1,\"maximum\":3}", "0", "must be at least 1" },
	{ "{\"minimum\":1,\"maximum\":3}", "3", NULL },
	{ "{\"minimum\":1,\"maximum\":3}", "3.5", "must be at most 3" },
	{ "{\"exclusiveMinimum\":1}", "1", "must be more than 1" },
	{ "{\"exclusiveMaximum\":1}", "1", "must be less than 1" },
	{ "{\"minLength\":2}", "\"\u00e4\"", "must have characters, at least 2" },
	{ "{\"maxLength\":1}", "\"\u00e4\"", NULL },
	{ "{\"minItems\":1}", "[]", "must have entries, at least 1" },
	{ "{\"maxItems\":1}", "[1,2]", "must have entries, at most 1" },
	{ "{\"items\":{\"type\":\"string\"}}", "[\"a\",2]", "/1: must be of type string" },
	{ "{\"required\":[\"a\"]}", "{\"b\":1}", "is missing a" },
	{ "{\"required\":[\"a\",7]}", "{\"a\":null}", NULL },
	{ "{\"properties\":{\"a\":{\"properties\":{\"b\":{\"type\":\"null\"}}}}}",
	  "{\"a\":{\"b\":1}}", "/a/b: must be of type null" },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
	  "{\"a\":1,\"x\":2}", "there is no argument x" },
	{ "{\"additionalProperties\":{\"type\":\"string\"}}",
	  "{\"x\":2}", "/x: must be of type string" },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", NULL },
	{ "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "1",
	  "is none of what is allowed (anyOf)" },
	{ "{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]}", "7",
	  "must be exactly one of what is allowed (oneOf)" },
	{ "{\"oneOf\":[{\"minimum\":1},{\"minimum\":5}]}", "3", NULL },
	{ "{\"allOf\":[{\"minimum\":1},{\"minimum\":5}]}", "3", "must be at least 5" },
};
/* clang-format on */

static int check(const char *schema, const char *value, struct err *err)
{
	struct json *s = NULL, *v = NULL;
	int rc;

	assert_int_equal(jsonr_parse(schema, strlen(schema), &s, NULL, NULL, NULL), 0);
	assert_int_equal(jsonr_parse(value, strlen(value), &v, NULL, NULL, NULL), 0);
	rc = schema_check(s, v, err);
	jsonr_free(s);
	jsonr_free(v);
	return rc;
}

static void a_fault_is_named_with_its_place(void **state)
{
	struct err err;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rc = check(rows[i].schema, rows[i].value, &err);
		if (rc != (rows[i].fault ? ERR_INPUT : 0))
			fail_msg("%s of %s: %d", rows[i].value, rows[i].schema, rc);
		if (rows[i].fault)
			assert_string_equal(err.text, rows[i].fault);
	}
}

/* Each level has two alternatives: 2^60 ways, without a bound on the work. */
static void a_hard_schema_ends(void **state)
{
	struct str schema = STR_INIT;
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 16; i++)
		str_add_text(&schema, "{\"anyOf\":[{\"type\":\"null\"},");
	str_add_text(&schema, "{}");
	for (i = 0; i < 16; i++)
		str_add_text(&schema, "]}");
	assert_int_equal(check(str_text(&schema), "1", &err), 0);
	str_deinit(&schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_named_with_its_place),
		cmocka_unit_test(a_hard_schema_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
