/* run_acts.h - what is done with one run: cancel, resume, start anew, erase */
#ifndef API_RUN_ACTS_H
#define API_RUN_ACTS_H

#include "api/errors.h"

struct api_call;

enum run_act {
	RUN_ACT_CANCEL,
	RUN_ACT_RESUME_FAILED,
	RUN_ACT_RETRY, /* a new run with what this one was started with */
	RUN_ACT_DELETE,
	RUN_ACT_COUNT,
};

/* The word of bulk requests; RUN_ACT_COUNT: none. */
enum run_act run_acts_find(const char *word);

/* Changes of what a new run is started with; NULL: as it was. */
struct run_edit {
	const char *message;
	const char *inputs;   /* JSON text of an object */
	const char *metadata; /* JSON text of an object */
};

/*
 * detail: a better sentence than the error's own, or NULL. new_run: of RUN_ACT_RETRY.
 * Borrowed.
 */
typedef void (*run_acts_cb)(void *arg, enum errors_code error, const char *detail,
			    const char *new_run);

/*
 * If the caller may see the run. run_id and the edit are
 * borrowed until cb, which comes once, from inside or later. from_step (NULL: none) is
 * for RUN_ACT_RESUME_FAILED, edit (NULL: none) for RUN_ACT_RETRY.
 * ERRORS_NO_RUN, ERRORS_NOT_FAILED, ERRORS_NO_STEP, ERRORS_NOT_ENDED, and those of a
 * submission.
 */
void run_acts_do(struct api_call *call, enum run_act act, const char *run_id,
		 const char *from_step, const struct run_edit *edit, run_acts_cb cb,
		 void *arg);

#endif
