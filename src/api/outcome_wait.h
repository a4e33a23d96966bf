/* outcome_wait.h - a request that waits for the end of a run, whoever executes it */
#ifndef API_OUTCOME_WAIT_H
#define API_OUTCOME_WAIT_H

#include "api/runs_port.h"

struct api_call;

/*
 * result: it has ended, or waits for people; borrowed. NULL with ERRORS_NONE: it goes on,
 * and nobody waits any longer (standalone.answer is over, the server leaves, or too many
 * wait already).
 */
typedef void (*outcome_wait_cb)(void *arg, enum errors_code error,
				const struct port_result *result);

/* The call's request is not answered before cb, which comes once. run_id is copied. */
void outcome_wait(struct api_call *call, const char *run_id, outcome_wait_cb cb,
		  void *arg);

#endif
