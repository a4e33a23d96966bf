/* oaic_answer.h - answers of an OpenAI-compatible server, streamed or whole: pure */
#ifndef LLM_OAIC_ANSWER_H
#define LLM_OAIC_ANSWER_H

#include "base/err.h"
#include "base/str.h"
#include "client/sse_parser.h"
#include "engine/row.h"
#include "llm/oaic_calls.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oaic_form {
	OAIC_UNKNOWN, /* the first byte that is no space decides */
	OAIC_STREAM,  /* server-sent events */
	OAIC_WHOLE,   /* one JSON object */
	OAIC_ERROR,   /* a status that is no success, whatever its body is */
};

/*
 * One answer, fed as it comes. Embed it; oaic_answer_init() first, oaic_answer_deinit()
 * last. For readers: text, calls, reasoning, usage, finished, tokens.
 */
struct oaic_answer {
	enum oaic_form form;
	int status;
	int64_t retry_after_ms;
	size_t text_max;
	const char *secret; /* never shown, even if the server says it; NULL: none */
	struct sse_parser events; /* OAIC_STREAM */
	struct str body;          /* OAIC_WHOLE, OAIC_ERROR: what came so far */
	struct str text;          /* the answer so far */
	struct oaic_calls calls;  /* of tools, so far */
	struct str reasoning; /* what the model thought, cut; it is no part of the text */
	struct usage usage;   /* tokens; calls stays 0 */
	bool finished;        /* the model came to its end */
	bool done;            /* nothing follows ("[DONE]") */
	size_t tokens;        /* pieces of text and calls that came */
	/* A piece of a streamed answer; borrowed for the call. */
	void (*token)(void *arg, const char *text, size_t len);
	void *arg;
};

/* How a call ended, as far as one answer can say. */
struct oaic_verdict {
	enum fail_class class;  /* FAIL_NONE: the text is the answer */
	bool again;             /* asking again may help */
	int64_t retry_after_ms; /* the server's wish; 0: none */
	struct err why;         /* unless FAIL_NONE: a sentence */
};

/* text_max: bytes of the answer's text at most, and of its calls' arguments. */
void oaic_answer_init(struct oaic_answer *answer, size_t text_max,
		      void (*token)(void *arg, const char *text, size_t len), void *arg);
void oaic_answer_deinit(struct oaic_answer *answer);

/* The head is in. content_type as sent, or "". */
void oaic_answer_head(struct oaic_answer *answer, int status, const char *content_type,
		      int64_t retry_after_ms);
/*
 * The next bytes of the body. 0, or negative with *verdict set: the answer can no longer
 * become one, the rest need not be read.
 */
int oaic_answer_feed(struct oaic_answer *answer, const char *bytes, size_t len,
		     struct oaic_verdict *verdict);
/* The body ended in order, or, with done, in any way. */
void oaic_answer_end(struct oaic_answer *answer, struct oaic_verdict *verdict);
/* It did not: rc and why are those of the transfer. */
void oaic_answer_broken(struct oaic_answer *answer, int rc, const struct err *why,
			struct oaic_verdict *verdict);

#endif
