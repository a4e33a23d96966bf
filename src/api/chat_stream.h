/* chat_stream.h - the events of a turn as the answer to its message */
#ifndef API_CHAT_STREAM_H
#define API_CHAT_STREAM_H

#include <stdint.h>

struct api_call;

/* The request's, as its texts. */
struct chat_stream_ask {
	const char *session_id;
	int64_t turn;
	const char *head; /* JSON text: the first event */
	/* Answers in their place: the turn goes on, and cannot be followed. */
	void (*unseen)(void *arg);
	void *arg;
};

/* As V1 has them. */
void chat_stream_answer(struct api_call *call, const struct chat_stream_ask *ask);

#endif
