/* agent.h - an agent as it is stored, read into a typed form (CONTRACT 6.1) */
#ifndef RUN_AGENT_H
#define RUN_AGENT_H

#include "base/arena.h"
#include "run/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an agent may have, beyond what holds for definitions (run/definition.h). Beyond
 * these it is refused, never cut. */
#define AGENT_TOOLS_MAX     256 /* names of tools */
#define AGENT_DELEGATES_MAX 256
#define AGENT_TURNS_MAX     1000

/* What executes it; the names are CONTRACT 6.1's. */
enum agent_type {
	AGENT_CONVERSATIONAL, /* also what any name means that is none of these */
	AGENT_ANALYSIS,
	AGENT_CODE,
	AGENT_ORCHESTRATOR, /* its orchestration does the work */
	AGENT_DELEGATE,     /* may give work to other agents */
	AGENT_BUILDER,
	AGENT_NTYPES,
};

/*
 * One parsed agent. Immutable once parsed, shared by reference count. Texts are in the
 * arena; NULL is what JSON null, absence or "" means. All fields are for readers.
 */
struct agent {
	unsigned refs;
	struct arena arena;
	const char *id;
	const char *name;
	const char *description; /* never NULL */
	enum agent_type type;
	bool all_tools;     /* "all" is among its tools: every custom one of the tenant */
	const char **tools; /* the other names, in order */
	size_t tools_count;
	const char *system_prompt; /* never NULL */
	const char *model;         /* NULL: none of its own */
	const char *orchestration_id;
	int64_t max_turns;      /* 0: not said */
	const char **delegates; /* delegate_agent_ids */
	size_t delegates_count;
};

/*
 * Read an agent from JSON text of len bytes. Unknown fields are ignored. Returns 0 and
 * *ret with one reference, the caller's; or ERR_INPUT and at least one problem.
 */
int agent_parse(const char *text, size_t len, struct agent **ret,
		struct problems *problems);
struct agent *agent_ref(struct agent *agent);
/* NULL is fine; the last reference frees it. */
void agent_unref(struct agent *agent);

#endif
