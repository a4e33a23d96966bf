/* bench_http.h - answers of an HTTP/1.1 connection that is kept open */
#ifndef CLI_BENCH_HTTP_H
#define CLI_BENCH_HTTP_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct bench_http_answer {
	int status;
	const char *body; /* borrowed from the bytes */
	size_t body_len;
	size_t total; /* bytes of the whole answer */
};

/*
 * Take an answer from the front of what was received. 1 and *ret when it is there whole,
 * 0 when more must come, ERR_PROTO when it is none that says how long it is.
 */
int bench_http_answer(const char *bytes, size_t len, struct bench_http_answer *ret);

/* Append a POST of JSON to 127.0.0.1. */
void bench_http_post(struct str *out, int port, const char *path, const char *key,
		     const struct str *body);

#endif
