/* expr_lex.h - the text of an expression as tokens */
#ifndef RUN_EXPR_LEX_H
#define RUN_EXPR_LEX_H

#include "run/expr_budget.h"
#include "run/expr_value.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum expr_token_type {
	EXPR_TOKEN_END,
	EXPR_TOKEN_VALUE, /* a number or a string */
	EXPR_TOKEN_NAME,  /* keywords too: and, or, not, in, is, if, else, True... */
	EXPR_TOKEN_SIGN,  /* an operator or a bracket */
};

struct expr_token {
	enum expr_token_type type;
	int column;       /* in characters, from 1 */
	const char *text; /* borrowed from the expression's text */
	size_t len;
	struct expr_value value; /* of EXPR_TOKEN_VALUE */
};

/* Embed it. For readers: token, the current one. */
struct expr_lex {
	struct expr_token token;
	struct arena *arena; /* strings with escapes are kept there */
	const char *text;
	size_t len;
	size_t at;
	int column;   /* of the character at `at` */
	int brackets; /* open ones: in them lines may end */
	struct expr_fault *fault;
};

/* The text (valid UTF-8) is borrowed as long as tokens are read and values used. */
void expr_lex_init(struct expr_lex *lex, struct arena *arena, const char *text,
		   size_t len, struct expr_fault *fault);
/* Read the next token into lex->token. 0, or ERR_INPUT with the fault set. */
int expr_lex_next(struct expr_lex *lex);
/* Whether the current token is that sign or keyword. */
bool expr_lex_is(const struct expr_lex *lex, const char *text);

#endif
