/* expr.h - conditions and switch values of definitions: Python expressions, natively */
#ifndef RUN_EXPR_H
#define RUN_EXPR_H

#include "run/expr_budget.h"
#include "run/expr_value.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct state;
struct str;

/* What the text of an expression may have. Beyond these it is refused, never cut. */
#define EXPR_BYTES_MAX 65536
#define EXPR_NODES_MAX 10000
#define EXPR_DEPTH_MAX 150 /* levels of nesting, of operators as well as of brackets */

/* A compiled expression. Opaque, immutable; lives in the arena that it was made in. */
struct expr;

/*
 * Compile len bytes of UTF-8. Returns 0 and *ret; or ERR_INPUT (no expression, or one
 * that uses what is not available: the fault names it) or ERR_LIMIT (a bound above).
 */
int expr_compile(struct arena *arena, const char *text, size_t len, struct expr **ret,
		 struct expr_fault *fault);

/*
 * Evaluate. The state must not change until the value is forgotten, nor may the arena of
 * the budget go. Returns 0 and *ret; ERR_INPUT when Python would raise an exception, or
 * for what is not available; ERR_LIMIT when the budget is used up. budget->fault says
 * what and where.
 */
int expr_eval(const struct expr *expr, const struct state *state,
	      struct expr_budget *budget, struct expr_value *ret);

/* What follows takes what expr_eval() gave, with its budget. */

/* Python's truth. */
bool expr_truth(const struct expr_value *value);
/* Append what Python's str() gives. ERR_LIMIT. */
int expr_text(struct expr_budget *budget, struct expr_value *value, struct str *out);
/* Append compact JSON, as Python's json.dumps() would have it; tuples and views are
 * lists. ERR_INPUT for numbers that are not finite and keys that are no scalars,
 * ERR_LIMIT. */
int expr_json(struct expr_budget *budget, struct expr_value *value, struct str *out);

#endif
