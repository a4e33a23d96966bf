/* inner.h - what runs inside an agent step: recorded before it begins */
#ifndef ENGINE_INNER_H
#define ENGINE_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct err;
struct json;
struct state_pair;
struct str;

/* The most nested orchestrations around one another. */
#define INNER_DEPTH_MAX 3

enum inner_kind {
	INNER_ORCHESTRATION, /* that of an orchestrator agent */
	INNER_DELEGATE,      /* another agent's loop */
	INNER_SUBTASK,       /* the loop of an agent that the call described */
};

/*
 * An inner run is a path like a branch ("a1#0"), over a definition and a scope of its own.
 * What it is stands in the step's progress (engine/progress.h) before any of its rows, in
 * an entry {"inner":[{"index","kind","id","version","text","name"?,"call_id"?,"tools"?,
 * "model"?}]}: a fold reads it there, and so does whoever takes the step over. Indices
 * count up over the whole execution of the step.
 */
struct inner {
	size_t index;
	enum inner_kind kind;
	const char *id;       /* of the orchestration or agent; NULL for a subtask */
	int64_t version;      /* of it */
	const char *text;     /* what it is given as user_input */
	const char *name;     /* of the agent, for events; NULL: none */
	const char *call_id;  /* the call that it answers; NULL: the step itself */
	int64_t turns;        /* of the loop; 0: not said */
	const char *tools;    /* of a subtask: JSON list of names; else NULL */
	const char *model;    /* of a subtask; NULL: none of its own */
};

/* Appended: one element of the list. */
void inner_print(struct str *out, const struct inner *inner);

/* Read element `json` of such a list; texts are borrowed from it (tools are printed into
 * the given text). false: no engine of this version wrote it. */
bool inner_read(const struct json *json, struct str *tools, struct inner *ret);

/* The element of that index in a step's progress, a JSON list of entries; *doc owns its
 * texts and is the caller's in either case (jsonr_free). */
bool inner_find(const struct state_pair *progress, size_t index, struct json **doc,
		struct str *tools, struct inner *ret);

/* What a delegate or a subtask goes over: a definition of one step, the same whenever it
 * is made of the same. The caller's. */
int inner_definition(const struct inner *inner, struct definition **ret, struct err *err);

#endif
