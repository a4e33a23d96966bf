/*
 * file_lists.c - lists of runs, out of the index of a host without Postgres
 *
 * Filters compare what the index and the host have in memory; a text is looked for in the
 * journals of what passes the others, and those of a start that are not in the index yet
 * are read, too. Both are bounded for a page: it may be short then, or empty, and `next`
 * says where to go on.
 */
#include "api/file_lists.h"

#include "base/arena.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/host_file.h"
#include "store/files_index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Journals that one page reads. */
#define LOOKS_MAX 300

struct page {
	const struct file_reads *reads;
	const struct store_run_filter *filter;
	struct file_reads_run *found; /* owned: one more than shown */
	size_t count;
	size_t looks;
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

static void add(struct page *page, const struct files_indexed *one)
{
	struct file_reads_run *run = &page->found[page->count];
	const struct store_run_filter *filter = page->filter;
	bool good;

	if (!in_time(one->made_at_ms, filter))
		return;
	page->looks += !one->known && !host_file_find(page->reads->host, one->run_id);
	good = file_reads_run(page->reads, one->run_id, FILE_READS_ROW, run) ==
		       ERRORS_NONE &&
	       fits(&run->run, filter) &&
	       (!filter->text || has_text(page, one->run_id, filter->text));
	if (good)
		page->count++;
	else
		file_reads_run_deinit(run);
}

static size_t first_of(const struct files_index *index, const char *after)
{
	/* "<made at>.<id>" of the run that was shown last */
	return after ? files_index_behind(index, strtoll(after, NULL, 10),
					  strchr(after, '.') + 1)
		     : 0;
}

void file_lists_runs(const struct file_reads *reads,
		     const struct store_run_filter *filter, port_runs_cb cb, void *arg)
{
	size_t limit = (size_t)filter->limit, i, n = files_index_count(reads->index);
	struct page page = { .reads = reads, .filter = filter };
	struct store_run_status *runs = mem_new_n(struct store_run_status, limit + 1);
	const struct files_indexed *last = NULL;
	const char *next = NULL;
	struct arena arena;

	arena_init(&arena);
	page.found = mem_new_n(struct file_reads_run, limit + 1);
	for (i = first_of(reads->index, filter->after);
	     i < n && page.count < limit && page.looks < LOOKS_MAX; i++) {
		last = files_index_at(reads->index, i);
		add(&page, last);
	}
	if (last && i < n)
		next = arena_printf(&arena, "%" PRId64 ".%s", last->made_at_ms,
				    last->run_id);
	for (i = 0; i < page.count; i++)
		runs[i] = page.found[i].run;
	cb(arg, ERRORS_NONE, runs, page.count, next);
	for (i = 0; i < page.count; i++)
		file_reads_run_deinit(&page.found[i]);
	mem_free(page.found);
	mem_free(runs);
	arena_deinit(&arena);
}
