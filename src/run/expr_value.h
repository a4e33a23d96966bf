/* expr_value.h - the values that expressions work on */
#ifndef RUN_EXPR_VALUE_H
#define RUN_EXPR_VALUE_H

#include "run/expr_budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state;

enum expr_type {
	EXPR_NONE,
	EXPR_BOOL,
	EXPR_INT,
	EXPR_FLOAT,
	EXPR_STR,
	EXPR_LIST,
	EXPR_TUPLE,
	EXPR_DICT,
	EXPR_KEYS, /* what keys(), values(), items() give: to iterate over, no more */
	EXPR_VALUES,
	EXPR_ITEMS,
	EXPR_NTYPES,
};

/*
 * Copied freely, immutable: what it points to is in the arena, the state or the compiled
 * expression. A container of the state is JSON text until somebody looks into it
 * (expr_value_open), so a large state costs what is looked at.
 */
struct expr_value {
	enum expr_type type;
	bool member; /* a dict of the state: its members are attributes as well */
	bool unread; /* a list or dict whose json is to be read */
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct {
			const char *bytes; /* UTF-8, no NUL behind them */
			size_t len;
		} text;
		struct {
			const char *bytes;
			size_t len;
		} json;
		/* of lists and tuples, keys and values; a dict has count pairs: key,
		 * value, key... */
		struct {
			struct expr_value *items;
			size_t count;
		} list;
	} as;
};

struct expr_value expr_value_none(void);
struct expr_value expr_value_bool(bool b);
struct expr_value expr_value_int(int64_t n);
struct expr_value expr_value_float(double d);
struct expr_value expr_value_text(const char *bytes, size_t len);
/* A list, tuple or dict of count items (pairs), which it takes as they are. */
struct expr_value expr_value_list(enum expr_type type, struct expr_value *items,
				  size_t count);

/* Python's name of the type; borrowed, static. */
const char *expr_value_type(const struct expr_value *value);
/* int or bool: Python lets a bool be a number. */
bool expr_value_is_int(const struct expr_value *value);
int64_t expr_value_as_int(const struct expr_value *value);
bool expr_value_is_number(const struct expr_value *value);
double expr_value_as_float(const struct expr_value *value);

/*
 * All that follow return false with the fault set: the budget is used up, or as said.
 */

/* The state as a dict of its keys. */
bool expr_value_state(struct expr_budget *budget, const struct state *state,
		      struct expr_value *ret);
/* One level of a container that is still JSON; anything else stays as it is. */
bool expr_value_open(struct expr_budget *budget, struct expr_value *value);
/* How many items (pairs) a container has, without reading it. */
bool expr_value_count(struct expr_budget *budget, const struct expr_value *value,
		      size_t *ret);
bool expr_value_truth(const struct expr_value *value);

bool expr_value_equal(struct expr_budget *budget, struct expr_value *a,
		      struct expr_value *b, bool *ret);
/* -1, 0, 1; 2: neither (not a number). Types without an order are a fault that names
 * the operator op. */
bool expr_value_order(struct expr_budget *budget, const char *op, struct expr_value *a,
		      struct expr_value *b, int *ret);
/* The value under the key of an open dict, NULL in *ret when it has none. A fault for a
 * key that Python cannot hash. */
bool expr_value_find(struct expr_budget *budget, const struct expr_value *dict,
		     struct expr_value *key, struct expr_value **ret);
/* Set a key of a dict under way; items has room for one pair more. */
bool expr_value_put(struct expr_budget *budget, struct expr_value *dict,
		    struct expr_value *key, const struct expr_value *value);
/* What iterating over it yields, as a list. A fault for what is not iterable. */
bool expr_value_iterate(struct expr_budget *budget, struct expr_value *value,
			struct expr_value *ret);

#endif
