/* memory_host.h - the engine's surroundings in memory, for its unit tests */
#ifndef TESTS_MEMORY_HOST_H
#define TESTS_MEMORY_HOST_H

#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/fold.h"
#include "engine/host.h"

#include <stdbool.h>

#define MEMORY_CALLS_MAX 128
#define MEMORY_ROWS_MAX  1024

struct memory_named {
	const char *id;
	const char *text;
};

/*
 * One run under observation (any number may be executed). Its clocks stand still but for
 * memory_pump(). What comes out is kept as text, one line each.
 */
struct memory_host {
	struct engine *engine;
	struct engine_limits limits;
	int64_t wall_ms;
	int64_t mono_ms;

	bool hold_commits;   /* ops of rows wait for memory_commit() */
	bool free_at_commit; /* the run is lost: exec_free() from inside commit */
	bool free_at_end;    /* exec_free() from inside end */
	struct op *held_ops[MEMORY_CALLS_MAX]; /* of rows that wait, in order */
	int held_count;

	bool hold_calls; /* mock.echo waits for memory_answer() */
	struct llm_call *calls[MEMORY_CALLS_MAX]; /* in flight, in order */
	int calls_count;
	int calls_made;
	struct code_call *code; /* in flight: memory_execute() answers it */
	struct human_wait *waits[MEMORY_CALLS_MAX]; /* for people, in order */
	int waits_count;
	struct engine_pause *pause; /* the newest that was handed out */
	int paused;
	int abandoned;
	int fail_first;     /* so many calls fail with class provider, then they answer */
	struct str prompts; /* "role: text" of the last call */

	/* Others than `agent`, and orchestrations that run inside; ended by a NULL id. */
	const struct memory_named *agents;
	const struct memory_named *orchestrations; /* of version 5 */
	struct definition *inner[MEMORY_CALLS_MAX];
	int inner_count;

	/* The one tool that there is. */
	const char *tool_name; /* NULL: there is none */
	const char *tool_schema;
	const struct tool_answer *tool_answer;   /* of each use; borrowed */
	bool hold_uses;                          /* it waits for memory_use() */
	struct tool_use *uses[MEMORY_CALLS_MAX]; /* in flight, in order */
	int uses_count;
	const char *agent; /* the one agent, JSON text; NULL: there is none */
	int64_t agent_version;
	int64_t agent_wanted; /* what was asked for last */
	struct str tool_uses; /* "name arguments path/execution/nth", one a line */

	struct str events; /* durable ones, as they were handed out */
	struct str types;  /* their types, divided by spaces */
	struct str lives;
	struct str rows; /* "kind path step execution outside delta error" */
	struct str usage;
	struct str deltas; /* one a line */
	struct str
		questions; /* what rows do to them: "open path/execution step prompt" */
	/* As run_steps would have them; texts are owned, and copied by memory_adopt(). */
	struct fold_row journal[MEMORY_ROWS_MAX];
	size_t journal_count;
	uint32_t ids; /* given to events */
	int enters;
	int leaves;
	size_t largest;
	struct exec *inside;
	struct engine_final *final; /* of the last run that ended */
	int ended;
	int parked;
	int wanted;
};

void memory_init(struct memory_host *host, const struct engine_limits *limits);
/* Another engine of host->limits, behind engine_free() of the one before. */
void memory_engine(struct memory_host *host);
/* Fails the test when a run is left. */
void memory_deinit(struct memory_host *host);

/* A run of the definition text; message "hello". */
struct exec *memory_run(struct memory_host *host, const char *definition,
			const char *inputs);
/* The first n rows of a journal are this host's as well. */
void memory_adopt(struct memory_host *host, const struct fold_row *rows, size_t n);
/* The same run, going on behind the journal that the host has. */
struct exec *memory_resume(struct memory_host *host, const char *definition,
			   const char *inputs, uint64_t epoch);
/* The journal folded; the caller deinits it. The definition is the caller's. */
int memory_fold(struct memory_host *host, struct definition *definition,
		const char *inputs, struct fold *fold, struct err *err);
struct definition *memory_definition(const char *text);
/* Pump until nothing is left to do now; returns ms to the next deadline or -1. */
int64_t memory_pump(struct memory_host *host);
/* Let both clocks go on, then pump. */
int64_t memory_wait(struct memory_host *host, int64_t ms);
/* The oldest row that waits is in. */
void memory_commit(struct memory_host *host);
/* The code in flight was executed: its result, or why there is none. */
void memory_execute(struct memory_host *host, enum fail_class class, const char *json,
		    const char *text);
/* What came of the question that waits i-th. */
void memory_people(struct memory_host *host, int i, enum human_outcome outcome,
		   const char *json);
/* The pause is stored: the run is gone from here. Or it is refused. */
void memory_park(struct memory_host *host, struct exec *exec);
void memory_unpark(struct memory_host *host, struct exec *exec);
/* A call of a tool in an answer; ended by one without a name. */
struct memory_call {
	const char *id;
	const char *name;
	const char *arguments;
};
/* The model says that text and calls these. */
void memory_answer_calls(struct memory_host *host, int call, const char *text,
			 const struct memory_call *calls);
/* A use in flight is answered. */
void memory_use(struct memory_host *host, int use, enum fail_class class,
		const char *text);
void memory_answer(struct memory_host *host, int call, enum fail_class class,
		   const char *text);

#endif
