/*
 * autopsy.c - what is known of a death, told and kept
 *
 * The slot of the dead process says whose code was on the CPU, in which step, and where
 * it stood if it died of a signal that it could answer (ipc/stack.c). One that was
 * killed, by us or by the kernel, leaves no stack.
 *
 * The log has all of it. The scoreboard keeps the last few deaths, since the slot itself
 * is free again as soon as what the dead one held has gone back.
 */
#include "master/autopsy.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "ipc/stack.h"
#include "master/house.h"

#include <stdio.h>
#include <string.h>

/* A value of the log holds 400 bytes. */
#define STACK_PART 380

/* One line has room for a few frames only: as many lines as there is stack. */
static void tell_stack(const struct child *child)
{
	struct str text = STR_INIT;
	const char *rest;
	size_t left;
	int part = 0;

	stack_describe(child->score, &text);
	rest = str_text(&text);
	left = text.len;
	while (left) {
		char piece[STACK_PART + 1];
		size_t len = left < STACK_PART ? left : STACK_PART;

		while (len < left && len > STACK_PART / 2 && rest[len - 1] != '<')
			len--; /* between two frames */
		memcpy(piece, rest, len);
		piece[len] = '\0';
		log_warn("child.stack", LOG_S("child_kind", child->kind->name),
			 LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
			 LOG_N("part", part++), LOG_S("frames", piece));
		rest += len;
		left -= len;
	}
	str_deinit(&text);
}

void autopsy_record(struct master *m, const struct child *child, const char *cause,
		    int64_t lived_ms, bool in_order)
{
	uint32_t n = atomic_load_explicit(&m->board->death_count, memory_order_relaxed);
	struct score_death *death = &m->board->deaths[n % SCORE_DEATHS];
	char suspect[IDS_MAX], step[IDS_MAX], shown[IDS_MAX];
	int memory_gone =
		atomic_load_explicit(&child->score->memory_gone, memory_order_relaxed);

	(void)score_suspect_get(child->score, suspect);
	(void)score_text_get(&child->score->step, step);
	LOG_AT(in_order ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "child.died",
	       LOG_S("child_kind", child->kind->name), LOG_N("child_slot", child->slot),
	       LOG_N("child", child->pid), LOG_S("cause", cause),
	       LOG_N("lived_ms", lived_ms), LOG_S("suspect", suspect),
	       LOG_S("step", step), LOG_N("memory_gone", memory_gone));
	tell_stack(child);
	if (in_order)
		return;
	atomic_store_explicit(&death->at_ms, clock_wall_ms(), memory_order_relaxed);
	atomic_store_explicit(&death->pid, child->pid, memory_order_relaxed);
	atomic_store_explicit(&death->slot, child->slot, memory_order_relaxed);
	score_text_set(&death->kind, child->kind->name);
	(void)snprintf(shown, sizeof(shown), "%s%s", cause,
		       memory_gone ? ", out of memory" : "");
	score_text_set(&death->cause, shown);
	score_text_set(&death->suspect, suspect);
	score_text_set(&death->step, step);
	atomic_store_explicit(&m->board->death_count, n + 1, memory_order_release);
}
