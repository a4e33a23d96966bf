/* react.h - the loop of an agent: a model, the tools that it calls, the model again */
#ifndef ENGINE_REACT_H
#define ENGINE_REACT_H

#include "base/str.h"
#include "engine/conversation.h"
#include "engine/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent;
struct inner_runs;
struct json;
struct react;
struct react_call;
struct step;

/* Calls of one answer that are served; the model is told that the others are not. */
#define REACT_CALLS_MAX 32
/* Tools of the engine's own that one agent may be offered. */
#define REACT_OWN_MAX 4
/* Bytes of one result that a model is told; the middle of a longer one is left out. */
#define REACT_RESULT_MAX 100000

/*
 * Who serves the calls of a tool: the host (custom tools, engine/react_calls.c), or the
 * engine itself. All may be called with an exec that is doomed.
 */
struct react_server {
	/*
	 * The answer is in, its row is not handed out: what must be in the journal before
	 * the call begins goes into that row now (progress_append()). NULL: nothing. It
	 * may end the call with react_call_done(). false: the frame has failed. Called
	 * once a call, also if others execute it later.
	 */
	bool (*prepare)(struct react_call *call);
	/* The row is durable: do it, and end with react_call_done(), in here or later.
	 * Called again, by the next owner of the run, when its result got lost. */
	void (*begin)(struct react_call *call);
	/* Give up what is under way, free what call->own is. NULL: nothing. */
	void (*drop)(struct react_call *call);
	/* The engine drains, and nothing of it goes on here. NULL: it is waited for. */
	bool (*parked)(const struct react_call *call);
};

/* A tool that is offered. */
struct react_tool {
	struct llm_tool offer;  /* texts live as long as the loop */
	const char *name;       /* as events and the guard have it */
	const char *definition; /* of a custom one */
	const struct react_server *server;
	void *own; /* the server's */
};

/* A call of the answer under way. */
struct react_call {
	struct react *react;
	const struct llm_tool_call *made; /* as the model wrote it */
	const struct react_tool *tool;    /* NULL: of none that is offered */
	size_t index;                     /* in the answer */
	int nth;              /* of the execution's calls, from 0: for effect_key() */
	struct str arguments; /* of one that is served: an object that fits the schema */
	struct tool_use use;  /* of a custom tool */
	void *own;            /* the server's */
	struct str text;      /* the result, or why there is none */
	bool failed;
	bool done;
};

/* The name of a call that a model wrote into its text in no form that can be read. */
#define REACT_UNREADABLE "tool_call"

enum react_state {
	REACT_IDLE,
	REACT_TOOLS,   /* its tools are looked up */
	REACT_ASKING,  /* a model is asked */
	REACT_STORING, /* a row of kind turn is on its way */
	REACT_SERVING, /* calls are */
	REACT_SUMMING, /* a model is asked for a summary of what was said */
	REACT_PARKED,  /* the engine drains: between two turns */
};

/* Embedded in a step's frame. For readers but for react.c and its family. */
struct react {
	struct step *step;
	enum react_state state;
	struct agent *agent; /* a reference */
	int64_t agent_version;
	const char *model;
	int64_t max_turns;
	int64_t deadline_mono_ms;
	struct str task; /* the user's message; the step's to fill before react_start() */
	struct llm_image *images; /* owned; of those that came with it, what is shown */
	struct arena shown;       /* their texts */
	size_t images_count;
	struct conversation talk;
	struct tool_list list;
	struct inner_runs *inner; /* of the step; the owner's to set */
	bool remembers; /* its turns are told to later ones (engine/earlier.h); likewise */
	struct agent_list others; /* that it may give work to */
	struct react_tool *tools; /* owned */
	size_t tools_count;
	struct llm_tool *offers; /* owned; the same, for requests */
	struct llm_call call;
	struct str system;
	struct str said; /* what is to be summed up */
	struct str key_path;
	struct llm_message *messages; /* owned; of the call under way */
	struct react_call *calls;     /* owned; of the answer under way */
	size_t calls_count;
	size_t calls_open; /* not done */
	struct op begun;   /* of the row that the execution begins with */
	struct op stored;  /* of a row of kind turn */
	bool answered;     /* it is one with an answer */
	size_t counted;    /* bytes of the conversation that exec_bytes() has */
};

void react_init(struct react *react, struct step *step);
/* Abandons all that is in flight. */
void react_deinit(struct react *react);

/*
 * Read how far this execution has come. True: it goes on behind react->talk, which says
 * what agent of which version it is; false: it begins.
 */
bool react_recall(struct react *react);
/*
 * Begin, or go on. Takes the reference. history: of one that begins, what was said before
 * (conversation_start.history); NULL: nothing. Ends the step's frame, or fails it.
 */
void react_start(struct react *react, struct agent *agent, int64_t version,
		 const struct str *history);
/* Its task has these images (history_find.images). Before react_start(); false: the frame
 * has failed, since they are not those that the execution began with. */
bool react_show(struct react *react, const struct str *images);
/* The engine drains and it stands between two turns. */
bool react_parked(const struct react *react);

/* For servers: the call has its result; failed: the model is told that it is an error.
 * The text is mended, and cut at REACT_RESULT_MAX. */
void react_call_done(struct react_call *call, bool failed, const char *text, size_t len);

/* For react.c and its family: */

/* Tools that the list brought, behind those of the engine. */
void react_tools_make(struct react *react);
/* One of the engine's own, from inside react_tools_make(): at most REACT_OWN_MAX. All
 * that it points to lives as long as the loop; offer.name is one that providers take. */
void react_tools_add(struct react *react, const struct react_tool *tool);
void react_tools_free(struct react *react);
const struct react_tool *react_tool_find(const struct react *react, const char *name);
/* Calls of the answer under way: made from it, checked, prepared; begun; freed. */
bool react_calls_make(struct react *react, const struct llm_tool_call *made, size_t count,
		      bool fresh);
void react_calls_begin(struct react *react);
void react_calls_free(struct react *react);
/* Tools that give work to agents (react_inner.c): whether a list of these is being looked
 * up (the loop goes on behind it); offered, from inside react_tools_make(); told. */
bool react_inner_look(struct react *react);
void react_inner_offer(struct react *react);
void react_inner_roster(const struct react *react, struct str *out);
/* The name that a call gives its subtask, appended; of another call nothing. */
void react_inner_subtask(const struct react_call *call, struct str *out);
/* Its result becomes an event. */
void react_tell_result(const struct react_call *call);
/* The row under way goes out; on when it is durable. answered: it has an answer. */
void react_store(struct react *react, bool answered);
/* All calls of the answer have their results. */
void react_on_results(struct react *react);
/* Thoughts and calls that the model wrote into its text are taken out of it. */
void react_listen(struct react *react);
void react_take_speech(struct react *react);
/* Ask the model: with its tools unless it is the last turn. */
void react_ask(struct react *react, const struct llm_message *messages, size_t count,
	       bool tools);
/* The conversation is too long: made smaller at once (false: go on), or by a summary that
 * a model is asked for (true: it is under way). */
bool react_compact(struct react *react);
void react_on_summary(struct react *react);

#endif
