/* history.h - what a run's steps did, in order (step_history, CONTRACT 5.3) */
#ifndef RUN_HISTORY_H
#define RUN_HISTORY_H

#include "base/str.h"
#include "run/fail.h"

#include <stddef.h>
#include <stdint.h>

struct arena;
struct definition;
struct definition_step;

struct history_entry {
	const struct definition_step *step; /* borrowed from the definition */
	int64_t started_at_ms;
	int64_t ended_at_ms;
	int64_t duration_ms;        /* by the monotonic clock */
	enum fail_class class;      /* FAIL_NONE: completed */
	const char *error;          /* NULL when completed; in the arena */
	struct history_entry *next; /* the later one */
};

/*
 * Grows in an arena; nothing to free. A history with a parent is one of a branch: its
 * reader sees the parent's entries and its own behind them. first, newest, count and
 * by_step are one level's own: readers use history_total(), history_count() and
 * history_next().
 */
struct history {
	const struct history *parent; /* not written while it has one above; NULL: none */
	struct history_entry *first;
	struct history_entry *newest;
	size_t count;
	int *by_step; /* entries of each step, by its index */
};

void history_init(struct history *history, struct arena *arena,
		  const struct definition *definition);
void history_init_over(struct history *history, struct arena *arena,
		       const struct definition *definition, const struct history *parent);
/* Append what a branch has of its own. */
void history_join(struct history *history, struct arena *arena,
		  const struct history *branch);

/* What a reader sees, the oldest first; borrowed. */
struct history_iter {
	const struct history *leaf;
	const struct history *level;
	const struct history_entry *next;
};
struct history_iter history_iter(const struct history *history);
const struct history_entry *history_next(struct history_iter *it); /* NULL: no more */
/* How many entries a reader sees. */
size_t history_total(const struct history *history);
/* error is copied, cut at 2000 bytes; NULL for a completed one. */
void history_add(struct history *history, struct arena *arena,
		 const struct definition_step *step, int64_t started_at_ms,
		 int64_t ended_at_ms, int64_t duration_ms, enum fail_class class,
		 const char *error);
/* Seconds with two decimals, as entries and events show a duration: "1.42". */
#define HISTORY_SECONDS_MAX 32
char *history_seconds(int64_t ms, char *buf);
/* How many entries a reader sees of the step. */
int history_count(const struct history *history, const struct definition_step *step);
/* JSON list, oldest first, appended. Completed entries have started_at, ended_at,
 * duration_seconds and output_key, failed ones error and error_class. */
void history_print(const struct history *history, struct str *out);

#endif
