/* run_follow.h - requests whose answer is what a run says from then on */
#ifndef API_RUN_FOLLOW_H
#define API_RUN_FOLLOW_H

#include "events/event_id.h"

struct api_call;
struct run_follow;
struct tails_ask;

/* `after` is set: do what makes the run go on, then run_follow_open() or an error. */
typedef void (*run_follow_cb)(struct run_follow *follow);

/* The request's; the first part is the caller's to fill. */
struct run_follow {
	struct api_call *call;
	run_follow_cb act;

	struct event_id after; /* the run's newest event before the act */
};

/* Of the run that the path names; nothing but act or an error follows. */
void run_follow_begin(struct run_follow *follow);
/* The answer: its events behind `after`, as V1 has them. */
void run_follow_open(const struct run_follow *follow);
/* Of a run whose request was accepted: its events, or, if they cannot be sent, 202 with
 * that status. An error would make the client ask for the same again. */
void run_follow_serve(const struct api_call *call, const struct tails_ask *ask,
		      const char *status);

#endif
