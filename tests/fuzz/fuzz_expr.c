/*
 * fuzz_expr.c - any bytes as an expression, on a fixed state (libFuzzer)
 *
 * What must hold beside that nothing crashes: a fault has a code, a column within the
 * text and a text that is UTF-8; a value prints as UTF-8 and as JSON that a reader takes;
 * whatever happens costs no more memory than the budget and the text allow.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "base/utf8.h"
#include "run/expr.h"
#include "run/state.h"

#include <assert.h>
#include <string.h>

#define BYTES (1024 * 1024)
#define STEPS 50000 /* an input takes milliseconds under sanitizers */

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
	set(&state, "big", "9223372036854775807");
	set(&state, "f", "-2.5e3");
	set(&state, "s", "\"a \\\"b\\\", \\u00e9\\n\"");
	set(&state, "list", "[1,\"two\",[3,[]],{\"a\":{\"b\":4}},null,true,1.5]");
	set(&state, "map",
	    "{\"name\":\"Ann\",\"tags\":[\"x\",\"y\"],\"deep\":{\"er\":{}}}");
	set(&state, "none", "null");
	return &state;
}

static void check_fault(const struct expr_fault *fault, int rc, size_t size)
{
	assert(rc == fault->code && (rc == ERR_INPUT || rc == ERR_LIMIT));
	assert(fault->column >= 1 && (size_t)fault->column <= size + 1);
	assert(fault->text[0]);
	assert(utf8_valid(fault->text, strlen(fault->text), NULL));
}

static void check_value(struct expr_budget *budget, struct expr_value *value)
{
	struct str text = STR_INIT, json = STR_INIT;
	struct json *doc = NULL;
	int rc;

	(void)expr_truth(value);
	rc = expr_text(budget, value, &text);
	assert(rc == 0 || rc == ERR_LIMIT);
	if (rc == 0)
		assert(utf8_valid(str_text(&text), text.len, NULL));
	rc = expr_json(budget, value, &json);
	if (rc == 0) {
		enum jsonr_fault fault;

		/* deeper than a reader goes, U+0000 in a key, and two keys that JSON
		 * cannot tell apart (1 and '1') are for whoever stores it */
		if (jsonr_parse(str_text(&json), json.len, &doc, &fault, NULL, NULL) < 0)
			assert(fault == JSONR_FAULT_DEPTH ||
			       fault == JSONR_FAULT_DUPLICATE ||
			       strstr(str_text(&json), "\\u0000"));
		jsonr_free(doc);
	}
	str_deinit(&text);
	str_deinit(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct expr_budget budget;
	struct expr_fault fault;
	struct expr_value value;
	struct arena arena;
	struct expr *expr;
	int rc;

	arena_init(&arena);
	rc = expr_compile(&arena, (const char *)data, size, &expr, &fault);
	if (rc < 0) {
		check_fault(&fault, rc, size);
	} else {
		expr_budget_init(&budget, &arena, STEPS, BYTES);
		rc = expr_eval(expr, the_state(), &budget, &value);
		if (rc < 0)
			check_fault(&budget.fault, rc, size);
		else
			check_value(&budget, &value);
	}
	assert(arena.used_bytes < 4 * BYTES + 1000 * size + 65536);
	arena_deinit(&arena);
	return 0;
}
