/* letter_acts.h - what is done with one dead letter */
#ifndef API_LETTER_ACTS_H
#define API_LETTER_ACTS_H

#include "api/run_acts.h"

/*
 * Let its run go on as a new attempt, which resolves the letter. With an edit, and for
 * a run that is no more or not ours, a new run is accepted with what the letter says it
 * was started with, and the letter is resolved then: a repetition within 24 hours gets
 * the same run. letter_id and edit are borrowed until cb, which comes once. new_run:
 * the run that goes on.
 * ERRORS_NO_LETTER, ERRORS_RESOLVED, and those of a submission.
 */
void letter_acts_retry(struct api_call *call, const char *letter_id,
		       const struct run_edit *edit, run_acts_cb cb, void *arg);

#endif
