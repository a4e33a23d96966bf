/*
 * file_sums.c - sums of runs, out of the index of a host without Postgres
 *
 * What store/sql/analytics_runs.sql and fleet_minutes.sql answer, in the same words. The
 * index has what is summed, so no journal is read but those of a start that are not in it
 * yet. It is gone through in pieces (file_walk.h), and what is kept of a run is how long
 * it took. Runs whose files are forgotten (standalone.keep_runs) are in no sum.
 */
#include "api/file_sums.h"

#include "api/file_walk.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "store/files_index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 5000 /* for all of it, as in scale mode */
#define DAY_MS      86400000LL
#define MINUTE_MS   60000LL
#define ENTRIES     256   /* of the index, in one step */
#define GROUPS_MAX  10000 /* different ones that are kept: others are in the total */

/* The first characters of a moment of UTC, "2026-11-23T21:45:00", and an end. */
static const char *stamp(int64_t at_ms, size_t len, const char *end, char *buf)
{
	memcpy(moment_text(at_ms, buf) + len, end, strlen(end) + 1);
	return buf;
}

/* ---- where a walk is in the index ---- */

struct place {
	int64_t made_at_ms;
	char run_id[IDS_MAX]; /* "": in front of all of that moment */
};

static size_t place_next(const struct place *place, const struct files_index *index)
{
	return files_index_behind(index, place->made_at_ms, place->run_id);
}

static void place_at(struct place *place, const struct files_indexed *one)
{
	place->made_at_ms = one->made_at_ms;
	(void)snprintf(place->run_id, sizeof(place->run_id), "%s", one->run_id);
}

/* ---- groups ---- */

struct group {
	char *key; /* in the arena; NULL: the total */
	int64_t runs, completed, failed, cancelled, tokens;
	double cost_usd;
	double *spans; /* owned: seconds, of those that ended */
	size_t count, room;
};

struct sums {
	struct file_walk walk;
	const struct file_reads *reads;
	struct arena arena;
	struct store_analytics_ask ask; /* texts are in the arena */
	struct place place;
	struct map by_key;
	struct group **groups; /* owned, what it points to is in the arena */
	size_t count;
	struct group total;
	int64_t until_mono_ms;
	bool late;
	bool counted;  /* all of them */
	size_t sorted; /* groups whose spans are */
	bool more;
	port_sums_cb cb;
	void *arg;
};

static const char *key_of(const struct sums *sums, int64_t made_at_ms,
			  const struct files_summary *run, char buf[MOMENT_MAX])
{
	const char *by = sums->ask.by;

	if (strcmp(by, "orchestration") == 0)
		return run->orchestration_id;
	if (strcmp(by, "tenant") == 0)
		return run->tenant_id;
	return strcmp(by, "day") == 0 ? stamp(made_at_ms, 10, "", buf)
				      : stamp(made_at_ms, 13, ":00Z", buf);
}

static void add_run(struct group *group, const struct files_summary *run)
{
	const char *status = run->status;

	group->runs++;
	group->completed += strcmp(status, "completed") == 0;
	group->failed += strcmp(status, "failed") == 0;
	group->cancelled += strcmp(status, "cancelled") == 0;
	group->tokens += run->tokens;
	group->cost_usd += run->cost_usd;
	if (!run->ended_at_ms || !run->started_at_ms)
		return;
	if (group->count == group->room) {
		group->room = group->room ? group->room * 2 : 16;
		group->spans =
			mem_resize(group->spans, group->room * sizeof(*group->spans));
	}
	group->spans[group->count++] =
		(double)(run->ended_at_ms - run->started_at_ms) / 1000.0;
}

static struct group *group_of(struct sums *sums, const char *key)
{
	struct group *group = map_get(&sums->by_key, key, strlen(key));

	if (group)
		return group;
	if (sums->count == GROUPS_MAX) {
		sums->more = true;
		return NULL;
	}
	group = arena_new(&sums->arena, struct group);
	group->key = arena_dup(&sums->arena, key);
	(void)map_put(&sums->by_key, group->key, strlen(group->key), group);
	sums->groups[sums->count++] = group;
	return group;
}

static void count_in(struct sums *sums, int64_t made_at_ms,
		     const struct files_summary *run)
{
	const struct store_analytics_ask *ask = &sums->ask;
	char buf[MOMENT_MAX];
	struct group *group;

	if ((ask->tenant_id && strcmp(ask->tenant_id, run->tenant_id) != 0) ||
	    (ask->orchestration_id &&
	     strcmp(ask->orchestration_id, run->orchestration_id) != 0))
		return;
	add_run(&sums->total, run);
	group = group_of(sums, key_of(sums, made_at_ms, run, buf));
	if (group)
		add_run(group, run);
}

/* One that goes on, or that nobody has looked into since the start: its file is read. */
static void count_unknown(struct sums *sums, int64_t made_at_ms)
{
	struct file_reads_run found;

	if (file_reads_run(sums->reads, sums->place.run_id, FILE_READS_ROW, &found) ==
	    ERRORS_NONE) {
		const struct files_summary run = {
			.orchestration_id = found.run.orchestration_id,
			.tenant_id = found.run.tenant_id,
			.status = found.run.status,
			.tokens = found.run.total_tokens_used,
			.cost_usd = found.run.total_cost_usd,
		};

		count_in(sums, made_at_ms, &run);
	}
	file_reads_run_deinit(&found);
}

/* false: there are no more runs. */
static bool count_some(struct sums *sums)
{
	const struct files_index *index = sums->reads->index;
	size_t i = place_next(&sums->place, index), n = files_index_count(index);
	size_t end = i + ENTRIES;

	for (; i < n && i < end; i++) {
		const struct files_indexed *one = files_index_at(index, i);

		if (one->made_at_ms < sums->ask.since_ms)
			return false;
		place_at(&sums->place, one);
		if (one->made_at_ms >= sums->ask.until_ms)
			continue;
		if (!one->known) {
			count_unknown(sums, one->made_at_ms);
			return true;
		}
		count_in(sums, one->made_at_ms, &one->summary);
	}
	return i < n;
}

static int compare_spans(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static void sort_spans(struct group *group)
{
	if (group->count)
		qsort(group->spans, group->count, sizeof(*group->spans), compare_spans);
}

/* Counting, then a sort for each group: one of very many runs takes a while. */
static bool sums_step(struct file_walk *walk)
{
	struct sums *sums = list_entry(walk, struct sums, walk);

	if (!sums->counted) {
		/* after a start there may be many that nobody has looked into */
		sums->late = clock_mono_ms() > sums->until_mono_ms;
		sums->counted = !count_some(sums);
		return !sums->late;
	}
	if (sums->sorted == sums->count) {
		sort_spans(&sums->total);
		return false;
	}
	sort_spans(sums->groups[sums->sorted++]);
	return true;
}

static int compare_runs(const void *a, const void *b)
{
	const struct group *const *one = a, *const *other = b;
	int64_t x = (*one)->runs, y = (*other)->runs;

	return x != y ? (x < y) - (x > y) : strcmp((*one)->key, (*other)->key);
}

static int compare_keys(const void *a, const void *b)
{
	const struct group *const *one = a, *const *other = b;

	return strcmp((*one)->key, (*other)->key);
}

static double rounded(double value, double digits)
{
	return round(value * digits) / digits;
}

static void print_span(struct jsonw *w, const char *name, const struct group *group,
		       double part)
{
	double at = part * (double)(group->count - 1), below;
	size_t i = group->count ? (size_t)at : 0;

	jsonw_key(w, name);
	if (!group->count) {
		jsonw_null(w);
		return;
	}
	below = group->spans[i];
	if (i + 1 < group->count)
		below += (at - (double)i) * (group->spans[i + 1] - below);
	jsonw_double(w, rounded(below, 1e3));
}

static void print_group(struct jsonw *w, const struct group *group)
{
	int64_t decided = group->completed + group->failed;

	jsonw_object(w);
	if (group->key)
		jsonw_pair_text(w, "key", group->key);
	jsonw_pair_int(w, "runs", group->runs);
	jsonw_key(w, "turns");
	jsonw_null(w);
	jsonw_pair_int(w, "completed", group->completed);
	jsonw_pair_int(w, "failed", group->failed);
	jsonw_pair_int(w, "cancelled", group->cancelled);
	jsonw_key(w, "success_rate");
	if (decided)
		jsonw_double(
			w,
			rounded((double)group->completed * 100.0 / (double)decided, 1e2));
	else
		jsonw_null(w);
	print_span(w, "p50_seconds", group, 0.5);
	print_span(w, "p95_seconds", group, 0.95);
	print_span(w, "p99_seconds", group, 0.99);
	jsonw_pair_double(w, "cost_usd", rounded(group->cost_usd, 1e6));
	jsonw_pair_int(w, "tokens", group->tokens);
	jsonw_object_end(w);
}

static void answer_sums(struct sums *sums)
{
	size_t i, shown = sums->count;
	struct str groups = STR_INIT, total = STR_INIT;
	struct store_analytics got;
	struct jsonw w;

	if ((int64_t)shown > sums->ask.groups_max) {
		shown = (size_t)sums->ask.groups_max;
		sums->more = true;
	}
	qsort(sums->groups, sums->count, sizeof(struct group *), compare_runs);
	qsort(sums->groups, shown, sizeof(struct group *), compare_keys);
	jsonw_init(&w, &groups);
	jsonw_array(&w);
	for (i = 0; i < shown; i++)
		print_group(&w, sums->groups[i]);
	jsonw_array_end(&w);
	jsonw_init(&w, &total);
	print_group(&w, &sums->total);
	got = (struct store_analytics){
		.groups = str_text(&groups),
		.total = str_text(&total),
		.more = sums->more,
	};
	sums->cb(sums->arg, ERRORS_NONE, &got);
	str_deinit(&groups);
	str_deinit(&total);
}

static void sums_over(struct file_walk *walk, bool whole)
{
	struct sums *sums = list_entry(walk, struct sums, walk);
	size_t i;

	if (whole && !sums->late)
		answer_sums(sums);
	else
		sums->cb(sums->arg, whole ? ERRORS_BUSY : ERRORS_DRAINING, NULL);
	for (i = 0; i < sums->count; i++)
		mem_free(sums->groups[i]->spans);
	mem_free(sums->total.spans);
	mem_free(sums->groups);
	map_deinit(&sums->by_key);
	arena_deinit(&sums->arena);
	mem_free(sums);
}

void file_sums_groups(const struct file_reads *reads, struct file_walks *walks,
		      const struct store_analytics_ask *ask, port_sums_cb cb, void *arg)
{
	struct sums *sums;

	if (strcmp(ask->by, "model") == 0) {
		cb(arg, ERRORS_SCALE_ONLY, NULL);
		return;
	}
	sums = mem_new(struct sums);
	arena_init(&sums->arena);
	map_init(&sums->by_key);
	sums->walk.step = sums_step;
	sums->walk.over = sums_over;
	sums->reads = reads;
	sums->ask = *ask;
	sums->ask.by = arena_dup(&sums->arena, ask->by);
	if (ask->tenant_id)
		sums->ask.tenant_id = arena_dup(&sums->arena, ask->tenant_id);
	if (ask->orchestration_id)
		sums->ask.orchestration_id =
			arena_dup(&sums->arena, ask->orchestration_id);
	sums->place.made_at_ms = ask->until_ms;
	sums->until_mono_ms = clock_mono_ms() + PATIENCE_MS;
	sums->groups = mem_new_n(struct group *, GROUPS_MAX);
	sums->cb = cb;
	sums->arg = arg;
	file_walks_start(walks, &sums->walk);
}

/* ---- minutes ---- */

struct bucket {
	int64_t ended, failed;
	double cost_usd;
};

struct minutes {
	struct file_walk walk;
	const struct file_reads *reads;
	struct place place;
	int64_t now_ms;
	int64_t first; /* minute since 1970 */
	size_t count;
	struct bucket *at; /* owned */
	struct bucket today;
	port_minutes_cb cb;
	void *arg;
};

static void count_end(struct bucket *bucket, const struct files_summary *run)
{
	bucket->ended++;
	bucket->failed += strcmp(run->status, "failed") == 0;
	bucket->cost_usd += run->cost_usd;
}

static bool minutes_step(struct file_walk *walk)
{
	struct minutes *minutes = list_entry(walk, struct minutes, walk);
	const struct files_index *index = minutes->reads->index;
	size_t i = place_next(&minutes->place, index), n = files_index_count(index);
	size_t end = i + ENTRIES;

	for (; i < n && i < end; i++) {
		const struct files_indexed *one = files_index_at(index, i);
		const struct files_summary *run = &one->summary;
		int64_t minute;

		place_at(&minutes->place, one);
		if (!one->known)
			continue;
		minute = run->ended_at_ms / MINUTE_MS - minutes->first;
		if (run->ended_at_ms / DAY_MS == minutes->now_ms / DAY_MS)
			count_end(&minutes->today, run);
		if (minute >= 0 && minute < (int64_t)minutes->count)
			count_end(&minutes->at[minute], run);
	}
	return i < n;
}

static void print_bucket(struct jsonw *w, const struct bucket *bucket)
{
	jsonw_pair_int(w, "ended", bucket->ended);
	jsonw_pair_int(w, "failed", bucket->failed);
	jsonw_pair_double(w, "cost_usd", rounded(bucket->cost_usd, 1e6));
	jsonw_object_end(w);
}

static void answer_minutes(const struct minutes *minutes)
{
	struct str list = STR_INIT, today = STR_INIT;
	struct store_minutes got;
	char buf[MOMENT_MAX];
	struct jsonw w;
	size_t i;

	jsonw_init(&w, &list);
	jsonw_array(&w);
	for (i = 0; i < minutes->count; i++) {
		int64_t at_ms = (minutes->first + (int64_t)i) * MINUTE_MS;

		if (!minutes->at[i].ended)
			continue;
		jsonw_object(&w);
		jsonw_pair_text(&w, "minute", stamp(at_ms, 16, "Z", buf));
		print_bucket(&w, &minutes->at[i]);
	}
	jsonw_array_end(&w);
	jsonw_init(&w, &today);
	jsonw_object(&w);
	print_bucket(&w, &minutes->today);
	got = (struct store_minutes){
		.minutes = str_text(&list),
		.today = str_text(&today),
		.now = moment_text_sec(minutes->now_ms, buf),
	};
	minutes->cb(minutes->arg, ERRORS_NONE, &got);
	str_deinit(&list);
	str_deinit(&today);
}

static void minutes_over(struct file_walk *walk, bool whole)
{
	struct minutes *minutes = list_entry(walk, struct minutes, walk);

	if (whole)
		answer_minutes(minutes);
	else
		minutes->cb(minutes->arg, ERRORS_DRAINING, NULL);
	mem_free(minutes->at);
	mem_free(minutes);
}

void file_sums_minutes(const struct file_reads *reads, struct file_walks *walks,
		       int64_t count, port_minutes_cb cb, void *arg)
{
	struct minutes *minutes = mem_new(struct minutes);

	minutes->walk.step = minutes_step;
	minutes->walk.over = minutes_over;
	minutes->reads = reads;
	minutes->place.made_at_ms = INT64_MAX;
	minutes->now_ms = clock_wall_ms();
	minutes->first = minutes->now_ms / MINUTE_MS - count + 1;
	minutes->count = (size_t)count;
	minutes->at = mem_new_n(struct bucket, minutes->count);
	minutes->cb = cb;
	minutes->arg = arg;
	file_walks_start(walks, &minutes->walk);
}
