/* expr_case.h - letters of texts: their case, and what sort of characters a text has */
#ifndef RUN_EXPR_CASE_H
#define RUN_EXPR_CASE_H

#include "run/expr_value.h"

#include <stdbool.h>

enum expr_case_map {
	EXPR_CASE_LOWER,
	EXPR_CASE_UPPER,
	EXPR_CASE_SWAP,
	EXPR_CASE_CAPITALIZE,
	EXPR_CASE_TITLE,
};

/* A string with its letters changed one by one. false with the fault set: the budget. */
bool expr_case_change(struct expr_budget *budget, enum expr_case_map map,
		      const struct expr_value *text, struct expr_value *ret);

enum expr_case_class {
	EXPR_CASE_ALPHA,
	EXPR_CASE_ALNUM,
	EXPR_CASE_DIGIT, /* isdigit(), isdecimal(), isnumeric() of ASCII digits */
	EXPR_CASE_SPACE,
	EXPR_CASE_IS_LOWER,
	EXPR_CASE_IS_UPPER,
};

/* Python's str.isalpha() and its like. */
bool expr_case_is(enum expr_case_class class, const struct expr_value *text);

#endif
