/* host.h - the engine's surroundings: all that it asks of the world */
#ifndef ENGINE_HOST_H
#define ENGINE_HOST_H

#include "base/arena.h"
#include "base/str.h"
#include "engine/op.h"
#include "engine/row.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent;
struct call_stream;
struct definition;
struct definition_step;
struct speech;

enum llm_role {
	LLM_SYSTEM,
	LLM_USER,
	LLM_ASSISTANT,
	LLM_TOOL, /* what a tool answered: behind the assistant's message with its call */
};

/* One call of a tool that a model made. */
struct llm_tool_call {
	const char *id; /* the provider's name of it, [ -~]{1,128}; never NULL */
	const char *name;
	const char *arguments; /* JSON text, of whatever form: the model wrote it */
	size_t arguments_len;
};

/* What a message shows beside its text: a data URI (run/image.h). */
struct llm_image {
	const char *uri;
	size_t len;
};

struct llm_message {
	enum llm_role role;
	const char *text;
	size_t len;
	const struct llm_tool_call *calls; /* of an assistant's message, in order */
	size_t calls_count;
	const char *call_id; /* of LLM_TOOL: the call that this is the answer of */
	const struct llm_image *images; /* of a user's message */
	size_t images_count;
};

/* What a model may call instead of answering. */
struct llm_tool {
	const char *name; /* [A-Za-z0-9_-]{1,64} */
	const char *description;
	const char *schema; /* of its arguments: JSON text of an object */
};

/* Borrowed by whoever serves the call until op_done() or abandon(). */
struct llm_request {
	const char *model; /* resolved, never NULL */
	const struct llm_message *messages;
	size_t count;
	/* One of them must be called, if there are any, unless tools_optional. A provider
	 * or a model that knows no tools answers with a text: whoever asked reads that,
	 * too. */
	const struct llm_tool *tools;
	size_t tools_count;
	bool tools_optional; /* any number of calls may be made, or none */
	/* The engine abandons the call by then; a provider may give up before. */
	int64_t deadline_mono_ms;
	size_t answer_max; /* bytes of text that the step accepts */
	/* What is asked for: the same, with the run's id, whenever this execution of the
	 * step is repeated, by whichever worker. */
	const char *path;     /* of the step's frame, ids percent-encoded */
	const char *key_path; /* the same for effect_key() (walk_key_path()) */
	int execution;        /* of the step, from 1 */
	int ask;              /* of that execution's calls this is the nth, from 0 */
};

/* Filled by whoever serves the call, before op_done(). */
struct llm_answer {
	enum fail_class class; /* FAIL_NONE: text is the answer */
	/* The answer, the arguments of the call of a tool as JSON text (of whatever form:
	 * the model wrote it), or why there is none; valid UTF-8. */
	struct str text;
	struct str
		tool; /* the tool that was called; "": none. Not with tools_optional: */
	/* All calls of the answer, owned with their texts (call_answer_deinit()); text is
	 * then what was said beside them. */
	struct llm_tool_call *calls;
	size_t calls_count;
	struct str written;   /* the engine's: the text with calls that are in it */
	struct str reasoning; /* what the model says that it thought; "": nothing */
	struct usage usage;   /* counted even for a failed call */
};

/*
 * One call of a model, embedded in a step's frame. Tokens that come before the end are
 * fed with call_token() (engine/call.h), which makes live events of them.
 */
struct llm_call {
	struct op op;
	struct llm_request request;
	struct llm_answer answer;
	const struct definition_step *step; /* the engine's, as the next two */
	const char *place;                  /* of its events (exec_live()) */
	struct speech *speech;              /* NULL: pieces are shown as they come */
	struct call_stream *stream;
};

/* Python of a definition. Borrowed until op_done() or abandon(). */
struct code_request {
	const char *code;
	size_t code_len;
	const char *state; /* a JSON object, what the code has as `state` */
	size_t state_len;
	/* The engine abandons the call by then. */
	int64_t deadline_mono_ms;
	size_t answer_max; /* bytes of the result as JSON that the step accepts */
	size_t show_max;   /* characters of it that are shown */
};

/* Filled by whoever serves the call, before op_done(). */
struct code_answer {
	enum fail_class class; /* FAIL_NONE: json is the result */
	struct str json;       /* compact and storable; "null" when the code set none */
	struct str text;       /* str(result), cut; or why there is none; valid UTF-8 */
};

/* One execution of code, embedded in a step's frame. It has no effect but its answer, so
 * it may be repeated at any time. */
struct code_call {
	struct op op;
	struct code_request request;
	struct code_answer answer;
	const char *step_id; /* the engine's, for logs */
};

/*
 * A tool that a step wants to use, looked up. Borrowed until op_done() or abandon(). A
 * host that cannot look now keeps the op.
 */
struct tool_find {
	struct op op;
	const char *name; /* the engine's */
	/* Filled before op_done(). */
	enum fail_class class; /* FAIL_NONE: it is there */
	struct str text;       /* its definition, as tool_use wants it; or why not */
	struct str about;      /* for a model: what it does */
	struct str schema;     /* of its arguments: JSON text of an object */
};

/* A tool that a model may be offered. */
struct tool_listed {
	const char *id;         /* by which it may be asked for as well */
	const char *name;       /* of its definition, of any form */
	const char *definition; /* as tool_find.text */
	const char *about;
	const char *schema;
};

/* The most that are listed. */
#define TOOL_LIST_MAX 128

/*
 * The tools that an agent may use, looked up at once. Borrowed until op_done() or
 * abandon(). A host that cannot look now keeps the op.
 */
struct tool_list {
	struct op op;
	bool all; /* all that the run may use; names are not asked */
	const char *const
		*names; /* the engine's; those that are not there are left out */
	size_t names_count;
	/* Filled before op_done(). */
	struct arena arena;        /* initialised by the engine; of all that is listed */
	struct tool_listed *tools; /* by name; one of a name */
	size_t tools_count;        /* at most TOOL_LIST_MAX */
};

/* An agent looked up, likewise. */
struct agent_find {
	struct op op;
	const char *agent_id; /* the engine's */
	int64_t wanted;       /* version; 0: the one that is current */
	/* Filled before op_done(). */
	enum fail_class class; /* FAIL_NONE: it is there */
	struct str text;       /* why not */
	struct agent *agent;   /* a reference, the engine's from then on */
	int64_t version;
};

/* What was said before with an agent, in the conversation that the run is a turn of. */
struct history_find {
	struct op op;
	const char *agent_id; /* the engine's */
	bool said_wanted;
	bool images_wanted; /* of the message that the run is the answer of */
	/* Filled before op_done(): a JSON list of {"role": "user" | "assistant",
	 * "text"}, the oldest first; "": nothing was. */
	struct str list;
	struct str images; /* a JSON list of data URIs; "": there are none */
};

/* An agent that another may give work to. */
struct agent_listed {
	const char *id;
	const char *name;
	const char *about; /* never NULL */
};

/* The most that are listed. */
#define AGENT_LIST_MAX 64

/* Those agents, likewise. */
struct agent_list {
	struct op op;
	const char *but; /* the engine's, as the ids: this one is left out */
	const char *const *ids;
	size_t ids_count; /* 0: all but builders */
	/* Filled before op_done(). */
	struct arena arena; /* initialised by the engine; of all that is listed */
	struct agent_listed *agents; /* by id */
	size_t agents_count;         /* at most AGENT_LIST_MAX */
};

/* The orchestration that a step runs inside, likewise. */
struct definition_find {
	struct op op;
	const char *id; /* the engine's */
	int64_t wanted; /* version; 0: the one that is current */
	/* Filled before op_done(). */
	enum fail_class class;         /* FAIL_NONE: it is there */
	struct str text;               /* why not */
	struct definition *definition; /* a reference, the engine's from then on */
	int64_t version;
};

/* Borrowed until op_done() or abandon(). */
struct tool_request {
	const char *name;
	const char *definition; /* tool_find.text */
	size_t definition_len;
	const char *arguments; /* JSON text of an object that fits the schema */
	size_t arguments_len;
	int64_t deadline_mono_ms; /* the engine abandons it by then */
	size_t answer_max;        /* bytes of text that the step accepts */
	const char *path;         /* as those of an llm_request: */
	const char *key_path;
	int execution; /* they mark a repetition */
	int nth;
};

/* Filled before op_done(). */
struct tool_answer {
	enum fail_class class; /* FAIL_NONE: text is what the tool answered */
	struct str text;       /* or why it did not; valid UTF-8 */
	bool refused;          /* it did not like the arguments: others may help */
};

/* One use of a tool. It has effects outside, and may be repeated after a crash. */
struct tool_use {
	struct op op;
	struct tool_request request;
	struct tool_answer answer;
};

enum human_outcome {
	HUMAN_ANSWERED, /* json is the answer */
	HUMAN_LATE,     /* its deadline has passed without one */
	HUMAN_GONE,     /* nobody was asked, or nobody is any more: ask (again) */
};

/*
 * A question to people that waits for its end. Borrowed until op_done() or abandon(). It
 * may take days: a run all of whose paths wait so is parked (engine_host.pause).
 */
struct human_wait {
	struct op op;
	const char *path; /* the engine's; as those of the row that opened it: */
	int execution;    /* they tell it from others of the run */
	bool found;       /* the journal says that it was asked; else it is our own row */
	/* Filled before op_done(). */
	enum human_outcome outcome;
	struct str json; /* of an object; compact and storable */
};

/*
 * What a host does for the engine, in one child. `host` is the pointer given to
 * engine_new(); a run's own pointer is exec->job. All are called on the child's thread,
 * most of them from inside a run's code: none of them may call back into the engine,
 * except op_done(), exec_free(), exec_cancel() and exec_unpause(), which all only mark.
 */
struct engine_host {
	/* The wall clock (epoch ms; Postgres' where it is known): events, history. */
	int64_t (*wall_ms)(void *host);
	/* Monotonic ms: deadlines. */
	int64_t (*mono_ms)(void *host);

	/*
	 * Around every piece of a run's code: the suspect mark (DESIGN 3). bytes is what
	 * the run holds at that moment, for "the run with the largest arena". leave comes
	 * even when the host called exec_free() in between: exec is valid until it
	 * returns, exec->job is whatever the host left there.
	 */
	void (*enter)(void *host, struct exec *exec);
	void (*leave)(void *host, struct exec *exec, size_t bytes);

	/*
	 * Store a journal row, and publish its events after that. Takes the row. op
	 * completes when the row is durable; for a lazy run and !row->next_outside it may
	 * complete at once. op NULL: nobody waits for it. Rows of a run are stored in the
	 * order given, those of all its paths: a row is durable no later than one that
	 * was given behind it. Several ops of a run may be in flight, one a path. A host
	 * that cannot commit now keeps the op: the path waits. A host that lost the run
	 * (stale) never completes it and calls exec_free().
	 */
	void (*commit)(void *host, struct exec *exec, struct engine_row *row,
		       struct op *op);

	/* A live event (tokens, thinking): may be lost. The text is borrowed for the
	 * call. */
	void (*live)(void *host, struct exec *exec, const char *event, size_t len);

	/*
	 * Call a model. The call is borrowed until op_done(&call->op) or its abandon().
	 */
	void (*llm)(void *host, struct exec *exec, struct llm_call *call);

	/*
	 * Execute Python. The call is borrowed until op_done(&call->op) or its abandon().
	 * NULL: a host where no code is executed.
	 */
	void (*code)(void *host, struct exec *exec, struct code_call *call);

	/*
	 * Look a tool up, and use it. Both are borrowed until op_done() or abandon().
	 * NULL: a host that has no tools.
	 */
	void (*tool_find)(void *host, struct exec *exec, struct tool_find *find);
	void (*tool_use)(void *host, struct exec *exec, struct tool_use *use);

	/* The agent of a step, and the tools that it may use. NULL likewise. */
	void (*agent_find)(void *host, struct exec *exec, struct agent_find *find);
	void (*tool_list)(void *host, struct exec *exec, struct tool_list *list);
	/* Likewise; NULL: nothing is ever said before. */
	void (*history_find)(void *host, struct exec *exec, struct history_find *find);
	void (*agent_list)(void *host, struct exec *exec, struct agent_list *list);
	void (*definition_find)(void *host, struct exec *exec,
				struct definition_find *find);

	/*
	 * Wait for people, who were asked by a row that is durable. NULL: a host where
	 * nobody can be asked.
	 */
	void (*wait)(void *host, struct exec *exec, struct human_wait *wait);

	/*
	 * All paths of the run wait for people. Takes the pause. The run stands still
	 * from here on: either the host stores it behind all rows so far, if no answer is
	 * unread by then, and frees it; or it calls exec_unpause().
	 */
	void (*pause)(void *host, struct exec *exec, struct engine_pause *pause);

	/*
	 * The run ended. Takes the final. The last call about this run: its exec does
	 * nothing any more, and the host frees it (exec_free) when it likes, even in
	 * here.
	 */
	void (*end)(void *host, struct exec *exec, struct engine_final *final);

	/*
	 * engine_drain() was called, and this run's next step does not start: all of it
	 * that was handed out before is durable or never will be. The host frees it when
	 * it likes, even in here. NULL: it stays until the engine goes.
	 */
	void (*parked)(void *host, struct exec *exec);

	/*
	 * The engine has work or an earlier deadline than engine_pump() said last: pump
	 * soon. Called outside of the pump only, at most once until the next pump. NULL
	 * for a host that pumps each turn of its loop anyway (drive.h does).
	 */
	void (*wanted)(void *host);
};

#endif
