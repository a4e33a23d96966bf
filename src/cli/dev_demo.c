/*
 * dev_demo.c - every example run once, with all that happens on the way
 *
 * It uses the API as any client would: starts a run, asks for what is new in its events
 * until it has ended, and shows the answer. What cannot be run by this version is said
 * and left out; what is run and does not complete makes the demo fail.
 */
#include "cli/dev_demo.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_api.h"
#include "cli/cli_table.h"
#include "cli/dev_examples.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RUN_MS    60000
#define LOOK_MS   50
#define SHOWN_MAX 110 /* bytes of an event's fields on one line */

struct watched {
	const struct cli_api *api;
	char run_id[IDS_MAX];
	char last[64];    /* stream id of the last event shown; "" before the first */
	int64_t start_ms; /* ts of the first one */
	size_t events;
};

/* The fields that matter to somebody who looks: all but type and those of every event. */
static void add_fields(struct str *out, const struct json *event)
{
	static const char *const dull[] = { "type",  "ts",     "seq",       "sub",
					    "epoch", "run_id", "timestamp", NULL };
	struct jsonr_iter it = jsonr_iter(event);
	struct str fields = STR_INIT;
	size_t i;

	while (jsonr_next(&it)) {
		for (i = 0; dull[i] && strcmp(dull[i], it.key) != 0;)
			i++;
		if (dull[i])
			continue;
		str_printf(&fields, " %s=", it.key);
		jsonr_print(it.value, &fields);
	}
	i = utf8_cut(str_text(&fields), fields.len, SHOWN_MAX);
	if (i < fields.len) {
		fields.len = i;
		fields.data[i] = '\0';
		str_add_text(&fields, "...");
	}
	cli_table_clean(out, str_text(&fields));
	str_deinit(&fields);
}

static void show_event(struct watched *watched, const struct json *entry)
{
	const struct json *event = jsonr_get(entry, "event");
	const char *id = jsonr_get_text(entry, "id");
	const char *type = jsonr_get_text(event, "type");
	int64_t ts = jsonr_get_int(event, "ts", 0);
	struct str line = STR_INIT;

	if (!watched->events++)
		watched->start_ms = ts;
	str_printf(&line, "  %6lld ms  ", (long long)(ts - watched->start_ms));
	cli_table_clean(&line, type ? type : "?");
	while (line.len < 36)
		str_add_char(&line, ' ');
	add_fields(&line, event);
	(void)printf("%s\n", str_text(&line));
	(void)fflush(stdout);
	(void)snprintf(watched->last, sizeof(watched->last), "%s", id ? id : "");
	str_deinit(&line);
}

/* One page of what is new since the last call; *more: there is another. */
static int show_page(struct watched *watched, bool *more)
{
	struct str path = STR_INIT, start = STR_INIT;
	struct cli_answer answer;
	const struct json *events;
	size_t i;
	int code;

	str_add_text(&path, "/api/v2/orchestrations/runs/");
	ids_encode(&path, watched->run_id);
	str_add_text(&path, "/events");
	if (watched->last[0]) {
		str_printf(&start, "(%s", watched->last);
		cli_api_query(&path, "start", str_text(&start));
	}
	code = cli_api_call(watched->api, "GET", str_text(&path), NULL, NULL, &answer);
	if (code == 0) {
		events = jsonr_get(answer.doc, "events");
		for (i = 0; i < jsonr_count(events); i++)
			show_event(watched, jsonr_at(events, i));
		*more = i > 0 && jsonr_get_text(answer.doc, "next");
		cli_answer_deinit(&answer);
	}
	str_deinit(&start);
	str_deinit(&path);
	return code;
}

/* All that is new. 0 or an exit code. */
static int show_new(struct watched *watched)
{
	bool more = true;
	int code = 0;

	while (code == 0 && more)
		code = show_page(watched, &more);
	return code;
}

static bool is_live(const char *status)
{
	return status &&
	       (strcmp(status, "queued") == 0 || strcmp(status, "running") == 0);
}

static void show_result(const struct cli_answer *answer, size_t events)
{
	const char *status = jsonr_get_text(answer->doc, "status");
	const char *response = jsonr_get_text(answer->doc, "final_response");
	const struct json *error = jsonr_get(answer->doc, "error");
	struct str line = STR_INIT;

	str_add_text(&line, "  ");
	cli_table_clean(&line, status ? status : "?");
	str_printf(&line, ", %zu events: ", events);
	if (response)
		cli_table_clean(&line, response);
	if (jsonr_type(error) != JSONR_NULL) {
		struct str text = STR_INIT;

		jsonr_print(error, &text);
		cli_table_clean(&line, str_text(&text));
		str_deinit(&text);
	}
	(void)printf("%s\n\n", str_text(&line));
	str_deinit(&line);
}

/* 1: it completed, 0: it did not, -1: stopped. */
static int follow(struct watched *watched, bool (*stop)(void *arg), void *arg)
{
	int64_t until_mono_ms = clock_mono_ms() + RUN_MS;
	struct timespec pause = { 0, LOOK_MS * 1000000L };
	struct str path = STR_INIT;
	struct cli_answer answer;
	const char *status;
	int result = 0;

	str_add_text(&path, "/api/v2/orchestrations/runs/");
	ids_encode(&path, watched->run_id);
	str_add_text(&path, "/status");
	for (;;) {
		if (cli_api_call(watched->api, "GET", str_text(&path), NULL, NULL,
				 &answer))
			break;
		/*
		 * events of a run that has ended are all there: status first, then they
		 */
		if (show_new(watched)) {
			cli_answer_deinit(&answer);
			break;
		}
		status = jsonr_get_text(answer.doc, "status");
		if (!is_live(status)) {
			result = status && strcmp(status, "completed") == 0;
			show_result(&answer, watched->events);
			cli_answer_deinit(&answer);
			break;
		}
		cli_answer_deinit(&answer);
		if (stop(arg)) {
			result = -1;
			break;
		}
		if (clock_mono_ms() > until_mono_ms) {
			(void)printf("  has not ended within %d s\n\n", RUN_MS / 1000);
			break;
		}
		(void)nanosleep(&pause, NULL);
	}
	str_deinit(&path);
	return result;
}

static int run_one(const struct cli_api *api, const struct defs_item *item,
		   const char *file, bool (*stop)(void *arg), void *arg)
{
	struct watched watched = { .api = api };
	struct str path = STR_INIT, line = STR_INIT;
	struct cli_answer answer;
	const char *run_id;
	int result = 0;

	str_add_text(&line, "== ");
	cli_table_clean(&line, item->name);
	str_printf(&line, " (%s, %s)", item->id, file);
	(void)printf("%s\n", str_text(&line));
	str_add_text(&path, "/api/v2/orchestrations/");
	ids_encode(&path, item->id);
	str_add_text(&path, "/run");
	if (cli_api_call(api, "POST", str_text(&path),
			 "{\"message\":\"Good morning, synapsed.\"}", NULL,
			 &answer) == 0) {
		run_id = jsonr_get_text(answer.doc, "run_id");
		(void)snprintf(watched.run_id, sizeof(watched.run_id), "%s",
			       run_id ? run_id : "");
		(void)printf("  %s\n", watched.run_id);
		cli_answer_deinit(&answer);
		if (watched.run_id[0])
			result = follow(&watched, stop, arg);
	}
	str_deinit(&line);
	str_deinit(&path);
	return result;
}

int dev_demo_run(const struct cli_api *api, const struct dev_examples *examples,
		 bool (*stop)(void *arg), void *arg)
{
	int failed = 0, completed = 0, result;
	size_t i, k;

	for (i = 0; i < examples->count; i++)
		for (k = 0; k < examples->files[i].count; k++) {
			const struct defs_item *item = &examples->files[i].items[k];

			if (item->kind != STORE_ORCHESTRATION)
				continue;
			if (item->problems.count) {
				(void)printf("== %s: left out: %s\n\n", item->id,
					     item->problems.kept[0].text);
				continue;
			}
			result = run_one(api, item, examples->names[i], stop, arg);
			if (result < 0 || stop(arg))
				return -1;
			completed += result;
			failed += !result;
		}
	(void)printf("%d runs completed, %d did not\n", completed, failed);
	return completed || failed ? failed : 1; /* nothing shown is no success */
}
