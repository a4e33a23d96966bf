/*
 * expr_parse.c - from tokens to the tree of an expression
 *
 * A recursive descent along Python's precedences:
 *
 *	choice    x if c else y
 *	or, and, not
 *	comparing < <= == != in is..., chained
 *	binary    + - under * / // %
 *	unary     + - under **
 *	postfix   a.b a[b] f(x) a.m(x)
 *	atom      literals, brackets, names
 *
 * Bounded three ways: the text's bytes, the nodes, and the depth, which counts nested
 * brackets while parsing and the tree's height after it (1+1+1+... nests to the left
 * without any bracket). So whoever walks a tree may recurse.
 *
 * Names are resolved here: what may be called is a row in a table, so a call of anything
 * else is refused with its name before anything is evaluated.
 */
#include "run/expr_parse.h"

#include "base/arena.h"
#include "base/err.h"
#include "run/expr.h"
#include "run/expr_functions.h"
#include "run/expr_lex.h"
#include "run/expr_methods.h"
#include "run/expr_node.h"

#include <string.h>

#define SHOWN_MAX   60  /* bytes of a name in a refusal */
#define STRINGS_MAX 100 /* side by side: each copies those before it */

struct parser {
	struct expr_lex lex;
	struct arena *arena;
	struct expr_fault *fault;
	int nodes;
	int depth;
};

/* The children of a node under way. */
struct kids {
	struct expr_node *first, *last;
	size_t count;
};

/* All that return a node return NULL with the fault set. */
static struct expr_node *parse_choice(struct parser *p);
static struct expr_node *parse_unary(struct parser *p);

static struct expr_node *refuse(struct parser *p, int column, const char *text)
{
	(void)expr_budget_fault(p->fault, ERR_INPUT, column, "%s", text);
	return NULL;
}

static struct expr_node *unavailable(struct parser *p, const struct expr_token *token)
{
	(void)expr_budget_fault(p->fault, ERR_INPUT, token->column,
				"'%.*s' is not available in expressions",
				token->len > SHOWN_MAX ? SHOWN_MAX : (int)token->len,
				token->text);
	return NULL;
}

static bool is_python_word(const struct expr_token *token)
{
	static const char words[] =
		" False None True and as assert async await break class continue def del "
		"elif else except finally for from global if import in is lambda "
		"nonlocal not or pass raise return try while with yield ";
	char padded[16];

	if (token->type != EXPR_TOKEN_NAME || token->len > sizeof(padded) - 3)
		return false;
	padded[0] = ' ';
	memcpy(padded + 1, token->text, token->len);
	memcpy(padded + 1 + token->len, " ", 2);
	return strstr(words, padded) != NULL;
}

/* A token that cannot stand where it stands. */
static struct expr_node *unexpected(struct parser *p)
{
	static const char *const part_of_it[] = {
		"and", "or", "not", "in", "is", "if", "else", "True", "False", "None"
	};
	const struct expr_token *token = &p->lex.token;
	size_t i;

	if (token->type == EXPR_TOKEN_END)
		return refuse(p, token->column, "the expression ends too early");
	if (expr_lex_is(&p->lex, "for") || expr_lex_is(&p->lex, "async"))
		return refuse(p, token->column,
			      "comprehensions ('for') are not available in expressions");
	for (i = 0; i < sizeof(part_of_it) / sizeof(part_of_it[0]); i++)
		if (expr_lex_is(&p->lex, part_of_it[i]))
			break;
	if (i == sizeof(part_of_it) / sizeof(part_of_it[0]) &&
	    (is_python_word(token) || expr_lex_is(&p->lex, "=")))
		return unavailable(p, token);
	if (token->type == EXPR_TOKEN_VALUE)
		return refuse(p, token->column, "a value cannot stand here");
	(void)expr_budget_fault(
		p->fault, ERR_INPUT, token->column, "'%.*s' cannot stand here",
		token->len > SHOWN_MAX ? SHOWN_MAX : (int)token->len, token->text);
	return NULL;
}

static bool next(struct parser *p)
{
	return expr_lex_next(&p->lex) == 0;
}

static bool is(const struct parser *p, const char *text)
{
	return expr_lex_is(&p->lex, text);
}

/* Step over a sign or word that must be here. */
static bool expect(struct parser *p, const char *text)
{
	if (is(p, text))
		return next(p);
	(void)unexpected(p);
	return false;
}

static bool enter(struct parser *p)
{
	if (++p->depth <= EXPR_DEPTH_MAX)
		return true;
	(void)expr_budget_fault(p->fault, ERR_LIMIT, p->lex.token.column,
				"nested deeper than %d levels", EXPR_DEPTH_MAX);
	return false;
}

static struct expr_node *node_new(struct parser *p, enum expr_node_type type, int column)
{
	struct expr_node *node;

	if (++p->nodes > EXPR_NODES_MAX) {
		(void)expr_budget_fault(p->fault, ERR_LIMIT, column, "more than %d parts",
					EXPR_NODES_MAX);
		return NULL;
	}
	node = arena_new(p->arena, struct expr_node);
	node->type = type;
	node->column = column;
	node->depth = 1;
	return node;
}

static bool kids_add(struct kids *kids, struct expr_node *node)
{
	if (!node)
		return false;
	if (kids->last)
		kids->last->next = node;
	else
		kids->first = node;
	kids->last = node;
	kids->count++;
	return true;
}

static struct expr_node *node_over(struct parser *p, enum expr_node_type type, int column,
				   const struct kids *kids)
{
	struct expr_node *node = node_new(p, type, column), *kid;

	if (!node)
		return NULL;
	node->kids = kids->first;
	for (kid = kids->first; kid; kid = kid->next)
		if (kid->depth >= node->depth)
			node->depth = kid->depth + 1;
	if (node->depth > EXPR_DEPTH_MAX) {
		(void)expr_budget_fault(p->fault, ERR_LIMIT, column,
					"nested deeper than %d levels", EXPR_DEPTH_MAX);
		return NULL;
	}
	return node;
}

static struct expr_node *node_value(struct parser *p, int column, struct expr_value value)
{
	struct expr_node *node = node_new(p, EXPR_NODE_VALUE, column);

	if (node)
		node->value = value;
	return node;
}

/* Strings side by side are one. */
static struct expr_node *parse_value(struct parser *p)
{
	int column = p->lex.token.column;
	struct expr_value value = p->lex.token.value;
	int strings = 1;
	char *both;

	if (!next(p))
		return NULL;
	while (value.type == EXPR_STR && p->lex.token.type == EXPR_TOKEN_VALUE &&
	       p->lex.token.value.type == EXPR_STR) {
		const struct expr_value *more = &p->lex.token.value;
		size_t len = value.as.text.len;

		if (++strings > STRINGS_MAX) {
			(void)expr_budget_fault(p->fault, ERR_LIMIT, column,
						"too many strings side by side");
			return NULL;
		}
		both = arena_alloc(p->arena, len + more->as.text.len);
		memcpy(both, value.as.text.bytes, len);
		memcpy(both + len, more->as.text.bytes, more->as.text.len);
		value = expr_value_text(both, len + more->as.text.len);
		if (!next(p))
			return NULL;
	}
	return node_value(p, column, value);
}

/* Values between commas up to the closing sign, which is not stepped over. */
static bool parse_values(struct parser *p, const char *closing, struct kids *kids,
			 bool *comma)
{
	*comma = false;
	while (!is(p, closing)) {
		if (!kids_add(kids, parse_choice(p)))
			return false;
		*comma = is(p, ",");
		if (*comma && !next(p))
			return false;
		if (!*comma && !is(p, closing)) {
			(void)unexpected(p);
			return false;
		}
	}
	return true;
}

/* A value in brackets, or a tuple. */
static struct expr_node *parse_round(struct parser *p)
{
	int column = p->lex.token.column;
	struct kids kids = { 0 };
	bool comma;

	if (!next(p) || !parse_values(p, ")", &kids, &comma) || !expect(p, ")"))
		return NULL;
	if (kids.count == 1 && !comma)
		return kids.first;
	return node_over(p, EXPR_NODE_TUPLE, column, &kids);
}

static struct expr_node *parse_list(struct parser *p)
{
	int column = p->lex.token.column;
	struct kids kids = { 0 };
	bool comma;

	if (!next(p) || !parse_values(p, "]", &kids, &comma) || !expect(p, "]"))
		return NULL;
	return node_over(p, EXPR_NODE_LIST, column, &kids);
}

static struct expr_node *parse_dict(struct parser *p)
{
	int column = p->lex.token.column;
	struct kids kids = { 0 };

	if (!next(p))
		return NULL;
	while (!is(p, "}")) {
		if (!kids_add(&kids, parse_choice(p)))
			return NULL;
		if (is(p, ",") || is(p, "}"))
			return refuse(p, column,
				      "sets ('{a, b}') are not available in expressions");
		if (!expect(p, ":") || !kids_add(&kids, parse_choice(p)))
			return NULL;
		if (!is(p, "}") && !expect(p, ","))
			return NULL;
	}
	if (!expect(p, "}"))
		return NULL;
	return node_over(p, EXPR_NODE_DICT, column, &kids);
}

/* Whether the current name is followed by that sign or word. */
static bool is_followed(struct parser *p, const char *text)
{
	struct expr_lex ahead = p->lex;
	struct expr_fault unused = { 0 };

	ahead.fault = &unused;
	return p->lex.token.type == EXPR_TOKEN_NAME && expr_lex_next(&ahead) == 0 &&
	       expr_lex_is(&ahead, text);
}

static bool parse_named(struct parser *p, const struct expr_callee *callee,
			struct kids *kids)
{
	if (!callee->named || !is(p, callee->named)) {
		(void)expr_budget_fault(
			p->fault, ERR_INPUT, p->lex.token.column,
			"the argument '%.*s' of '%s' is not available in expressions",
			p->lex.token.len > SHOWN_MAX ? SHOWN_MAX : (int)p->lex.token.len,
			p->lex.token.text, callee->name);
		return false;
	}
	if (!next(p) || !expect(p, "=") || !kids_add(kids, parse_choice(p)))
		return false;
	kids->last->by_name = true;
	return true;
}

/* The arguments behind the opening bracket, which is current. */
static bool parse_arguments(struct parser *p, const struct expr_callee *callee,
			    struct kids *kids, unsigned *by_place)
{
	bool named = false, one;

	*by_place = 0;
	if (!next(p))
		return false;
	while (!is(p, ")")) {
		one = is_followed(p, "=");
		if (named) {
			(void)refuse(p, p->lex.token.column,
				     "an argument stands behind one by name");
			return false;
		}
		if (one ? !parse_named(p, callee, kids)
			: !kids_add(kids, parse_choice(p)))
			return false;
		named = one;
		*by_place += !one;
		if (!is(p, ")") && !expect(p, ","))
			return false;
	}
	return next(p);
}

static struct expr_node *parse_call(struct parser *p, const struct expr_callee *callee,
				    struct expr_node *object, int column)
{
	struct kids kids = { 0 };
	struct expr_node *node;
	unsigned count;

	if (object)
		(void)kids_add(&kids, object);
	if (!parse_arguments(p, callee, &kids, &count))
		return NULL;
	if (count < callee->min || count > callee->max) {
		(void)expr_budget_fault(p->fault, ERR_INPUT, column,
					"'%s' takes %u to %u arguments, not %u",
					callee->name, callee->min, callee->max, count);
		return NULL;
	}
	node = node_over(p, EXPR_NODE_CALL, column, &kids);
	if (node)
		node->callee = callee;
	return node;
}

/* A name that is no keyword: the state, or a function that is called. */
static struct expr_node *parse_name(struct parser *p)
{
	struct expr_token token = p->lex.token;
	const struct expr_callee *callee;

	if (is(p, "state"))
		return next(p) ? node_new(p, EXPR_NODE_STATE, token.column) : NULL;
	callee = expr_functions_find(token.text, token.len);
	if (!callee && is_followed(p, "for"))
		return next(p) ? unexpected(p) : NULL;
	if (!callee)
		return unavailable(p, &token);
	if (!next(p))
		return NULL;
	if (!is(p, "(")) {
		(void)expr_budget_fault(p->fault, ERR_INPUT, token.column,
					"'%s' can only be called", callee->name);
		return NULL;
	}
	return parse_call(p, callee, NULL, token.column);
}

static struct expr_node *parse_word(struct parser *p)
{
	int column = p->lex.token.column;
	struct expr_value value;

	if (is(p, "True") || is(p, "False"))
		value = expr_value_bool(is(p, "True"));
	else if (is(p, "None"))
		value = expr_value_none();
	else if (is_python_word(&p->lex.token))
		return unexpected(p);
	else
		return parse_name(p);
	return next(p) ? node_value(p, column, value) : NULL;
}

static struct expr_node *parse_atom(struct parser *p)
{
	if (p->lex.token.type == EXPR_TOKEN_VALUE)
		return parse_value(p);
	if (p->lex.token.type == EXPR_TOKEN_NAME)
		return parse_word(p);
	if (is(p, "*") || is(p, "**"))
		return refuse(p, p->lex.token.column,
			      "'*' in front of a value is not available in expressions");
	if (is(p, "("))
		return parse_round(p);
	if (is(p, "["))
		return parse_list(p);
	if (is(p, "{"))
		return parse_dict(p);
	return unexpected(p);
}

static struct expr_node *parse_attribute(struct parser *p, struct expr_node *object)
{
	const struct expr_callee *callee;
	struct kids kids = { 0 };
	struct expr_token token;
	struct expr_node *node;

	if (!next(p))
		return NULL;
	token = p->lex.token;
	if (token.type != EXPR_TOKEN_NAME || is_python_word(&token))
		return unexpected(p);
	if (token.text[0] == '_')
		return unavailable(p, &token);
	if (!next(p))
		return NULL;
	if (is(p, "(")) {
		callee = expr_methods_find(token.text, token.len);
		return callee ? parse_call(p, callee, object, token.column)
			      : unavailable(p, &token);
	}
	(void)kids_add(&kids, object);
	node = node_over(p, EXPR_NODE_ATTRIBUTE, token.column, &kids);
	if (node)
		node->value = expr_value_text(token.text, token.len);
	return node;
}

/* One part of a slice, up to ":" or "]". */
static struct expr_node *parse_part(struct parser *p)
{
	if (is(p, ":") || is(p, "]"))
		return node_new(p, EXPR_NODE_ABSENT, p->lex.token.column);
	return parse_choice(p);
}

static struct expr_node *parse_index(struct parser *p, struct expr_node *object)
{
	int column = p->lex.token.column, colons;
	struct kids kids = { 0 };

	(void)kids_add(&kids, object);
	if (!next(p))
		return NULL;
	if (is(p, "]"))
		return unexpected(p);
	if (!kids_add(&kids, parse_part(p)))
		return NULL;
	for (colons = 0; colons < 2 && is(p, ":"); colons++)
		if (!next(p) || !kids_add(&kids, parse_part(p)))
			return NULL;
	if (colons == 1 &&
	    !kids_add(&kids, node_new(p, EXPR_NODE_ABSENT, p->lex.token.column)))
		return NULL;
	if (!expect(p, "]"))
		return NULL;
	return node_over(p, colons ? EXPR_NODE_SLICE : EXPR_NODE_INDEX, column, &kids);
}

static struct expr_node *parse_postfix(struct parser *p)
{
	struct expr_node *node = parse_atom(p);

	while (node) {
		if (is(p, "."))
			node = parse_attribute(p, node);
		else if (is(p, "["))
			node = parse_index(p, node);
		else if (is(p, "("))
			return refuse(p, p->lex.token.column,
				      "only functions and methods can be called");
		else
			break;
	}
	return node;
}

static struct expr_node *node_binary(struct parser *p, enum expr_op op, int column,
				     struct expr_node *left, struct expr_node *right)
{
	struct kids kids = { 0 };
	struct expr_node *node;

	if (!kids_add(&kids, left) || !kids_add(&kids, right))
		return NULL;
	node = node_over(p, EXPR_NODE_BINARY, column, &kids);
	if (node)
		node->op = op;
	return node;
}

static struct expr_node *parse_power(struct parser *p)
{
	struct expr_node *left = parse_postfix(p), *node = NULL;
	int column = p->lex.token.column;

	if (!left || !is(p, "**"))
		return left;
	if (!enter(p))
		return NULL;
	if (next(p))
		node = node_binary(p, EXPR_OP_POW, column, left, parse_unary(p));
	p->depth--;
	return node;
}

static struct expr_node *parse_unary(struct parser *p)
{
	enum expr_op op = is(p, "-") ? EXPR_OP_SUB : EXPR_OP_ADD;
	int column = p->lex.token.column;
	struct expr_node *node = NULL;
	struct kids kids = { 0 };

	if (!is(p, "-") && !is(p, "+"))
		return parse_power(p);
	if (!enter(p))
		return NULL;
	if (next(p) && kids_add(&kids, parse_unary(p)))
		node = node_over(p, EXPR_NODE_UNARY, column, &kids);
	if (node)
		node->op = op;
	p->depth--;
	return node;
}

static enum expr_op binary_op(const struct parser *p, int level)
{
	if (level == 0)
		return is(p, "+") ? EXPR_OP_ADD : is(p, "-") ? EXPR_OP_SUB : EXPR_OP_NONE;
	return is(p, "*")    ? EXPR_OP_MUL
	       : is(p, "/")  ? EXPR_OP_DIV
	       : is(p, "//") ? EXPR_OP_FLOORDIV
	       : is(p, "%")  ? EXPR_OP_MOD
			     : EXPR_OP_NONE;
}

/* level 0: + and -; 1: * and its like */
static struct expr_node *parse_binary(struct parser *p, int level)
{
	struct expr_node *left = level ? parse_unary(p) : parse_binary(p, 1), *right;
	enum expr_op op;
	int column;

	while (left && (op = binary_op(p, level)) != EXPR_OP_NONE) {
		column = p->lex.token.column;
		if (!next(p))
			return NULL;
		right = level ? parse_unary(p) : parse_binary(p, 1);
		left = node_binary(p, op, column, left, right);
	}
	return left;
}

/* The operator that is current, stepped over; EXPR_OP_NONE when there is none or the
 * fault is set. */
static enum expr_op compare_op(struct parser *p)
{
	static const enum expr_op plain[] = { EXPR_OP_EQ, EXPR_OP_NE, EXPR_OP_LT,
					      EXPR_OP_LE, EXPR_OP_GT, EXPR_OP_GE,
					      EXPR_OP_IN };
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (is(p, expr_op_text(plain[i])))
			return next(p) ? plain[i] : EXPR_OP_NONE;
	if (is(p, "not"))
		return next(p) && expect(p, "in") ? EXPR_OP_NOT_IN : EXPR_OP_NONE;
	if (!is(p, "is") || !next(p))
		return EXPR_OP_NONE;
	if (!is(p, "not"))
		return EXPR_OP_IS;
	return next(p) ? EXPR_OP_IS_NOT : EXPR_OP_NONE;
}

static bool is_constant(const struct expr_node *node)
{
	return node->type == EXPR_NODE_VALUE &&
	       (node->value.type == EXPR_NONE || node->value.type == EXPR_BOOL);
}

static struct expr_node *parse_compare(struct parser *p)
{
	struct expr_node *left = parse_binary(p, 0), *before;
	struct kids kids = { 0 };
	int column = p->lex.token.column;
	enum expr_op op;

	if (!kids_add(&kids, left))
		return NULL;
	while ((op = compare_op(p)) != EXPR_OP_NONE) {
		before = kids.last;
		if (!kids_add(&kids, parse_binary(p, 0)))
			return NULL;
		kids.last->compare = op;
		if ((op == EXPR_OP_IS || op == EXPR_OP_IS_NOT) && !is_constant(before) &&
		    !is_constant(kids.last))
			return refuse(p, column,
				      "'is' is available for None, True and False only: "
				      "use ==");
	}
	if (p->fault->code)
		return NULL;
	return kids.count == 1 ? left : node_over(p, EXPR_NODE_COMPARE, column, &kids);
}

static struct expr_node *parse_not(struct parser *p)
{
	int column = p->lex.token.column;
	struct expr_node *node = NULL;
	struct kids kids = { 0 };

	if (!is(p, "not"))
		return parse_compare(p);
	if (!enter(p))
		return NULL;
	if (next(p) && kids_add(&kids, parse_not(p)))
		node = node_over(p, EXPR_NODE_NOT, column, &kids);
	p->depth--;
	return node;
}

/* level 0: or; 1: and */
static struct expr_node *parse_logic(struct parser *p, int level)
{
	const char *word = level ? "and" : "or";
	struct kids kids = { 0 };
	int column = p->lex.token.column;

	do {
		if (kids.count && !next(p))
			return NULL;
		if (!kids_add(&kids, level ? parse_not(p) : parse_logic(p, 1)))
			return NULL;
	} while (is(p, word));
	if (kids.count == 1)
		return kids.first;
	return node_over(p, level ? EXPR_NODE_AND : EXPR_NODE_OR, column, &kids);
}

static struct expr_node *parse_choice(struct parser *p)
{
	struct expr_node *value, *condition, *node = NULL;
	struct kids kids = { 0 };
	int column;

	if (!enter(p))
		return NULL;
	value = parse_logic(p, 0);
	column = p->lex.token.column;
	if (!value || !is(p, "if")) {
		node = value;
	} else if (next(p) && (condition = parse_logic(p, 0)) && expect(p, "else")) {
		(void)kids_add(&kids, condition);
		(void)kids_add(&kids, value);
		if (kids_add(&kids, parse_choice(p)))
			node = node_over(p, EXPR_NODE_CHOICE, column, &kids);
	}
	p->depth--;
	return node;
}

/* The whole: a value, or values with commas between them, which are a tuple. */
static struct expr_node *parse_whole(struct parser *p)
{
	struct kids kids = { 0 };
	bool comma = false;

	do {
		if (comma && !next(p))
			return NULL;
		if (comma && p->lex.token.type == EXPR_TOKEN_END)
			break;
		if (!kids_add(&kids, parse_choice(p)))
			return NULL;
		comma = comma || is(p, ",");
	} while (is(p, ","));
	if (p->lex.token.type != EXPR_TOKEN_END)
		return unexpected(p);
	return comma ? node_over(p, EXPR_NODE_TUPLE, 1, &kids) : kids.first;
}

int expr_parse(struct arena *arena, const char *text, size_t len,
	       const struct expr_node **ret, struct expr_fault *fault)
{
	struct parser p = { .arena = arena, .fault = fault };
	const struct expr_node *root;

	expr_lex_init(&p.lex, arena, text, len, fault);
	if (!next(&p))
		return fault->code;
	root = parse_whole(&p);
	if (!root)
		return fault->code;
	*ret = root;
	return 0;
}
