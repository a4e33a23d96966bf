/* definition.h - an orchestration as it is stored, read into a typed form */
#ifndef RUN_DEFINITION_H
#define RUN_DEFINITION_H

#include "base/arena.h"
#include "base/map.h"
#include "run/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a definition may have. Beyond these it is refused,
 * never cut. */
#define DEFINITION_BYTES_MAX    (1024 * 1024) /* JSON text */
#define DEFINITION_STEPS_MAX    1000
#define DEFINITION_ID_MAX       255 /* bytes: of definitions and steps, keys of the state */
#define DEFINITION_NAME_MAX     500
#define DEFINITION_KEYS_MAX     256 /* of input_keys, switch_cases, route_map, state_schema */
#define DEFINITION_TURNS_MAX    100000
#define DEFINITION_RETRY_MAX    100
#define DEFINITION_BRANCHES_MAX 1000   /* of a parallel step */
#define DEFINITION_LOOPS_MAX    100000 /* iterations of a loop */
#define DEFINITION_FIELDS_MAX   65536  /* bytes of human_fields as JSON text */

/* CONTRACT 5.2's names; the order is ours. */
enum step_type {
	STEP_UNKNOWN, /* a name that is none of them: kept in type_name, never executed */
	STEP_AGENT,
	STEP_LLM,
	STEP_TOOL,
	STEP_EVALUATOR,
	STEP_PARALLEL,
	STEP_MERGE,
	STEP_LOOP,
	STEP_HUMAN,
	STEP_TRANSFORM,
	STEP_EXTRACT_JSON,
	STEP_IF_ELSE,
	STEP_SWITCH,
	STEP_PRINT,
	STEP_END,
	STEP_NTYPES,
};

/* How a merge step puts its inputs together (CONTRACT 5.7). */
enum merge_strategy {
	MERGE_LIST,   /* a list of {source, data}; what any other name means, too */
	MERGE_DICT,   /* an object: label -> value */
	MERGE_CONCAT, /* a text: one block an input */
	MERGE_NSTRATEGIES,
};

enum on_error {
	ON_ERROR_FAIL,     /* the run fails */
	ON_ERROR_CONTINUE, /* output_key becomes null, the path goes on */
	ON_ERROR_ROUTE,    /* the path goes on at on_error_step_id */
};

/* What a switch step compares its value with, and where the path goes on then. */
struct switch_case {
	const char *value;
	const char *step_id; /* NULL: the path ends */
};

/* Ids of steps, in order. */
struct step_list {
	const char **ids;
	size_t count;
};

/* A way out of an evaluator step. */
struct route {
	const char *label;
	const char *step_id;     /* NULL: the path ends */
	const char *description; /* NULL: none */
};

struct retry {
	int max;            /* 0: the first failure is the last */
	int64_t backoff_ms; /* before the first retry; doubles, with jitter */
	unsigned on;        /* FAIL_BIT()s; without "on": provider and tool */
};

/* Texts are borrowed from the definition; NULL is what JSON null or absence means. */
struct definition_step {
	const char *id;
	const char *name;
	const char *type_name;
	enum step_type type;
	size_t index;                /* in definition->steps */
	const char *model;           /* NULL: none of its own (null, "", "default") */
	const char *prompt_template; /* NULL when empty */
	const char *print_content;
	struct step_list *branches; /* of a parallel step */
	size_t branches_count;
	struct step_list body; /* of a loop */
	int64_t loop_count;    /* iterations, 1.. */
	const char **input_keys;
	size_t input_keys_count;
	enum merge_strategy merge_strategy;
	const char *transform_code;  /* Python; NULL when empty */
	const char *if_condition;    /* as it is written; so switch_expression */
	const char *if_true_step_id; /* NULL when empty: next_step_id */
	const char *if_false_step_id;
	const char *switch_expression;
	struct switch_case *switch_cases; /* in document order */
	size_t switch_cases_count;
	const char *switch_default_step_id; /* NULL when empty: the path ends */
	struct route *routes;               /* of an evaluator, in document order */
	size_t routes_count;
	const char *evaluator_prompt; /* NULL when empty */
	/* The label that counts when an answer names none; NULL: the step fails. */
	const char *on_parse_error;
	const char *forced_tool;  /* NULL when empty */
	const char *human_prompt; /* NULL when empty */
	const char *human_fields; /* compact JSON text, of whatever form; "[]" for none */
	size_t human_fields_len;
	const char *human_channel_id;   /* NULL when empty */
	int64_t human_deadline_ms;      /* 0: people have all the time there is */
	int64_t human_reminder_ms;      /* 0: nobody is reminded */
	const char *on_timeout_step_id; /* NULL when empty: late is a failure */
	int64_t max_turns;    /* default 15: attempts of a tool step, turns of an agent */
	const char *agent_id; /* NULL when empty */
	/* Of one that the engine made (engine/inner.h): the agent says how many turns, or
	 * there is no agent but what the step says. */
	bool turns_of_agent;
	bool is_subtask;
	/* What an agent step may use instead of what its agent may; NULL: not said. */
	const char **allowed_tools;
	size_t allowed_tools_count;
	bool full_history; /* include_full_history: true unless said */
	bool repeats;      /* a run may come to it again: a cycle, or a loop around it */
	bool agent_again;  /* it or another step may have its agent's next turn */
	const char *output_key;   /* NULL when empty */
	const char *next_step_id; /* NULL when empty: the path ends */
	int64_t timeout_ms;       /* 0: the engine's limit */
	int64_t max_iterations;   /* default 3 */
	struct retry retry;
	enum on_error on_error;
	const char *on_error_step_id;
};

struct definition_default {
	const char *key;
	const char *json; /* compact JSON text */
	size_t json_len;
};

/*
 * One parsed definition. Immutable once parsed, shared by reference count: a run keeps a
 * reference for its life. All fields are for readers.
 */
struct definition {
	unsigned refs;
	struct arena arena;
	const char *id;
	const char *name;
	const char *description;
	bool of_agent; /* the loop of one agent, which is no workflow (engine/inner.h) */
	struct definition_step *steps;
	size_t steps_count;
	struct map by_id; /* step id -> struct definition_step; the first of doubles */
	const char *entry_step_id; /* NULL when empty: zero steps run, status completed */
	struct definition_default *defaults; /* of state_schema, in document order */
	size_t defaults_count;
	int64_t max_total_turns; /* 0: the engine's limit */
	int64_t timeout_ms;      /* 0: the engine's limit */
};

/*
 * Read a definition from JSON text of len bytes. Unknown fields are ignored; null counts
 * as absent. Returns 0 and *ret with one reference, the caller's; or ERR_INPUT and at
 * least one problem: not JSON, not an object, a field of a wrong type, a limit above.
 * What is well formed but cannot be executed is for definition_validate.
 */
int definition_parse(const char *text, size_t len, struct definition **ret,
		     struct problems *problems);
struct definition *definition_ref(struct definition *definition);
/* NULL is fine; the last reference frees it. */
void definition_unref(struct definition *definition);

/* The step with that id, or NULL (for NULL as well). */
const struct definition_step *definition_step(const struct definition *definition,
					      const char *id);
const char *definition_merge_name(enum merge_strategy strategy);

/* What this build can execute; the engine's is step_types_rules(). */
struct definition_rules {
	bool (*can_run)(enum step_type type);
};

/*
 * Check the graph: ids unique and not empty, entry and successors known, types and models
 * executable, error routes complete. Cycles are legal: max_iterations and max_total_turns
 * bound them. Returns 0, or ERR_INPUT and at least one problem. It needs all steps,
 * whether they can be reached or not: what is saved is meant to be executed. What is
 * legal but odd (a step that cannot be reached, a cycle that nothing leads out of, a
 * field that is missing, branches that read what others write) is a warning among the
 * problems.
 */
int definition_validate(const struct definition *definition,
			const struct definition_rules *rules, struct problems *problems);

#endif
