/*
 * files_view.c - what a run's journal file says to a reader
 *
 * For runs that have ended, and those that another process of this host executes.
 */
#include "store/files_view.h"

#include "store/files_journal.h"
#include "store/store_waits.h"

#include <string.h>

static void view_step(struct files_view *view, const char *body, size_t len)
{
	struct store_wait_change wait;
	struct store_step step;
	int64_t at_ms;

	if (!files_run_get_step(body, len, &step, &at_ms)) {
		view->bad = true;
		return;
	}
	view->rows = step.seq;
	if (!view->started_at_ms)
		view->started_at_ms = at_ms;
	view->ended = view->paused = false;
	view->charges = 0;
	if (files_run_get_wait(body, len, &wait))
		files_asked_change(&view->asked, &wait, at_ms);
	if (strcmp(step.kind, "resume") == 0) {
		view->attempts++;
		view->cancel_at_ms = 0;
	}
	if (step.step_id && *step.step_id &&
	    (!view->step_id || strcmp(view->step_id, step.step_id) != 0))
		view->step_id = arena_dup(&view->arena, step.step_id);
}

static void view_owner(struct files_view *view, const char *body, size_t len)
{
	struct files_owner owner;

	if (!files_run_get_owner(body, len, &owner)) {
		view->bad = true;
		return;
	}
	view->epoch = owner.epoch;
}

static void view_answer(struct files_view *view, const char *body, size_t len)
{
	struct files_answer answer;

	if (!files_run_get_answer(body, len, &answer)) {
		view->bad = true;
		return;
	}
	(void)files_asked_answer(&view->asked, &answer);
	view->wakes += view->paused;
	view->paused = false;
}

static void view_end(struct files_view *view, char type, const char *body, size_t len)
{
	if (!files_run_get_end(arena_dup_n(&view->arena, body, len), len, &view->end)) {
		view->bad = true;
		return;
	}
	view->ended = type == FILES_END;
	view->end_len = len;
	view->paused = type == FILES_PAUSE;
	if (view->ended)
		files_asked_close(&view->asked);
}

static enum files_scan on_record(void *arg, char type, const char *body, size_t len)
{
	struct files_view *view = arg;

	switch ((enum files_type)type) {
	case FILES_HEAD:
		view->has_head = files_run_get_head(arena_dup_n(&view->arena, body, len),
						    len, &view->head);
		view->bad = !view->has_head;
		break;
	case FILES_OWNER:
		view_owner(view, body, len);
		break;
	case FILES_STEP:
		view_step(view, body, len);
		break;
	case FILES_PIN:
		break;
	case FILES_CHARGE:
		view->charges++;
		break;
	case FILES_CANCEL:
		view->cancel_at_ms = view->started_at_ms ? view->started_at_ms
							 : view->head.created_at_ms;
		break;
	case FILES_ANSWER:
		view_answer(view, body, len);
		break;
	case FILES_PAUSE:
	case FILES_END:
		view_end(view, type, body, len);
		break;
	}
	return view->bad ? FILES_SCAN_STOP : FILES_SCAN_ON;
}

void files_view_init(struct files_view *view)
{
	memset(view, 0, sizeof(*view));
	arena_init(&view->arena);
	files_asked_init(&view->asked);
	view->attempts = 1;
}

int files_view_read(struct files_view *view, int fd, struct err *err)
{
	uint64_t at = 0;
	int rc;

	files_view_init(view);
	rc = files_journal_scan(fd, &at, on_record, view, err);
	if (rc < 0)
		return rc;
	if (view->bad)
		return err_set(err, ERR_INPUT, "a record of the journal cannot be read");
	view->end_at = at - FILES_RECORD_HEAD - view->end_len;
	if (!view->has_head)
		return err_set(err, ERR_NOT_FOUND, "nothing was accepted");
	return 0;
}

void files_view_deinit(struct files_view *view)
{
	files_asked_deinit(&view->asked);
	arena_deinit(&view->arena);
}
