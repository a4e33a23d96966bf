/* expr_slice.h - what stands in square brackets behind a value */
#ifndef RUN_EXPR_SLICE_H
#define RUN_EXPR_SLICE_H

#include "run/expr_value.h"

#include <stdbool.h>

/* Both return false with the fault set: no such key or index, wrong types, the budget. */

bool expr_slice_index(struct expr_budget *budget, struct expr_value *whole,
		      struct expr_value *index, struct expr_value *ret);
/* parts: start, stop, step, each an integer or None. */
bool expr_slice(struct expr_budget *budget, struct expr_value *whole,
		const struct expr_value parts[3], struct expr_value *ret);

#endif
