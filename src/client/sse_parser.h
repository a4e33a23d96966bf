/* sse_parser.h - server-sent events out of a stream of bytes */
#ifndef CLIENT_SSE_PARSER_H
#define CLIENT_SSE_PARSER_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One event; all borrowed for the callback. */
struct sse_event {
	const char *type; /* "message" unless the stream says otherwise */
	const char *data; /* NUL-terminated; may hold NULs */
	size_t data_len;
	const char *id; /* of the newest event that had one; "" before that */
};

/* Embed it; sse_parser_init() first, sse_parser_deinit() last. For readers: retry_ms. */
struct sse_parser {
	struct str line; /* begun, its end has not come */
	struct str data;
	struct str type;
	struct str id;
	size_t max_bytes;
	int64_t retry_ms; /* what the stream asked for; -1: nothing */
	unsigned mark; /* bytes of a byte order mark that were seen: 0..3; 4: behind it */
	bool cr;       /* the last byte was a CR: an LF belongs to it */
	bool has_data; /* a data field came, even an empty one */
};

/*
 * Called for each event, in order. Anything but 0 ends the feed, which returns it.
 */
typedef int (*sse_cb)(void *arg, const struct sse_event *event);

/* A line, and the data of one event, may have max_bytes at most. */
void sse_parser_init(struct sse_parser *parser, size_t max_bytes);
void sse_parser_deinit(struct sse_parser *parser);

/*
 * The next bytes of the stream, cut anywhere. 0, what the callback returned, or
 * ERR_LIMIT; after anything but 0 the stream is over for this parser. An event that was
 * not ended by an empty line when the stream ends does not count.
 */
int sse_parser_feed(struct sse_parser *parser, const char *bytes, size_t len, sse_cb cb,
		    void *arg, struct err *err);

#endif
