/* file_answers.h - questions of runs on files: what is open, and people who answer */
#ifndef API_FILE_ANSWERS_H
#define API_FILE_ANSWERS_H

#include "api/answers.h"
#include "api/questions.h"

struct file_reads;
struct host_file;

/* As the port's acts of these names. host NULL: this process executes nothing. */
void file_answers_run(const struct file_reads *reads, struct host_file *host,
		      size_t answer_max, const struct answers_ask *ask, answers_cb cb,
		      void *arg);
void file_answers_list(const struct host_file *host,
		       const struct store_questions_filter *filter, questions_cb cb,
		       void *arg);

#endif
