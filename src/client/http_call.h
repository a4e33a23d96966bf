/* http_call.h - one blocking HTTP request, for verbs of the command line */
#ifndef CLIENT_HTTP_CALL_H
#define CLIENT_HTTP_CALL_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Headers of the answer that can be asked for in one call. */
#define HTTP_CALL_WANTED_MAX 8

/* All borrowed for the call. */
struct http_call {
	const char *method;         /* "GET", "POST"... */
	const char *url;            /* http:// or https:// */
	const char *const *headers; /* "Name: value", NULL at the end; NULL: none */
	const void *body;           /* NULL: none; its type is the caller's header */
	size_t body_len;
	int64_t deadline_ms;       /* 1.. for all of it, connecting included */
	size_t answer_max_bytes;   /* of the answer's body */
	const char *const *wanted; /* names of headers to keep, NULL at the end */
	/*
	 * Set: the body of a 200 goes here as it comes, and deadline_ms bounds connecting
	 * and every HTTP_CALL_SILENCE_SEC without a byte are ERR_TIMEOUT, but not the
	 * whole. false ends the call, which is no error.
	 */
	bool (*sink)(void *arg, const char *bytes, size_t len);
	void *sink_arg;
};

#define HTTP_CALL_SILENCE_SEC 45

struct http_answer {
	int status;                         /* 100..599 */
	struct str body;                    /* NUL-terminated */
	char *wanted[HTTP_CALL_WANTED_MAX]; /* by the call's order; NULL: not sent */
};

/*
 * Send the request and wait for the whole answer. Proxies of the environment are not
 * used, redirects are not followed, certificates are checked. Whatever the status, 0
 * means that there is an answer in *ret, which the caller gives to http_answer_deinit();
 * otherwise
 *   ERR_INPUT    the URL or a header cannot be sent;
 *   ERR_CONN     no connection, or it broke: what was asked may have been done;
 *   ERR_TIMEOUT  the deadline passed: what was asked may have been done;
 *   ERR_LIMIT    the answer is larger than answer_max_bytes;
 *   ERR_PROTO    what answered does not speak HTTP, or its certificate is not good.
 * Not for a process with an event loop: it blocks.
 */
int http_call(const struct http_call *call, struct http_answer *ret, struct err *err);
void http_answer_deinit(struct http_answer *answer);

#endif
