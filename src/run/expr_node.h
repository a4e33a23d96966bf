/* expr_node.h - an expression as a tree */
#ifndef RUN_EXPR_NODE_H
#define RUN_EXPR_NODE_H

#include "run/expr_budget.h"
#include "run/expr_op.h"
#include "run/expr_value.h"

#include <stdbool.h>
#include <stddef.h>

struct expr_node;

/* A call has no more arguments by place, the object of a method not counted. */
#define EXPR_ARGS_MAX 16

/* The arguments of a call, evaluated: the object of a method is args[0]. */
struct expr_call {
	const char *name;
	struct expr_value args[EXPR_ARGS_MAX + 1]; /* those by place */
	size_t count;
	struct expr_value named; /* the one argument by name, if the callee has one */
	bool has_named;
};

/* Something that can be called: a row of a table. */
struct expr_callee {
	const char *name;
	unsigned min, max; /* arguments by place, the object not counted */
	const char *named; /* NULL: none by name */
	/* false with the fault set. Arguments may be opened, which changes no value. */
	bool (*call)(struct expr_budget *budget, struct expr_call *call,
		     struct expr_value *ret);
};

enum expr_node_type {
	EXPR_NODE_VALUE,
	EXPR_NODE_STATE,
	EXPR_NODE_LIST,
	EXPR_NODE_TUPLE,
	EXPR_NODE_DICT,      /* key, value, key... */
	EXPR_NODE_ATTRIBUTE, /* of kids; value is the name */
	EXPR_NODE_INDEX,     /* kids: the container, the index */
	EXPR_NODE_SLICE,     /* kids: the container, start, stop, step */
	EXPR_NODE_ABSENT,    /* a part of a slice that is not there */
	EXPR_NODE_CALL,      /* kids: the arguments; of a method its object first */
	EXPR_NODE_NOT,
	EXPR_NODE_UNARY,  /* op is + or - */
	EXPR_NODE_BINARY, /* two kids */
	EXPR_NODE_AND,    /* two kids or more */
	EXPR_NODE_OR,
	EXPR_NODE_COMPARE, /* two kids or more */
	EXPR_NODE_CHOICE,  /* kids: condition, then, else */
};

struct expr_node {
	enum expr_node_type type;
	enum expr_op op;
	enum expr_op compare; /* of a kid of EXPR_NODE_COMPARE: with the one before it */
	int column;
	int depth;    /* 1 for a leaf */
	bool by_name; /* an argument that its name gave */
	const struct expr_callee *callee;
	struct expr_value value;
	struct expr_node *kids; /* the first; they are linked by next */
	struct expr_node *next;
};

#endif
