/* model.h - what the name of a model says: who serves it, and a mock's parameters */
#ifndef RUN_MODEL_H
#define RUN_MODEL_H

#include "base/err.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stdint.h>

enum model_kind {
	MODEL_MOCK_ECHO,   /* mock.echo: answers the last user message */
	MODEL_MOCK_SLEEP,  /* mock.sleep:<ms>: the same, later */
	MODEL_MOCK_TOKENS, /* mock.tokens:<n>:<ms>: n words, one each ms */
	MODEL_MOCK_FAIL,   /* mock.fail:<class>: fails that way */
	MODEL_MOCK_AGENT,  /* mock.agent:<turns>:<ms>: uses tools, then answers */
	MODEL_OAIC,        /* oaic.<name>: an OpenAI-compatible server's <name> */
#ifdef SYN_FAULTS
	MODEL_MOCK_CRASH, /* mock.crash:<how>: ends the process; see base/fault.h */
#endif
};

#ifdef SYN_FAULTS
enum model_crash {
	MODEL_CRASH_SEGV,  /* segv */
	MODEL_CRASH_ABORT, /* abort */
	MODEL_CRASH_HANG,  /* hang: the loop does not turn any more */
	MODEL_CRASH_ALLOC, /* alloc:<mb>: takes that much and keeps it */
	MODEL_CRASH_LATER, /* later:<ms>: waits, and the process has a fault then */
};
#endif

#define MODEL_NAME_MAX        128
#define MODEL_MOCK_MS_MAX     3600000
#define MODEL_MOCK_TOKENS_MAX 100000
#define MODEL_MOCK_TURNS_MAX  1000

struct model {
	enum model_kind kind;
	int64_t ms;            /* sleep, tokens, agent: 0..MODEL_MOCK_MS_MAX */
	int64_t tokens;        /* tokens: 1..MODEL_MOCK_TOKENS_MAX */
	int64_t turns;         /* agent: 0..MODEL_MOCK_TURNS_MAX that call a tool */
	enum fail_class class; /* fail */
#ifdef SYN_FAULTS
	enum model_crash crash; /* crash; alloc: its megabytes are in tokens */
#endif
};

/*
 * Returns 0 and fills *ret, or ERR_INPUT with a text that names the model and the fault.
 */
int model_parse(const char *name, struct model *ret, struct err *err);
/* Whether serving it sends anything outside of this process (DESIGN 4.3). */
bool model_outside(const struct model *model);
/* What the provider calls it: the name without the family's prefix; borrowed from name.
 * For a name that model_parse() accepts. */
const char *model_served_name(const char *name);
/*
 * The model of steps that name none: own if it is not NULL, else this process' default
 * one (llm.model), or NULL without any. Borrowed: the default lives as long as the
 * process.
 */
const char *model_of(const char *own);
/* What is the default one: said once, when a process has read its configuration. name is
 * copied; "": none. */
void model_set_default(const char *name);
/* NULL, "" and "default" in any case: the step names no model of its own. */
bool model_inherits(const char *name);

#endif
