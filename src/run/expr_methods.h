/* expr_methods.h - the methods of strings, lists, tuples and dicts */
#ifndef RUN_EXPR_METHODS_H
#define RUN_EXPR_METHODS_H

#include <stddef.h>

struct expr_callee;

/* The methods of that name (of whichever types have it), or NULL. */
const struct expr_callee *expr_methods_find(const char *name, size_t len);

#endif
