/* answer.h - whether an answer fits the fields that were asked for */
#ifndef RUN_ANSWER_H
#define RUN_ANSWER_H

struct json;

/* field: the one that it is about; NULL: the answer itself. Borrowed for the call. */
typedef void (*answer_fault_cb)(void *arg, const char *field, const char *type,
				const char *message);

/*
 * Compare an answer, an object, with a human step's fields (human_fields, of whatever
 * form): each that is wrong is told once. What nobody asked for is no fault, nor is a
 * field that is missing, unless it says that it is required.
 */
void answer_check(const struct json *fields, const struct json *answer,
		  answer_fault_cb fault, void *arg);

#endif
