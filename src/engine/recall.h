/* recall.h - what a step that may be executed again remembers of its executions */
#ifndef ENGINE_RECALL_H
#define ENGINE_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct definition_step;
struct scope;
struct step;
struct str;

/* The key of the state, with the step's id behind it: a list, the newest last. */
#define RECALL_KEY "_exec_memory_"
/* Entries kept. */
#define RECALL_MAX 10

enum recall_origin {
	RECALL_ENTRY,  /* the run starts with it */
	RECALL_LINEAR, /* the step before led to it */
	RECALL_EVALUATOR,
	RECALL_HUMAN,
	RECALL_LOOP, /* an iteration of a loop came to it */
};

/* How a path came to a step. */
struct recall {
	enum recall_origin origin;
	const struct definition_step *from; /* the step before; NULL: none */
	const struct definition_step *loop; /* the innermost around it; NULL: none */
	int64_t iteration;                  /* of that loop, from 1 */
};

/* path: of the step's frame, as its rows have it. */
void recall_init(struct recall *recall, const struct definition *definition,
		 const struct scope *scope, const char *path);
/* An evaluator's decision or reasoning (a ROUTE_ key), appended; false: there is none. */
bool recall_route(const struct scope *scope, const struct definition_step *evaluator,
		  const char *key, struct str *out);

/*
 * This execution, if the step may be executed again: its inputs as the state has them
 * now, its output and the tools that it used. tool_calls is JSON text of a list.
 */
void recall_print(struct str *entry, struct step *step, const char *output, size_t len,
		  const char *tool_calls);
/* Remember it (keep_add()), behind its result. */
void recall_keep(struct step *step, const struct str *entry);

#endif
