/*
 * expr_budget.c - what one evaluation may use, and why it ended early
 *
 * Whoever visits an element or a byte pays before the visit, and memory is paid before it
 * is taken. So the cost of an expression is bounded by two numbers, whatever it says and
 * whatever the state holds: 'x' * 10**9 costs nothing but the refusal.
 */
#include "run/expr_budget.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BYTES_A_STEP 32

void expr_budget_init(struct expr_budget *budget, struct arena *arena, uint64_t steps,
		      size_t bytes)
{
	memset(budget, 0, sizeof(*budget));
	budget->arena = arena;
	budget->steps = steps;
	budget->bytes = bytes;
}

/* The first fault stays. text is cut where a character ends. */
static int fault_set(struct expr_fault *fault, int code, int column, const char *text)
{
	size_t bad;

	if (fault->code)
		return fault->code;
	fault->code = code;
	fault->column = column;
	(void)snprintf(fault->text, sizeof(fault->text), "%s", text);
	if (!utf8_valid(fault->text, strlen(fault->text), &bad))
		fault->text[bad] = '\0';
	return code;
}

int expr_budget_fault(struct expr_fault *fault, int code, int column, const char *format,
		      ...)
{
	char text[EXPR_FAULT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fault_set(fault, code, column, text);
}

bool expr_budget_fail(struct expr_budget *budget, const char *format, ...)
{
	char text[EXPR_FAULT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)fault_set(&budget->fault, ERR_INPUT, budget->column, text);
	return false;
}

bool expr_budget_over(struct expr_budget *budget)
{
	(void)expr_budget_fault(&budget->fault, ERR_LIMIT, budget->column,
				"the expression takes more time or memory than it may");
	return false;
}

bool expr_budget_spend(struct expr_budget *budget, size_t n)
{
	if (n > budget->steps)
		return expr_budget_over(budget);
	budget->steps -= n;
	return true;
}

bool expr_budget_scan(struct expr_budget *budget, size_t bytes)
{
	return expr_budget_spend(budget, bytes / BYTES_A_STEP);
}

void *expr_budget_alloc(struct expr_budget *budget, size_t count, size_t size)
{
	if (count > budget->bytes / size) {
		(void)expr_budget_over(budget);
		return NULL;
	}
	if (!expr_budget_scan(budget, count * size))
		return NULL;
	budget->bytes -= count * size;
	return arena_alloc(budget->arena, count * size);
}
