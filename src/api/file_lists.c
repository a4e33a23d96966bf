/*
 * file_lists.c - lists of runs, out of the index of a host without Postgres
 *
 * Filters compare what the index and the host have in memory; a text is looked for in the
 * journals of what passes the others, and those of a start that are not in the index yet
 * are read, too. Both are bounded for a page: it may be short then, or empty, and `next`
 * says where to go on. Journals are read one in a step (file_walk.h); what is found is
 * copied, since runs come and go between two.
 */
#include "api/file_lists.h"

#include "api/file_walk.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/host_file.h"
#include "store/files_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Journals that one page reads. */
#define LOOKS_MAX 300

/* Of the index, in one step. */
#define ENTRIES 256

struct page {
	struct file_walk walk;
	const struct file_reads *reads;
	struct arena arena;
	struct store_run_filter filter; /* texts are in the arena */
	struct store_run_status *runs;  /* owned; texts are in the arena */
	size_t count;
	size_t looks;
	bool begun; /* and behind this one: */
	int64_t made_at_ms;
	char run_id[IDS_MAX];
	port_runs_cb cb;
	void *arg;
};

static bool same(const char *wanted, const char *value)
{
	return !wanted || (value && strcmp(wanted, value) == 0);
}

static bool has_tag(const char *metadata, const char *key, const char *value)
{
	const struct json *tag;
	struct json *doc = NULL;
	struct str text = STR_INIT;
	bool found = false;

	if (!metadata ||
	    jsonr_parse(metadata, strlen(metadata), &doc, NULL, NULL, NULL) < 0)
		return false;
	tag = jsonr_find(doc, key, &found);
	if (found && jsonr_text(tag)) {
		found = strcmp(jsonr_text(tag), value) == 0;
	} else if (found) {
		jsonr_print(tag, &text);
		found = strcmp(str_text(&text), value) == 0;
	}
	str_deinit(&text);
	jsonr_free(doc);
	return found;
}

static bool fits(const struct store_run_status *run,
		 const struct store_run_filter *filter)
{
	return same(filter->tenant_id, run->tenant_id) &&
	       same(filter->status, run->status) &&
	       same(filter->orchestration_id, run->orchestration_id) &&
	       same(filter->session_id, run->session_id) &&
	       (!filter->tag_key ||
		has_tag(run->metadata, filter->tag_key, filter->tag_value));
}

static bool in_time(int64_t made_at_ms, const struct store_run_filter *filter)
{
	return made_at_ms >= filter->since_ms &&
	       (!filter->until_ms || made_at_ms < filter->until_ms);
}

static bool holds(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool has_text(struct page *page, const char *run_id, const char *text)
{
	struct file_reads_run whole;
	bool found;

	page->looks++;
	found = file_reads_run(page->reads, run_id, FILE_READS_ALL, &whole) ==
			ERRORS_NONE &&
		(holds(whole.view.head.message, text) ||
		 (whole.view.ended && (holds(whole.view.end.response, text) ||
				       holds(whole.view.end.error, text))));
	file_reads_run_deinit(&whole);
	return found;
}

/* Borrowed texts become the page's. */
static void keep(struct page *page, struct store_run_status *run)
{
	const char **texts[] = {
		&run->run_id,       &run->orchestration_id,
		&run->tenant_id,    &run->session_id,
		&run->status,       &run->current_step_id,
		&run->human_prompt, &run->human_fields,
		&run->worker_id,    &run->started_at,
		&run->ended_at,     &run->created_at,
		&run->picked_up_at, &run->cancel_requested_at,
		&run->metadata,     &run->run_at,
		&run->schedule_id,
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (*texts[i])
			*texts[i] = arena_dup(&page->arena, *texts[i]);
	run->final_response = run->error = NULL; /* as lists of scale mode */
}

static void add(struct page *page, const struct files_indexed *one)
{
	const struct store_run_filter *filter = &page->filter;
	struct file_reads_run run;

	if (!in_time(one->made_at_ms, filter))
		return;
	page->looks += !one->known && !host_file_find(page->reads->host, one->run_id);
	if (file_reads_run(page->reads, page->run_id, FILE_READS_ROW, &run) ==
		    ERRORS_NONE &&
	    fits(&run.run, filter) &&
	    (!filter->text || has_text(page, page->run_id, filter->text))) {
		keep(page, &run.run);
		page->runs[page->count++] = run.run;
	}
	file_reads_run_deinit(&run);
}

static size_t next_of(const struct page *page)
{
	const struct files_index *index = page->reads->index;
	const char *after = page->filter.after;

	if (page->begun)
		return files_index_behind(index, page->made_at_ms, page->run_id);
	/* "<made at>.<id>" of the run that was shown last */
	return after ? files_index_behind(index, strtoll(after, NULL, 10),
					  strchr(after, '.') + 1)
		     : 0;
}

static bool is_full(const struct page *page)
{
	return page->count == (size_t)page->filter.limit || page->looks >= LOOKS_MAX;
}

static bool page_step(struct file_walk *walk)
{
	struct page *page = list_entry(walk, struct page, walk);
	size_t i = next_of(page), end = i + ENTRIES, looks = page->looks;

	/* a look may change the index */
	for (; i < files_index_count(page->reads->index) && i < end; i = next_of(page)) {
		const struct files_indexed *one = files_index_at(page->reads->index, i);

		if (one->made_at_ms < page->filter.since_ms) {
			page->begun = false; /* the others are older still */
			return false;
		}
		page->begun = true;
		page->made_at_ms = one->made_at_ms;
		(void)snprintf(page->run_id, sizeof(page->run_id), "%s", one->run_id);
		add(page, one);
		if (is_full(page))
			return false;
		if (page->looks != looks)
			return true;
	}
	return i < files_index_count(page->reads->index);
}

static void page_over(struct file_walk *walk, bool whole)
{
	struct page *page = list_entry(walk, struct page, walk);
	const char *next = NULL;

	if (whole && page->begun && next_of(page) < files_index_count(page->reads->index))
		next = arena_printf(&page->arena, "%" PRId64 ".%s", page->made_at_ms,
				    page->run_id);
	if (whole)
		page->cb(page->arg, ERRORS_NONE, page->runs, page->count, next);
	else
		page->cb(page->arg, ERRORS_DRAINING, NULL, 0, NULL);
	mem_free(page->runs);
	arena_deinit(&page->arena);
	mem_free(page);
}

void file_lists_runs(const struct file_reads *reads, struct file_walks *walks,
		     const struct store_run_filter *filter, port_runs_cb cb, void *arg)
{
	struct page *page = mem_new(struct page);
	const char **texts[] = {
		&page->filter.tenant_id,
		&page->filter.status,
		&page->filter.orchestration_id,
		&page->filter.session_id,
		&page->filter.text,
		&page->filter.tag_key,
		&page->filter.tag_value,
		&page->filter.after,
	};
	size_t i;

	page->walk.step = page_step;
	page->walk.over = page_over;
	page->reads = reads;
	arena_init(&page->arena);
	page->filter = *filter;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (*texts[i])
			*texts[i] = arena_dup(&page->arena, *texts[i]);
	page->runs = mem_new_n(struct store_run_status, (size_t)filter->limit + 1);
	page->cb = cb;
	page->arg = arg;
	file_walks_start(walks, &page->walk);
}
