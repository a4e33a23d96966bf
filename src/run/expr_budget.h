/* expr_budget.h - what one evaluation may use, and why it ended early */
#ifndef RUN_EXPR_BUDGET_H
#define RUN_EXPR_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define EXPR_FAULT_MAX 200

struct expr_fault {
	int code;                  /* enum err_code: ERR_INPUT or ERR_LIMIT; 0: none */
	int column;                /* of the expression's text, in characters, from 1 */
	char text[EXPR_FAULT_MAX]; /* one sentence without a full stop; valid UTF-8 */
};

/* Ample for a condition, far below what would hold up a loop. */
#define EXPR_STEPS 1000000
#define EXPR_BYTES (16 * 1024 * 1024)

/* Embed it; everything that an evaluation makes is in the arena. */
struct expr_budget {
	struct arena *arena;
	uint64_t steps;
	size_t bytes;
	int column; /* of what is being evaluated, for faults */
	struct expr_fault fault;
};

void expr_budget_init(struct expr_budget *budget, struct arena *arena, uint64_t steps,
		      size_t bytes);
/* Use n steps: one a node, an element, a handful of bytes. false: there are no more. */
bool expr_budget_spend(struct expr_budget *budget, size_t n);
/* The steps of looking at so many bytes. */
bool expr_budget_scan(struct expr_budget *budget, size_t bytes);
/* count things of size bytes, not zeroed; NULL when the budget has no room for them. */
void *expr_budget_alloc(struct expr_budget *budget, size_t count, size_t size);

/* Say what is wrong at budget->column; the first one stays. Return false. */
bool expr_budget_fail(struct expr_budget *budget, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool expr_budget_over(struct expr_budget *budget);

/* For the compiler as well: text is cut at a character. Returns code. */
int expr_budget_fault(struct expr_fault *fault, int code, int column, const char *format,
		      ...) __attribute__((format(printf, 4, 5)));

#endif
