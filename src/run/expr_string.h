/* expr_string.h - texts of expressions: characters, searching, building */
#ifndef RUN_EXPR_STRING_H
#define RUN_EXPR_STRING_H

#include "run/expr_value.h"

#include <stdbool.h>
#include <stddef.h>

/* All values are strings (EXPR_STR); all functions that return bool return false with the
 * fault set when the budget is used up. */

/* Characters of a text. */
bool expr_string_count(struct expr_budget *budget, const struct expr_value *text,
		       size_t *ret);
/* count characters, the first at `start`, the others step apart. They must be there. */
bool expr_string_slice(struct expr_budget *budget, const struct expr_value *text,
		       size_t start, int64_t step, size_t count, struct expr_value *ret);
bool expr_string_concat(struct expr_budget *budget, const struct expr_value *a,
			const struct expr_value *b, struct expr_value *ret);
bool expr_string_repeat(struct expr_budget *budget, const struct expr_value *text,
			int64_t times, struct expr_value *ret);
bool expr_string_contains(struct expr_budget *budget, const struct expr_value *whole,
			  const struct expr_value *part, bool *ret);

/* The first place of part in len bytes, or NULL; an empty part is at the start. */
const char *expr_string_find(const char *bytes, size_t len,
			     const struct expr_value *part);
/* The last place; an empty part is at the end. */
bool expr_string_rfind(struct expr_budget *budget, const char *bytes, size_t len,
		       const struct expr_value *part, const char **ret);
/* Bytes of the character at p, which is before end. */
size_t expr_string_width(const char *p, const char *end);
/* The character at p, which is valid UTF-8. */
unsigned expr_string_code(const char *p);
/* What Python's str.isspace() and str.split() take for white space. */
bool expr_string_is_space(unsigned code);

#endif
