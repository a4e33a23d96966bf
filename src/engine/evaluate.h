/* evaluate.h - the expression of a step, evaluated on its run's state */
#ifndef ENGINE_EVALUATE_H
#define ENGINE_EVALUATE_H

#include "base/arena.h"
#include "run/expr.h"

struct str;
struct step;

/* On the stack of a step's start(); the value lives until evaluate_deinit(). */
struct evaluate {
	struct arena arena;
	struct expr_budget budget;
	struct expr_value value;
};

enum evaluate_end {
	EVALUATE_VALUE,  /* there is one */
	EVALUATE_NONE,   /* there is none, a step_warning says why; value is None */
	EVALUATE_FAILED, /* the frame failed with class limit */
};

/* Compile and evaluate; field is its name in the definition, text may be NULL or blank.
 * The rest is to be called in each case. */
enum evaluate_end evaluate_init(struct evaluate *evaluate, struct step *step,
				const char *field, const char *text);
/* Append the value as Python's str() has it, and as JSON that can be stored. The ends are
 * as above. */
enum evaluate_end evaluate_print(struct evaluate *evaluate, struct step *step,
				 struct str *text, struct str *json);
void evaluate_deinit(struct evaluate *evaluate);

#endif
