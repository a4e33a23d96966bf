/*
 * expr_driver.c - expressions as a program: one a line on standard input, its value on
 * standard output
 *
 * In: {"state": {...}, "expr": "..."}. Out: {"repr", "str", "truth", "json"} (json is
 * null when the value has none), or {"code", "column", "error"}. test_expr.py compares
 * with Python's own eval().
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/expr.h"
#include "run/expr_format.h"
#include "run/state.h"

#include <stdio.h>
#include <stdlib.h>

static void put_fault(struct jsonw *w, const char *when, const struct expr_fault *fault)
{
	jsonw_pair_text(w, "when", when);
	jsonw_pair_text(w, "code", err_name(fault->code));
	jsonw_pair_int(w, "column", fault->column);
	jsonw_pair_text(w, "error", fault->text);
}

static void put_value(struct jsonw *w, struct expr_budget *budget,
		      struct expr_value *value)
{
	struct str repr = STR_INIT, text = STR_INIT, json = STR_INIT;

	jsonw_pair_bool(w, "truth", expr_truth(value));
	if (expr_json(budget, value, &json) == 0) {
		jsonw_pair_raw(w, "json", str_text(&json), json.len);
	} else {
		jsonw_pair_raw(w, "json", "null", 4);
		budget->fault.code = 0;
	}
	if (expr_text(budget, value, &text) < 0 ||
	    !expr_format_repr(budget, value, &repr)) {
		put_fault(w, "format", &budget->fault);
	} else {
		jsonw_key(w, "str");
		jsonw_text_n(w, str_text(&text), text.len);
		jsonw_key(w, "repr");
		jsonw_text_n(w, str_text(&repr), repr.len);
	}
	str_deinit(&json);
	str_deinit(&text);
	str_deinit(&repr);
}

static void answer(const struct json *line, struct str *out)
{
	const struct json *text = jsonr_get(line, "expr");
	struct jsonr_iter it = jsonr_iter(jsonr_get(line, "state"));
	struct expr_fault fault;
	struct expr_budget budget;
	struct expr_value value;
	struct str json = STR_INIT;
	struct arena arena;
	struct state state;
	struct expr *expr;
	struct jsonw w;

	arena_init(&arena);
	state_init(&state, 0);
	while (jsonr_next(&it)) {
		str_reset(&json, 4096);
		jsonr_print(it.value, &json);
		(void)state_set(&state, it.key, str_text(&json), json.len, NULL);
	}
	jsonw_init(&w, out);
	jsonw_object(&w);
	expr_budget_init(&budget, &arena, EXPR_STEPS, EXPR_BYTES);
	if (expr_compile(&arena, jsonr_text(text), jsonr_text_len(text), &expr, &fault) <
	    0)
		put_fault(&w, "compile", &fault);
	else if (expr_eval(expr, &state, &budget, &value) < 0)
		put_fault(&w, "eval", &budget.fault);
	else
		put_value(&w, &budget, &value);
	jsonw_object_end(&w);
	str_deinit(&json);
	state_deinit(&state);
	arena_deinit(&arena);
}

int main(void)
{
	struct str out = STR_INIT;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		struct json *doc = NULL;

		str_reset(&out, 65536);
		if (jsonr_parse(line, (size_t)len, &doc, NULL, NULL, NULL) < 0)
			return 2;
		answer(doc, &out);
		(void)puts(str_text(&out));
		(void)fflush(stdout);
		jsonr_free(doc);
	}
	free(line);
	str_deinit(&out);
	return 0;
}
