/* http_tool.h - a custom tool of type http: its definition, and a request of it: pure */
#ifndef TOOLS_HTTP_TOOL_H
#define TOOLS_HTTP_TOOL_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

struct json;

#define HTTP_TOOL_HEADERS_MAX 64

/* Borrowed from the parsed definition, which the caller frees last. */
struct http_tool {
	struct json *doc;          /* owned */
	const char *description;   /* "" */
	const struct json *schema; /* of the arguments; NULL: any object */
	const char *method;        /* one of five */
	const char *url;
	const struct json *headers; /* NULL: none */
};

/* ERR_INPUT with a sentence: what is stored is no tool that can be called. */
int http_tool_parse(const char *text, size_t len, struct http_tool *ret, struct err *err);
void http_tool_deinit(struct http_tool *tool);

/* What is sent. Owns its texts. */
struct http_tool_request {
	struct str url;
	struct str body;  /* "": none */
	struct str lines; /* the headers, each with a NUL behind it */
	const char *headers[HTTP_TOOL_HEADERS_MAX + 4]; /* into lines; NULL at the end */
};

/*
 * The request for these arguments (an object). key: what marks a repetition, printable
 * ASCII. ERR_INPUT for a header that cannot be sent, ERR_LIMIT for too many of them.
 */
int http_tool_build(const struct http_tool *tool, const struct json *arguments,
		    const char *key, struct http_tool_request *ret, struct err *err);
void http_tool_request_deinit(struct http_tool_request *request);

#endif
