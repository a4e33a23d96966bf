/* sse.h - the answer that does not end: server-sent events to one client */
#ifndef SERVER_SSE_H
#define SERVER_SSE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct request;
struct sse;
struct sse_frame;

/*
 * Bytes that leave as a whole, counted by reference so that an event which goes to many
 * clients is in memory once. What _new functions return is the caller's
 * (sse_frame_unref).
 */

/* An event. id may be NULL: a client keeps the last one it saw. Line ends in the text are
 * put into lines of their own, as the format wants. */
struct sse_frame *sse_frame_new(const char *id, size_t id_len, const char *data,
				size_t len);
struct sse_frame *sse_frame_ref(struct sse_frame *frame);
void sse_frame_unref(struct sse_frame *frame);
/* The text without the framing of HTTP; borrowed. */
const char *sse_frame_text(const struct sse_frame *frame, size_t *ret_len);

/* The first two from the loop, never from inside a call of the stream's owner. */
struct sse_ops {
	/* What was queued fell below SSE_LOW_BYTES. */
	void (*room)(void *arg);
	/* The stream is over, whoever ended it; it is freed behind this call. Exactly
	 * once, unless sse_drop() came first. */
	void (*gone)(void *arg);
	/* The server leaves and ends the stream: what is sent before (the caller owns
	 * it), or NULL. It may be asked for inside sse_open(). NULL: nothing is. */
	struct sse_frame *(*farewell)(void *arg);
};

#define SSE_LOW_BYTES ((size_t)32 * 1024)

/*
 * Answer a request with 200 and a stream that stays open: head and `retry:` are queued, a
 * comment follows every 15 s. The request is over with this call (its memory goes soon
 * after): copy what is still needed. Returns 0 and *ret; ERR_SYS when the process has no
 * descriptor left: the request then waits for another answer.
 */
int sse_open(struct request *req, const struct sse_ops *ops, void *arg, struct sse **ret,
	     struct err *err);

/* Queue a frame (a reference is taken). Nothing is queued behind sse_end(). */
void sse_send(struct sse *sse, struct sse_frame *frame);
/* Bytes that wait for the client, and whether they are more than one may keep waiting
 * (server_options.stream_max_bytes): then it is for the owner to drop it. */
size_t sse_queued(const struct sse *sse);
bool sse_is_slow(const struct sse *sse);

/* End it when what is queued has left. */
void sse_end(struct sse *sse);
/* End it now, as a cut: the client sees that something is missing. gone() is not called,
 * *sse is freed. */
void sse_drop(struct sse *sse);

#endif
