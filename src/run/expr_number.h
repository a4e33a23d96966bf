/* expr_number.h - numbers from texts, and rounding, as Python does them */
#ifndef RUN_EXPR_NUMBER_H
#define RUN_EXPR_NUMBER_H

#include "run/expr_value.h"

#include <stdbool.h>
#include <stdint.h>

/* All return false with the fault set. */

/* int() and float() of a text. */
bool expr_number_read_int(struct expr_budget *budget, const struct expr_value *text,
			  struct expr_value *ret);
bool expr_number_read_float(struct expr_budget *budget, const struct expr_value *text,
			    struct expr_value *ret);
/* A double without a fraction as an int. */
bool expr_number_whole(struct expr_budget *budget, double d, struct expr_value *ret);
/* round() of a number to digits behind the point (before it, when they are negative);
 * halves go to the even digit. */
bool expr_number_round(struct expr_budget *budget, const struct expr_value *number,
		       int64_t digits, struct expr_value *ret);

#endif
