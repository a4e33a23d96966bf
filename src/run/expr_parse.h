/* expr_parse.h - from tokens to the tree of an expression */
#ifndef RUN_EXPR_PARSE_H
#define RUN_EXPR_PARSE_H

#include "run/expr_budget.h"

#include <stddef.h>

struct arena;
struct expr_node;

/* As expr_compile(), for text that is valid UTF-8 and not too long. */
int expr_parse(struct arena *arena, const char *text, size_t len,
	       const struct expr_node **ret, struct expr_fault *fault);

#endif
