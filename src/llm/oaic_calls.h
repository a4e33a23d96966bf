/* oaic_calls.h - the tools that an answer calls, put together from its pieces: pure */
#ifndef LLM_OAIC_CALLS_H
#define LLM_OAIC_CALLS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct llm_tool_call;

#define OAIC_CALLS_MAX 128 /* of one answer */

struct oaic_call_pieces {
	int64_t index; /* the server's; -1: it gave none */
	struct str id; /* as the server sent it, cut */
	struct str name;
	struct str arguments;
};

/* Embed it; all zero is empty. For readers: items, count. */
struct oaic_calls {
	struct oaic_call_pieces *items; /* in order of their first pieces */
	size_t count, room;
	size_t arguments_len; /* of all */
};

void oaic_calls_deinit(struct oaic_calls *calls);

/*
 * Take "tool_calls" of a streamed delta, or, with whole, of a message, where each element
 * is a call of its own. Negative: the arguments have more than arguments_max bytes, or
 * there are too many calls; *why says so.
 */
int oaic_calls_add(struct oaic_calls *calls, const struct json *pieces, bool whole,
		   size_t arguments_max, struct err *why);

/*
 * The calls that have a name, as the engine's: each with an id of its own, made of ask
 * where the server gave none. *ret (NULL for none) and what is in it belong to the caller
 * (call_answer_deinit()). calls is empty then.
 */
size_t oaic_calls_take(struct oaic_calls *calls, int ask, struct llm_tool_call **ret);

#endif
