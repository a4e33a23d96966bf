/* files_asked.h - the questions to people of a run on files, as its journal tells them */
#ifndef STORE_FILES_ASKED_H
#define STORE_FILES_ASKED_H

#include "base/list.h"
#include "store/files_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_wait_change;

enum files_asked_state {
	FILES_ASKED_OPEN,
	FILES_ASKED_ANSWERED,
	FILES_ASKED_EXPIRED,
	FILES_ASKED_CLOSED, /* its step, or its run, is over without an answer */
};

/* All for readers; texts are its own. */
struct files_question {
	struct list node;
	enum files_asked_state state;
	bool read; /* its step knows of the end */
	char *path;
	int execution;
	char *step_id;
	char *prompt;  /* NULL */
	char *fields;  /* JSON text; NULL */
	char *context; /* NULL */
	char *answer;  /* JSON text; NULL */
	int64_t opened_at_ms;
	int64_t answered_at_ms; /* 0: nobody has */
	int64_t deadline_at_ms; /* 0: none */
	int64_t reminder_ms;    /* 0: none */
	int64_t remind_at_ms;
	int64_t reminders;
};

/* Those asked first in front. Embed it. For readers: all, open. */
struct files_asked {
	struct list all;
	size_t open;
};

void files_asked_init(struct files_asked *asked);
void files_asked_deinit(struct files_asked *asked);

/* What a row that was written at_ms does to one. */
void files_asked_change(struct files_asked *asked, const struct store_wait_change *change,
			int64_t at_ms);
/* A record of an end; false: it is not open. */
bool files_asked_answer(struct files_asked *asked, const struct files_answer *answer);
/* The run is over. */
void files_asked_close(struct files_asked *asked);
/* Those that are open go there, the others are forgotten. */
void files_asked_move(struct files_asked *to, struct files_asked *from);

/* The one that has not been read, or NULL. */
struct files_question *files_asked_find(const struct files_asked *asked, const char *path,
					int execution);
/* The first open one behind this (NULL: of all), or NULL. step: its step's id or its
 * path; NULL: any. */
struct files_question *files_asked_next(const struct files_asked *asked,
					const struct files_question *behind,
					const char *step);
/* Has somebody answered, or is it too late, and the step does not know yet? */
bool files_asked_unread(const struct files_asked *asked);

/* "open", "answered", "expired", "closed"; static. */
const char *files_asked_word(enum files_asked_state state);

#endif
