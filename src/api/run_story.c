/*
 * run_story.c - steps and workers of a run, as its journal tells them
 *
 * One entry for each execution of a step on its path: begun, ended, how often it was
 * tried. A step that a later owner begins once more (its worker died) is the same
 * execution; one that had ended is a new one. A row for each worker that had the run, in
 * order of epoch.
 */
#include "api/run_story.h"

#include "base/arena.h"
#include "base/jsonw.h"
#include "base/moment.h"
#include "store/store_detail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct part {
	struct store_told begun;
	const char *status;
	const char *ended_ts;         /* NULL */
	const char *duration_seconds; /* NULL */
	const char *error;            /* NULL */
	const char *error_class;      /* NULL */
	int64_t attempts;
	int64_t starts;
	int64_t execution;
	bool ended;
};

static bool same_step(const struct store_told *a, const struct store_told *b)
{
	return a->step_id && b->step_id && strcmp(a->step_id, b->step_id) == 0 &&
	       strcmp(a->path, b->path) == 0;
}

/* The newest execution of a step. Steps of a run that goes on are few at a time, so the
 * walk from the end is short. */
static struct part *find(struct part *parts, int count, const struct store_told *told)
{
	int i;

	for (i = count - 1; i >= 0; i--)
		if (same_step(&parts[i].begun, told))
			return &parts[i];
	return NULL;
}

static int begin(struct part *parts, int count, const struct store_told *told)
{
	struct part *before = find(parts, count, told);

	if (before && !before->ended) {
		before->starts++;
		return count;
	}
	parts[count] = (struct part){
		.begun = *told,
		.status = "running",
		.attempts = 1,
		.starts = 1,
		.execution = before ? before->execution + 1 : 1,
	};
	return count + 1;
}

static void end(struct part *part, const struct store_told *told)
{
	bool failed = strcmp(told->type, "step_error") == 0;

	if (failed) {
		part->error = told->error;
		part->error_class = told->error_class;
		if (told->attempt > 0)
			part->attempts = told->attempt + told->again;
	}
	if (failed && told->again)
		return;
	part->ended = true;
	part->status = failed ? "failed" : "completed";
	part->ended_ts = told->ts;
	part->duration_seconds = told->duration_seconds;
}

static void print_stamp(struct jsonw *w, const char *key, const char *ts)
{
	char stamp[MOMENT_MAX];

	jsonw_pair_text(w, key, ts ? moment_text(strtoll(ts, NULL, 10), stamp) : NULL);
}

static void print_part(struct jsonw *w, const struct part *part, bool run_ended)
{
	const char *seconds = part->duration_seconds;

	jsonw_object(w);
	jsonw_pair_text(w, "path", part->begun.path);
	jsonw_pair_text(w, "step_id", part->begun.step_id);
	jsonw_pair_text(w, "name", part->begun.step_name);
	jsonw_pair_text(w, "type", part->begun.step_type);
	jsonw_pair_text(w, "status",
			run_ended && !part->ended ? "stopped" : part->status);
	jsonw_pair_int(w, "execution", part->execution);
	jsonw_pair_int(w, "attempts", part->attempts);
	jsonw_pair_int(w, "starts", part->starts);
	print_stamp(w, "started_at", part->begun.ts);
	print_stamp(w, "ended_at", part->ended_ts);
	jsonw_key(w, "duration_seconds");
	if (seconds)
		jsonw_raw(w, seconds, strlen(seconds));
	else
		jsonw_null(w);
	jsonw_pair_text(w, "error", part->error);
	jsonw_pair_text(w, "error_class", part->error_class);
	jsonw_object_end(w);
}

void run_story_print(struct jsonw *w, struct arena *arena, const struct store_told *told,
		     int n, bool run_ended)
{
	struct part *parts = arena_alloc(arena, (size_t)(n + 1) * sizeof(*parts));
	struct part *part;
	int count = 0, i;

	for (i = 0; i < n; i++) {
		if (strcmp(told[i].type, "step_start") == 0) {
			count = begin(parts, count, &told[i]);
		} else if (told[i].step_id) {
			part = find(parts, count, &told[i]);
			if (part && !part->ended)
				end(part, &told[i]);
		}
	}
	jsonw_key(w, "steps");
	jsonw_array(w);
	for (i = 0; i < count; i++)
		print_part(w, &parts[i], run_ended);
	jsonw_array_end(w);
	jsonw_key(w, "workers");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		if (strcmp(told[i].type, "worker_picked_up") != 0)
			continue;
		jsonw_object(w);
		jsonw_pair_int(w, "epoch", told[i].epoch);
		jsonw_pair_text(w, "worker_id", told[i].worker_id);
		print_stamp(w, "picked_up_at", told[i].ts);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}
