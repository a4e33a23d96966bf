/*
 * bench_http.c - answers of an HTTP/1.1 connection that is kept open
 *
 * No client library: whoever makes the load shares two cores with what is measured, and
 * what it needs is one request text sent again and again, the status, and the length of
 * the answer. It understands what our own server sends (Content-Length always) and takes
 * anything else for an error.
 */
#include "cli/bench_http.h"

#include "base/err.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX 16384

static bool read_length(const char *head, const char *end, size_t *ret)
{
	static const char name[] = "\r\nContent-Length:";
	const char *at;
	char *behind;

	for (at = head; at + sizeof(name) < end; at++) {
		if (strncasecmp(at, name, sizeof(name) - 1) != 0)
			continue;
		*ret = (size_t)strtoull(at + sizeof(name) - 1, &behind, 10);
		return behind > at + sizeof(name) - 1;
	}
	return false;
}

int bench_http_answer(const char *bytes, size_t len, struct bench_http_answer *ret)
{
	const char *end = memmem(bytes, len, "\r\n\r\n", 4);
	size_t head_len, body_len;
	int status;

	if (!end)
		return len > HEAD_MAX ? ERR_PROTO : 0;
	head_len = (size_t)(end - bytes) + 4;
	if (head_len < 16 || strncmp(bytes, "HTTP/1.1 ", 9) != 0)
		return ERR_PROTO;
	status = atoi(bytes + 9);
	if (status < 200 || status > 599 || !read_length(bytes, end + 2, &body_len))
		return ERR_PROTO;
	if (body_len > len - head_len)
		return 0;
	*ret = (struct bench_http_answer){
		.status = status,
		.body = bytes + head_len,
		.body_len = body_len,
		.total = head_len + body_len,
	};
	return 1;
}

void bench_http_post(struct str *out, int port, const char *path, const char *key,
		     const struct str *body)
{
	str_printf(out,
		   "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		   "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
		   "Content-Length: %zu\r\n\r\n",
		   path, port, key, body->len);
	str_add(out, str_text(body), body->len);
}
