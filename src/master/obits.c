/*
 * obits.c - deaths that wait on the scoreboard until their jobs went back
 *
 * A child gets a slot of the scoreboard for its lifetime and not for its seat. When it
 * dies the slot stays as it was, incarnation, suspect and all, in the state "dead", while
 * the next process of that seat takes another one. So a death survives an absent or dying
 * keeper without any memory of the master's, and a restart waits for nobody.
 *
 * A keeper is told once per process of its own: the next one is told again. Settling a
 * death twice does no harm, since putting jobs back is conditional on who holds them.
 */
#include "master/obits.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/frame.h"
#include "master/child.h"

#include <string.h>

void obits_init(struct obits *obits, struct scoreboard *board)
{
	memset(obits, 0, sizeof(*obits));
	obits->board = board;
}

int obits_slot(struct obits *obits)
{
	int index;

	for (index = 0; index < SCOREBOARD_SLOTS; index++) {
		struct score_slot *slot = &obits->board->slots[index];

		if (atomic_load_explicit(&slot->state, memory_order_relaxed) !=
		    SCORE_FREE)
			continue;
		obits_free_slot(obits, index);
		return index;
	}
	return ERR_FULL;
}

void obits_free_slot(struct obits *obits, int index)
{
	struct score_slot *slot = &obits->board->slots[index];
	int i;

	atomic_store_explicit(&slot->state, SCORE_FREE, memory_order_release);
	atomic_store_explicit(&slot->pid, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->number, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->generation, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->started_at_ms, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->died_at_ms, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->pulse_mono_ms, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->suspect_len, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->largest_bytes, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->memory_gone, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->stack_count, 0, memory_order_relaxed);
	score_text_set(&slot->step, "");
	score_recent_clear(&slot->recent);
	score_text_set(&slot->kind, "");
	score_text_set(&slot->row_name, "");
	score_text_set(&slot->incarnation, "");
	score_text_set(&slot->cause, "");
	score_text_set(&slot->largest, "");
	score_text_set(&slot->sandbox, "");
	for (i = 0; i < SCORE_COUNTERS_ROOM; i++)
		atomic_store_explicit(&slot->counters[i], 0, memory_order_relaxed);
	obits->told[index] = 0;
}

void obits_record(struct obits *obits, int index, const char *cause, int64_t at_ms)
{
	struct score_slot *slot = &obits->board->slots[index];

	score_text_set(&slot->cause, cause);
	atomic_store_explicit(&slot->died_at_ms, at_ms, memory_order_relaxed);
	atomic_store_explicit(&slot->state, SCORE_DEAD, memory_order_release);
	obits->told[index] = 0;
	obits->waiting++;
}

void obits_tell(struct obits *obits, const struct child *keeper)
{
	int index;

	if (!obits->waiting || !keeper || keeper->state != CHILD_READY)
		return;
	for (index = 0; index < SCOREBOARD_SLOTS; index++) {
		struct score_slot *slot = &obits->board->slots[index];
		char text[IDS_MAX];
		struct err err = { .code = 0 };
		struct frame frame;

		if (atomic_load_explicit(&slot->state, memory_order_relaxed) !=
			    SCORE_DEAD ||
		    obits->told[index] == keeper->pid)
			continue;
		frame_init(&frame, FRAME_OBITUARY, index,
			   score_text_get(&slot->cause, text));
		frame.pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);
		frame.generation =
			atomic_load_explicit(&slot->generation, memory_order_relaxed);
		if (frame_send(keeper->fd, &frame, &err) < 0) {
			log_debug("obituary.unsent", LOG_S("error", err.text));
			return;
		}
		obits->told[index] = keeper->pid;
		log_info("obituary.told", LOG_N("dead", frame.pid),
			 LOG_S("incarnation", score_text_get(&slot->incarnation, text)));
	}
}

void obits_done(struct obits *obits, int index, int pid)
{
	struct score_slot *slot = &obits->board->slots[index];
	int64_t took_ms;

	if (atomic_load_explicit(&slot->state, memory_order_relaxed) != SCORE_DEAD ||
	    atomic_load_explicit(&slot->pid, memory_order_relaxed) != pid) {
		log_warn("obituary.unknown", LOG_N("index", index), LOG_N("dead", pid));
		return;
	}
	took_ms = clock_wall_ms() -
		  atomic_load_explicit(&slot->died_at_ms, memory_order_relaxed);
	obits_free_slot(obits, index);
	obits->waiting--;
	log_info("obituary.done", LOG_N("dead", pid), LOG_N("took_ms", took_ms));
}
