/* expr_functions.h - the functions of expressions */
#ifndef RUN_EXPR_FUNCTIONS_H
#define RUN_EXPR_FUNCTIONS_H

#include <stddef.h>

struct expr_callee;

/* The function of that name, or NULL. */
const struct expr_callee *expr_functions_find(const char *name, size_t len);

#endif
