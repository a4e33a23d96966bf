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
 * Remember this execution: its inputs, its output and the tools that it used, if the step
 * may be executed again. tool_calls is JSON text of a list. false: the frame has failed,
 * since the state is too large.
 */
bool recall_add(struct step *step, const char *output, size_t len,
		const char *tool_calls);

#endif
