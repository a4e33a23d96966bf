/* chat_stream.h - the events of a turn as the answer to its message */
#ifndef API_CHAT_STREAM_H
#define API_CHAT_STREAM_H

#include <stdint.h>

struct api_call;

/* As V1 has them, head (JSON text) in front. Texts are the request's. */
void chat_stream_answer(struct api_call *call, const char *session_id, int64_t turn,
			const char *head);

#endif
