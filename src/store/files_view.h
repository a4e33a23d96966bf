/* files_view.h - what a run's journal file says to a reader */
#ifndef STORE_FILES_VIEW_H
#define STORE_FILES_VIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "store/files_asked.h"
#include "store/files_run.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are in the arena. */
struct files_view {
	struct arena arena;
	struct files_head head;
	struct files_end end; /* ended; or how it stood when it was paused */
	struct files_asked asked;
	const char *step_id;   /* of the newest row; NULL: none */
	int64_t started_at_ms; /* 0: nobody has begun it */
	int64_t cancel_at_ms;  /* 0: nobody asked */
	int64_t epoch;
	int64_t attempts;
	int64_t wakes;   /* how often an answer woke it */
	int64_t charges; /* deaths in its code since it got on last */
	uint64_t end_at; /* where the record of its end is; ended */
	size_t end_len;
	int64_t rows;
	bool has_head;
	bool ended;
	bool paused; /* it waits for people, and nobody has answered since */
	bool bad;
};

/* Read it all. ERR_NOT_FOUND when nothing was accepted, ERR_INPUT, ERR_SYS. The caller
 * calls files_view_deinit() in any case. */
int files_view_read(struct files_view *view, int fd, struct err *err);
void files_view_deinit(struct files_view *view);
/* One that was not read may be deinited, too. */
void files_view_init(struct files_view *view);

#endif
