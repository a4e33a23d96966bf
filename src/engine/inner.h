/* inner.h - what runs inside an agent step: recorded before it begins */
#ifndef ENGINE_INNER_H
#define ENGINE_INNER_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct err;
struct json;
struct state_pair;

/* How many inner runs may be inside one another: of orchestrations, and of agents that
 * others gave work to. */
#define INNER_DEPTH_MAX 3
/* Turns of a subtask. */
#define INNER_SUBTASK_TURNS 10

enum inner_kind {
	INNER_ORCHESTRATION, /* that of an orchestrator agent */
	INNER_DELEGATE,      /* another agent's loop */
	INNER_SUBTASK,       /* the loop of an agent made for one call */
};

/*
 * An inner run is a path like a branch ("a1#0"), over a definition and a scope of its
 * own. What it is stands in the step's progress (engine/progress.h) before any of its
 * rows, in an entry {"inner":[{"index","kind","id"?,"version","text","name"?,"tools"?,
 * "model"?}]}: a fold reads it there, and so does whoever goes on with the step. An index
 * is used once in an execution of the step.
 */
struct inner {
	size_t index;
	enum inner_kind kind;
	const char *id;    /* of the orchestration or agent; NULL for a subtask */
	int64_t version;   /* of the orchestration; 0 for agents, whose steps record it */
	const char *text;  /* what it is given as user_input */
	const char *name;  /* of the agent; NULL: none */
	const char *tools; /* of a subtask: JSON list of names; else NULL */
	const char *model; /* of a subtask; else NULL */
};

/* The entry, appended. */
void inner_print(struct str *out, const struct inner *inner);

/* Zeroed before inner_find(), and given to inner_found_deinit() in either case. */
struct inner_found {
	struct inner inner; /* texts are those of the next two */
	struct json *doc;
	struct str tools;
};

/* What a step's progress (NULL: there is none) has under that index. */
bool inner_find(const struct state_pair *progress, size_t index, struct inner_found *ret);
void inner_found_deinit(struct inner_found *found);

/* What the loop of a delegate or a subtask goes over: a definition of one step, the same
 * whenever it is made of the same. The caller's. */
int inner_definition(const struct inner *inner, struct definition **ret, struct err *err);

/* Fields that its events have beside their path, appended: nested_run_id..., or
 * delegate_from..., or subtask_name. */
void inner_print_fields(struct str *out, const struct inner *inner,
			const char *nested_run_id, int depth);

#endif
