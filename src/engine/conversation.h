/* conversation.h - what an agent's model and its tools said, turn by turn */
#ifndef ENGINE_CONVERSATION_H
#define ENGINE_CONVERSATION_H

#include "base/arena.h"
#include "base/err.h"
#include "engine/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Entries, each an object with one of these keys, and "at" (ms) where it is read:
 *
 *	{"start":{"agent_id","agent_version","path","execution",
 *		  "history":[{"role","text"}]?,"images"?},"at"}
 *	        images: how many the task has; they are asked for again by who goes on
 *	{"answer":{"text","reasoning"?,"textual"?,"calls":[{"id","name","arguments"}]}}
 *	        textual: its calls are written in its text, and a model is told of their
 *	        results by a text as well
 *	{"results":[{"id","text","failed"}],"at"}
 *	{"compact":{"stage","summary","turns","calls","asks"},"at"}
 *	        stands for all that was between the start and the entry behind it
 *
 * Others are kept as they are, and are not part of the conversation. The first is the
 * start. A list of them is the progress of a step (engine/progress.h).
 */
enum talk_kind {
	TALK_HISTORY, /* something said before this execution */
	TALK_ANSWER,
	TALK_RESULTS,
	TALK_SUMMARY,
	TALK_OTHER,
};

struct talk_result {
	const char *id; /* of the call */
	const char *text;
	size_t len;
	bool failed;
};

/* Texts are in the conversation's arena. */
struct talk {
	enum talk_kind kind;
	struct talk *next;
	enum llm_role role; /* of TALK_HISTORY */
	const char *text;   /* of TALK_OTHER the whole entry */
	size_t len;
	const char *reasoning;       /* NULL: none */
	bool textual;                /* of an answer; of results: text has them */
	struct llm_tool_call *calls; /* of an answer */
	struct talk_result *results;
	size_t count; /* of either */
	int64_t at_ms;
	int turns, tool_calls, asks; /* of a summary: those that it stands for */
};

/* For readers. */
struct conversation {
	struct arena arena;
	struct talk *first;
	struct talk *last;
	const char *agent_id; /* of the start; NULL: there is none */
	int64_t agent_version;
	const char *key_path; /* whose it is: walk_key_path() and execution */
	int execution;
	int64_t images; /* that the task has */
	int turns;      /* answers that called tools */
	int tool_calls; /* in them */
	int asks;       /* calls of a model that are in it: the next one's number */
	int64_t started_at_ms;
	int64_t at_ms;         /* of the newest entry that says it */
	size_t chars;          /* bytes of all that a model would be told of it */
	const char *last_tool; /* whose result is in; NULL: none */
};

void conversation_init(struct conversation *talk);
void conversation_deinit(struct conversation *talk);

/*
 * Read a list of entries into an empty one. ERR_INPUT when it is none or does not begin
 * with a start: the conversation is to be given to conversation_deinit() in either case.
 */
int conversation_read(struct conversation *talk, const char *list, size_t len,
		      struct err *err);
/* One entry more. */
int conversation_add(struct conversation *talk, const char *entry, size_t len,
		     struct err *err);

/* The answer whose calls have no results yet; NULL: none. */
const struct talk *conversation_open_answer(const struct conversation *talk);

/*
 * What a model is sent: system, history, the task, then all that was said. The array is
 * the caller's (mem_free); texts are borrowed from the conversation.
 */
struct llm_message *conversation_messages(const struct conversation *talk,
					  struct llm_message system,
					  struct llm_message task, size_t *count);

/* The newest calls as a JSON list of {"tool", "arguments"}, for the step's memory. */
void conversation_print_trace(struct str *out, const struct conversation *talk);

/* ---- entries as text; all texts are valid UTF-8 without U+0000 ---- */

struct conversation_start {
	const char *agent_id;
	int64_t agent_version;
	const char *key_path;
	int execution;
	/* What was said before: a JSON list of {"role": "user" | "assistant", "text"};
	 * NULL: nothing. */
	const char *history;
	size_t history_len;
	int64_t images; /* that the task has */
};

void conversation_print_start(struct str *out, const struct conversation_start *start,
			      int64_t at_ms);
/* Texts are mended (utf8_clean). */
void conversation_print_answer(struct str *out, const struct llm_answer *answer);
void conversation_print_results(struct str *out, const struct talk_result *results,
				size_t count, int64_t at_ms);

/*
 * The whole as a list, smaller. trimmed: results of so many entries, the oldest first,
 * are told by their length alone. summary (NULL: none): stands for all but the last
 * `kept` entries.
 */
struct conversation_cut {
	size_t trimmed;
	const char *summary;
	size_t summary_len;
	size_t kept;
	int64_t at_ms;
};

void conversation_print(struct str *out, const struct conversation *talk,
			const struct conversation_cut *cut);

#endif
