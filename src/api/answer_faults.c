/* answer_faults.c - what is wrong with a person's answer, whoever keeps it */
#include "api/answer_faults.h"

#include "api/answers.h"
#include "api/body.h"
#include "base/jsonr.h"
#include "run/answer.h"

#include <stdio.h>
#include <string.h>

static void on_fault(void *arg, const char *field, const char *type, const char *message)
{
	const struct body_at body = { NULL, "body", 0 };
	const struct body_at response = { &body, "response", 0 };
	const struct body_at at = { &response, field, 0 };

	body_fault(arg, field ? &at : &response, type, message);
}

void answer_faults_check(struct body_faults *faults, const struct answers_ask *ask,
			 size_t answer_max, const char *fields)
{
	struct json *answer_doc = NULL, *fields_doc = NULL;
	char why[96];

	if (ask->answer_len > answer_max) {
		(void)snprintf(why, sizeof(why), "should have at most %zu bytes as JSON",
			       answer_max);
		on_fault(faults, NULL, "too_long", why);
		return;
	}
	if (jsonr_parse(ask->answer, ask->answer_len, &answer_doc, NULL, NULL, NULL) ==
		    0 &&
	    fields &&
	    jsonr_parse(fields, strlen(fields), &fields_doc, NULL, NULL, NULL) == 0)
		answer_check(fields_doc, answer_doc, on_fault, faults);
	jsonr_free(answer_doc);
	jsonr_free(fields_doc);
}

const char *answer_faults_not_waiting(const struct answers_ask *ask, const char *status,
				      char detail[ANSWER_FAULTS_DETAIL_MAX])
{
	(void)snprintf(detail, ANSWER_FAULTS_DETAIL_MAX, "the run is %s and %s", status,
		       ask->step ? "nothing of that step waits for an answer"
				 : "waits for no answer");
	return detail;
}
