/*
 * fuzz_template.c - any bytes as a template, and as a text that JSON is taken out of
 * (libFuzzer)
 *
 * What must hold beside that nothing crashes: no more is appended than was allowed, and
 * nothing when that was too little; a text without a brace stays as it is; each value
 * that is found prints as JSON that a reader takes.
 */
#include "base/err.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/extract.h"
#include "run/state.h"
#include "run/template.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define APPENDED_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set(struct state *state, const char *key, const char *json)
{
	assert(state_set(state, key, json, strlen(json), NULL) == 0);
}

static struct state *the_state(void)
{
	static struct state state;

	if (state.count)
		return &state;
	state_init(&state, 0);
	set(&state, "n", "5");
	set(&state, "s", "\"a \\\"b\\\", \\u00e9{state.n}\\n\"");
	set(&state, "list", "[1,\"two\",[3,[]],{\"a\":{\"b\":4}},null,true,1.5]");
	set(&state, "map",
	    "{\"name\":\"Ann\",\"a b\":[\"x\",\"y\"],\"deep\":{\"er\":{}}}");
	set(&state, "none", "null");
	return &state;
}

static void check_template(int (*fill)(const char *, const struct state *, size_t,
				       struct str *, struct err *),
			   const char *text)
{
	struct str out = STR_INIT;
	struct err err;
	int rc;

	str_add_char(&out, '>');
	rc = fill(text, the_state(), APPENDED_MAX, &out, &err);
	assert(rc == 0 || rc == ERR_LIMIT);
	assert(out.len <= (rc == 0 ? APPENDED_MAX + 1 : 1));
	if (rc == 0 && !strchr(text, '{'))
		assert(strcmp(str_text(&out) + 1, text) == 0);
	str_deinit(&out);
}

static bool check_value(void *arg, const struct json *value)
{
	struct str text = STR_INIT;
	struct json *again = NULL;

	jsonr_print(value, &text);
	assert(jsonr_parse(str_text(&text), text.len, &again, NULL, NULL, NULL) == 0);
	jsonr_free(again);
	str_deinit(&text);
	return ++*(int *)arg < 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dup_n((const char *)data, size);
	int found = 0;

	check_template(template_prompt, text);
	check_template(template_print, text);
	(void)extract_values(text, strlen(text), check_value, &found);
	mem_free(text);
	return 0;
}
