/*
 * top_sample.c - the daemon of this host at one moment, copied from its scoreboards
 *
 * The boards are opened for each sample: after an upgrade the file is another one, and a
 * daemon that was started again is found by itself.
 */
#include "cli/top_sample.h"

#include "base/clock.h"
#include "base/mem.h"
#include "ipc/score_before.h"

#include <stdio.h>
#include <string.h>

static int64_t age_ms(int64_t mono_ms, int64_t now_mono_ms)
{
	/* it may have turned since the sample began */
	return !mono_ms ? -1 : now_mono_ms > mono_ms ? now_mono_ms - mono_ms : 0;
}

static void take_row(struct top_sample *sample, const struct score_slot *slot,
		     enum score_state state, bool before)
{
	struct top_row *row = &sample->rows[sample->count++];
	char text[IDS_MAX];

	memset(row, 0, sizeof(*row));
	row->state = state;
	row->before = before;
	(void)snprintf(row->kind, sizeof(row->kind), "%.*s", (int)sizeof(row->kind) - 1,
		       score_text_get(&slot->kind, text));
	(void)score_text_get(&slot->row_name, row->name);
	if (state == SCORE_DEAD)
		(void)score_text_get(&slot->cause, row->cause);
	row->slot = atomic_load(&slot->number);
	row->pid = atomic_load(&slot->pid);
	row->generation = atomic_load(&slot->generation);
	row->up_ms = clock_wall_ms() - atomic_load(&slot->started_at_ms);
	row->pulse_ms = age_ms(atomic_load(&slot->pulse_mono_ms), sample->mono_ms);
	row->late_ms = score_get(slot, SCORE_PULSE_LATE_MS);
	row->requests = score_get(slot, SCORE_REQUESTS);
	row->runs = score_get(slot, SCORE_RUNS_ENDED);
	row->active_runs = score_get(slot, SCORE_ACTIVE_RUNS);
	row->max_runs = score_get(slot, SCORE_MAX_RUNS);
	row->active = row->active_runs + score_get(slot, SCORE_CONNECTIONS);
	row->ended = row->runs + row->requests;
	row->failed =
		score_get(slot, SCORE_RUNS_FAILED) + score_get(slot, SCORE_REQUESTS_5XX);
	row->steps = score_get(slot, SCORE_STEPS);
	/* the one that asks Redis; a successor's before that of who drains */
	if (strcmp(row->kind, "keeper") == 0 && state == SCORE_READY && !before) {
		sample->waiting = score_get(slot, SCORE_WAITING);
		sample->oldest_ms = score_get(slot, SCORE_OLDEST_MS);
	}
	row->proc = state == SCORE_DEAD ? (struct top_proc){ -1, -1, -1 }
					: top_proc_look(row->pid);
}

static void take_rows(struct top_sample *sample, const struct scoreboard *board,
		      bool before)
{
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS && sample->count < TOP_SAMPLE_ROWS; i++) {
		enum score_state state =
			(enum score_state)atomic_load(&board->slots[i].state);

		if (state != SCORE_FREE)
			take_row(sample, &board->slots[i], state, before);
	}
}

static void take_before(void *arg, const struct scoreboard *board)
{
	take_rows(arg, board, true);
}

static void take_board(struct top_sample *sample, const struct scoreboard *board)
{
	sample->running = true;
	(void)snprintf(sample->version, sizeof(sample->version), "%s", board->version);
	(void)snprintf(sample->host, sizeof(sample->host), "%s", board->host_name);
	(void)score_text_get(&board->reason, sample->reason);
	(void)score_text_get(&board->reload, sample->reload);
	sample->state = (enum score_master_state)atomic_load(&board->master_state);
	sample->pid = board->master_pid;
	sample->generation = atomic_load(&board->generation);
	sample->up_ms = clock_wall_ms() - board->started_at_ms;
	sample->pulse_ms =
		age_ms(atomic_load(&board->master_pulse_mono_ms), sample->mono_ms);
	sample->proc = top_proc_look(sample->pid);
	take_rows(sample, board, false);
}

int top_sample_take(const char *run_dir, struct top_sample *ret, struct err *err)
{
	struct top_sample sample = { .mono_ms = clock_mono_ms(),
				     .waiting = -1,
				     .oldest_ms = -1 };
	const struct scoreboard *board = NULL;
	int rc = scoreboard_open_readonly(run_dir, &board, err);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	sample.rows = mem_new_n(struct top_row, TOP_SAMPLE_ROWS);
	if (board && scoreboard_master_alive(board) &&
	    atomic_load(&board->master_state) != SCORE_MASTER_STOPPED)
		take_board(&sample, board);
	score_before_each(run_dir, take_before, &sample);
	scoreboard_close(board);
	*ret = sample;
	return 0;
}

void top_sample_deinit(struct top_sample *sample)
{
	mem_free(sample->rows);
	sample->rows = NULL;
	sample->count = 0;
}
