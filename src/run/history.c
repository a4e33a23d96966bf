/*
 * history.c - what a run's steps did, in order (step_history, CONTRACT 5.3)
 *
 * Entries live as long as the run, in its arena, and only the list's end ever changes.
 * How often a step was there is counted beside the list, for the loop guard and the
 * number of the execution. A branch has a list of its own over that of the path that it
 * left; the join copies it behind. Moments are shown as stock writes them: UTC, whole
 * seconds.
 */
#include "run/history.h"

#include "base/arena.h"
#include "base/digits.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "base/str.h"
#include "base/utf8.h"
#include "run/definition.h"

#include <string.h>

#define ERROR_MAX   2000
#define ENTRY_BYTES 256 /* as JSON, about */

void history_init(struct history *history, struct arena *arena,
		  const struct definition *definition)
{
	memset(history, 0, sizeof(*history));
	history->by_step = arena_new_n(arena, int, definition->steps_count);
}

void history_init_over(struct history *history, struct arena *arena,
		       const struct definition *definition, const struct history *parent)
{
	history_init(history, arena, definition);
	history->parent = parent;
}

void history_add(struct history *history, struct arena *arena,
		 const struct definition_step *step, int64_t started_at_ms,
		 int64_t ended_at_ms, int64_t duration_ms, enum fail_class class,
		 const char *error)
{
	struct history_entry *entry = arena_new(arena, struct history_entry);

	entry->step = step;
	entry->started_at_ms = started_at_ms;
	entry->ended_at_ms = ended_at_ms;
	entry->duration_ms = duration_ms;
	entry->class = class;
	if (error)
		entry->error = arena_dup_n(arena, error,
					   utf8_cut(error, strlen(error), ERROR_MAX));
	if (history->newest)
		history->newest->next = entry;
	else
		history->first = entry;
	history->newest = entry;
	history->count++;
	history->by_step[step->index]++;
}

void history_join(struct history *history, struct arena *arena,
		  const struct history *branch)
{
	const struct history_entry *entry;

	for (entry = branch->first; entry; entry = entry->next)
		history_add(history, arena, entry->step, entry->started_at_ms,
			    entry->ended_at_ms, entry->duration_ms, entry->class,
			    entry->error);
}

int history_count(const struct history *history, const struct definition_step *step)
{
	int count = 0;

	for (; history; history = history->parent)
		count += history->by_step[step->index];
	return count;
}

size_t history_total(const struct history *history)
{
	size_t count = 0;

	for (; history; history = history->parent)
		count += history->count;
	return count;
}

struct history_iter history_iter(const struct history *history)
{
	struct history_iter it = { .leaf = history, .level = history };

	while (it.level->parent)
		it.level = it.level->parent;
	it.next = it.level->first;
	return it;
}

const struct history_entry *history_next(struct history_iter *it)
{
	const struct history_entry *entry;
	const struct history *above;

	while (!it->next && it->level != it->leaf) {
		for (above = it->leaf; above->parent != it->level;)
			above = above->parent;
		it->level = above;
		it->next = above->first;
	}
	entry = it->next;
	if (entry)
		it->next = entry->next;
	return entry;
}

char *history_seconds(int64_t ms, char *buf)
{
	int64_t hundredths = ms > 0 ? (ms + 5) / 10 : 0;
	size_t len = digits_put((uint64_t)hundredths / 100, buf);

	buf[len++] = '.';
	digits_put_padded((unsigned)(hundredths % 100), 2, buf + len);
	buf[len + 2] = '\0';
	return buf;
}

static void print_moment(struct jsonw *w, const char *key, int64_t at_ms)
{
	char stamp[MOMENT_MAX];

	jsonw_pair_text(w, key, moment_text_sec(at_ms, stamp));
}

static void print_entry(struct jsonw *w, const struct history_entry *entry)
{
	char seconds[HISTORY_SECONDS_MAX];

	jsonw_object(w);
	jsonw_pair_text(w, "step_id", entry->step->id);
	jsonw_pair_text(w, "step_name", entry->step->name);
	jsonw_pair_text(w, "step_type", entry->step->type_name);
	jsonw_pair_text(w, "status", entry->class == FAIL_NONE ? "completed" : "failed");
	if (entry->class == FAIL_NONE) {
		print_moment(w, "started_at", entry->started_at_ms);
		print_moment(w, "ended_at", entry->ended_at_ms);
		(void)history_seconds(entry->duration_ms, seconds);
		jsonw_pair_raw(w, "duration_seconds", seconds, strlen(seconds));
		jsonw_pair_text(w, "output_key", entry->step->output_key);
	} else {
		jsonw_pair_text(w, "error", entry->error);
		jsonw_pair_text(w, "error_class", fail_name(entry->class));
	}
	jsonw_object_end(w);
}

void history_print(const struct history *history, struct str *out)
{
	struct history_iter it = history_iter(history);
	const struct history_entry *entry;
	struct jsonw w;

	(void)str_reserve(out, history_total(history) * ENTRY_BYTES);
	jsonw_init(&w, out);
	jsonw_array(&w);
	while ((entry = history_next(&it)))
		print_entry(&w, entry);
	jsonw_array_end(&w);
}
