/* v1_view.h - events as the answer to the request that asked for them */
#ifndef EVENTS_V1_VIEW_H
#define EVENTS_V1_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct sse_frame;
struct str;

enum v1_view {
	V1_VIEW_NONE, /* a stream that clients come back to */
	V1_VIEW_RUN,
	V1_VIEW_CHAT, /* of a turn of a conversation */
};

/* The last event of such a stream. */
#define V1_VIEW_DONE "{\"type\":\"done\"}"

/*
 * Append what such a client gets of an event: nothing, or one. True: it is its last.
 * first: it has got none before.
 */
bool v1_view_add(struct str *out, enum v1_view view, const char *run_id, bool first,
		 const char *text, size_t len);

/* The same as a frame, or NULL; plain: of events as chat_view.h says. */
struct sse_frame *v1_view_frame(enum v1_view view, bool plain, const char *run_id,
				bool first, const char *text, size_t len, bool *ret_last);

/* What such a client gets in the place of the rest when the server leaves: it cannot come
 * back for it. */
struct sse_frame *v1_view_farewell(const char *run_id);

#endif
