/* expr_format.h - values as text: Python's str() and repr(), and JSON */
#ifndef RUN_EXPR_FORMAT_H
#define RUN_EXPR_FORMAT_H

#include "run/expr_value.h"

#include <stdbool.h>

struct str;

/* All append, and return false with the fault set; what was appended then is nothing
 * whole. */

bool expr_format_str(struct expr_budget *budget, struct expr_value *value,
		     struct str *out);
bool expr_format_repr(struct expr_budget *budget, struct expr_value *value,
		      struct str *out);
/* A fault for numbers that are not finite and for keys that are no scalars. */
bool expr_format_json(struct expr_budget *budget, struct expr_value *value,
		      struct str *out);

#endif
