/* questions.h - what runs wait for people for, in Postgres, for the port of scale mode */
#ifndef API_QUESTIONS_H
#define API_QUESTIONS_H

#include "api/errors.h"
#include "store/store_questions.h"

#include <stddef.h>

struct pg_pool;
struct read_gate;

/* next: cursor for the page behind, NULL at the end. */
typedef void (*questions_cb)(void *arg, enum errors_code error,
			     const struct store_open_question *questions, size_t count,
			     const char *next);

void questions_list(struct read_gate *gate, const struct store_questions_filter *filter,
		    questions_cb cb, void *arg);

#endif
