/* expr_op.h - operators on values, with Python's meaning */
#ifndef RUN_EXPR_OP_H
#define RUN_EXPR_OP_H

#include "run/expr_value.h"

#include <stdbool.h>

enum expr_op {
	EXPR_OP_NONE,
	EXPR_OP_ADD,
	EXPR_OP_SUB,
	EXPR_OP_MUL,
	EXPR_OP_DIV,
	EXPR_OP_FLOORDIV,
	EXPR_OP_MOD,
	EXPR_OP_POW,
	EXPR_OP_EQ,
	EXPR_OP_NE,
	EXPR_OP_LT,
	EXPR_OP_LE,
	EXPR_OP_GT,
	EXPR_OP_GE,
	EXPR_OP_IN,
	EXPR_OP_NOT_IN,
	EXPR_OP_IS,
	EXPR_OP_IS_NOT,
	EXPR_NOPS,
};

/* As it is written; borrowed, static. */
const char *expr_op_text(enum expr_op op);

/* All return false with the fault set: what Python would raise, integers beyond 64 bits,
 * or the budget. */

/* EXPR_OP_ADD .. EXPR_OP_POW */
bool expr_op_binary(struct expr_budget *budget, enum expr_op op, struct expr_value *a,
		    struct expr_value *b, struct expr_value *ret);
/* EXPR_OP_ADD or EXPR_OP_SUB in front of a value */
bool expr_op_unary(struct expr_budget *budget, enum expr_op op,
		   const struct expr_value *value, struct expr_value *ret);
/* EXPR_OP_EQ .. EXPR_OP_IS_NOT */
bool expr_op_compare(struct expr_budget *budget, enum expr_op op, struct expr_value *a,
		     struct expr_value *b, bool *ret);

#endif
