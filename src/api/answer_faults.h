/* answer_faults.h - what is wrong with a person's answer, whoever keeps it */
#ifndef API_ANSWER_FAULTS_H
#define API_ANSWER_FAULTS_H

#include <stddef.h>

struct answers_ask;
struct body_faults;

/* Compare an answer, an object, with the question's fields (JSON text; NULL: none). */
void answer_faults_check(struct body_faults *faults, const struct answers_ask *ask,
			 size_t answer_max, const char *fields);

#define ANSWER_FAULTS_DETAIL_MAX 128
/* Why nothing of a run with this status can be answered so, into detail. */
const char *answer_faults_not_waiting(const struct answers_ask *ask, const char *status,
				      char detail[ANSWER_FAULTS_DETAIL_MAX]);

#endif
