/* run_follow.h - requests whose answer is what a run says from then on */
#ifndef API_RUN_FOLLOW_H
#define API_RUN_FOLLOW_H

struct api_call;
struct tails_ask;

/* Of a run whose request was accepted: its events, or, if they cannot be sent, 202 with
 * that status. An error would make the client ask for the same again. */
void run_follow_serve(const struct api_call *call, const struct tails_ask *ask,
		      const char *status);

#endif
