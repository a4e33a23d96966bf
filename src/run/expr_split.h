/* expr_split.h - methods that take texts apart and put them together */
#ifndef RUN_EXPR_SPLIT_H
#define RUN_EXPR_SPLIT_H

#include <stdbool.h>

struct expr_budget;
struct expr_call;
struct expr_value;

/* All are struct expr_callee.call: args[0] is the object, of any type. */

bool expr_split_strip(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret);
bool expr_split_lstrip(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret);
bool expr_split_rstrip(struct expr_budget *budget, struct expr_call *call,
		       struct expr_value *ret);
bool expr_split_split(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret);
bool expr_split_lines(struct expr_budget *budget, struct expr_call *call,
		      struct expr_value *ret);
bool expr_split_partition(struct expr_budget *budget, struct expr_call *call,
			  struct expr_value *ret);
bool expr_split_rpartition(struct expr_budget *budget, struct expr_call *call,
			   struct expr_value *ret);
bool expr_split_join(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret);
bool expr_split_replace(struct expr_budget *budget, struct expr_call *call,
			struct expr_value *ret);

#endif
