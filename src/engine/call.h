/* call.h - a model call of a step, and its tokens on the way */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include "engine/host.h"

struct step;

/*
 * For providers: a piece of the answer came. Pieces become live llm_token events, at most
 * one each CALL_TOKEN_MS; the whole answer still goes into call->answer. Does not enter a
 * run's code. The text is borrowed for the call and need not end at a character's border.
 */
#define CALL_TOKEN_MS 50
void call_token(struct llm_call *call, const char *text, size_t len);

/* For providers: the answer broke off and is asked for anew. Pieces that come from here
 * on are its beginning; a live thinking event says so, and why. */
void call_again(struct llm_call *call, const char *why);

/* For providers: an answer to a request whose tools are not optional tells the first of
 * its calls as tool and text. */
void call_answer_one(struct llm_answer *answer);

/* For steps, which embed it. resume is called when the answer is in (or the provider
 * failed). */
void call_init(struct llm_call *call, const struct step *step,
	       void (*resume)(struct op *op));
/*
 * Pieces are shown without thoughts and calls that are written in them (run/speech.h).
 * is_call: as speech_options.is_call, with tags; NULL: calls are not looked for.
 */
void call_listen(struct llm_call *call,
		 bool (*is_call)(void *arg, const char *json, size_t len), void *arg);
/* The request is filled. */
void call_start(struct llm_call *call);
/* Send what tokens are left, before the events of the step's end. */
void call_flush(struct llm_call *call);
/* Abandons a call in flight; frees the answer. */
void call_deinit(struct llm_call *call);
/* Frees so many calls of tools, what is in them, and their list; calls may be NULL. */
void call_tools_free(struct llm_tool_call *calls, size_t count);
/* Frees all that an answer owns, and empties it. */
void call_answer_deinit(struct llm_answer *answer);

#endif
