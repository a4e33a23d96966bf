/*
 * top_view.c - two samples made into the lines of a screen
 *
 * A pure function: what it shows depends on its arguments alone, so tests compare texts.
 * A line is made as plain text, cut to the width, and then coloured as a whole; so no
 * escape sequence is ever cut, and text from outside (a reason, a name) cannot be one.
 */
#include "cli/top_view.h"

#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_table.h"
#include "cli/cli_units.h"
#include "cli/top_sample.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PULSE_LATE_MS 2000 /* a loop turns four times a second */
#define WIDE          100  /* columns from which names are shown as well */

const struct top_sort_row top_view_sorts[] = {
	[TOP_SORT_SEAT] = { 's', "seat" },   [TOP_SORT_ACTIVE] = { 'a', "active" },
	[TOP_SORT_ENDED] = { 'e', "ended" }, [TOP_SORT_STEPS] = { 't', "steps" },
	[TOP_SORT_CPU] = { 'c', "cpu" },     [TOP_SORT_MEMORY] = { 'm', "memory" },
	[TOP_SORT_PULSE] = { 'p', "pulse" },
};

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_HEAD,
	STYLE_GOOD,
	STYLE_CARE,
	STYLE_BAD,
	STYLE_DIM,
};

/* What a child did between the two samples. Rates are per 1000 s; -1: not known. */
struct pace {
	const struct top_row *row;
	int64_t ended;
	int64_t failed;
	int64_t steps;
	int64_t runs;
	int64_t requests;
	int64_t cpu_percent;
};

/* ---- lines ---- */

static const char *style_of(const struct top_view *view, enum style style)
{
	switch (style) {
	case STYLE_PLAIN:
		return "";
	case STYLE_BOLD:
		return view->emphasis ? "\033[1m" : "";
	case STYLE_HEAD:
		return view->emphasis ? "\033[7m" : "";
	case STYLE_GOOD:
		return view->color ? "\033[32m" : "";
	case STYLE_CARE:
		return view->color ? "\033[33m" : "";
	case STYLE_BAD:
		return view->color ? "\033[31m" : "";
	case STYLE_DIM:
		return view->color ? "\033[2m" : "";
	}
	return "";
}

/* Where the text ends when it has `columns` of them: one a character. */
static size_t cut_at(const char *text, int columns)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (((unsigned char)text[i] & 0xC0) != 0x80 && columns-- == 0)
			break;
	return i;
}

static void line(const struct top_view *view, struct str *out, enum style style,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void line(const struct top_view *view, struct str *out, enum style style,
		 const char *format, ...)
{
	struct str raw = STR_INIT, clean = STR_INIT;
	const char *on = style_of(view, style);
	va_list args;

	va_start(args, format);
	str_vprintf(&raw, format, args);
	va_end(args);
	cli_table_clean(&clean, str_text(&raw));
	if (style == STYLE_HEAD && view->emphasis) /* the bar goes over the whole width */
		while (cut_at(str_text(&clean), view->width - 1) == clean.len &&
		       (int)clean.len < view->width - 1)
			str_add_char(&clean, ' ');
	str_add_text(out, on);
	str_add(out, str_text(&clean), cut_at(str_text(&clean), view->width - 1));
	str_add_text(out, on[0] ? "\033[0m\n" : "\n");
	str_deinit(&raw);
	str_deinit(&clean);
}

/* ---- rates ---- */

static const struct top_row *row_of(const struct top_sample *sample,
				    const struct top_row *like)
{
	size_t i;

	for (i = 0; sample && i < sample->count; i++)
		if (sample->rows[i].pid == like->pid &&
		    strcmp(sample->rows[i].kind, like->kind) == 0)
			return &sample->rows[i];
	return NULL;
}

static int64_t rate(int64_t before, int64_t now, int64_t span_ms)
{
	return now < before ? -1 : (now - before) * 1000000 / span_ms;
}

static struct pace pace_of(const struct top_sample *before, const struct top_sample *now,
			   const struct top_row *row)
{
	const struct top_row *was = row_of(before, row);
	struct pace pace = { row, -1, -1, -1, -1, -1, -1 };
	int64_t span_ms = before ? now->mono_ms - before->mono_ms : 0;

	if (!was || span_ms <= 0)
		return pace;
	pace.ended = rate(was->ended, row->ended, span_ms);
	pace.failed = rate(was->failed, row->failed, span_ms);
	pace.steps = rate(was->steps, row->steps, span_ms);
	pace.runs = rate(was->runs, row->runs, span_ms);
	pace.requests = rate(was->requests, row->requests, span_ms);
	if (was->proc.cpu_ms >= 0 && row->proc.cpu_ms >= was->proc.cpu_ms)
		pace.cpu_percent = (row->proc.cpu_ms - was->proc.cpu_ms) * 100 / span_ms;
	return pace;
}

/* 1234567 per 1000 s -> "1234", 1234 -> "1.2", 0 -> "0". */
static char *rate_text(int64_t per_1000s, char *buf)
{
	if (per_1000s <= 0 || per_1000s >= 10000)
		return cli_units_count(per_1000s <= 0 ? per_1000s : per_1000s / 1000,
				       buf);
	(void)snprintf(buf, CLI_UNITS_MAX, "%d.%d", (int)(per_1000s / 1000),
		       (int)(per_1000s % 1000 / 100));
	return buf;
}

/* ---- order ---- */

static int64_t weight(const struct pace *pace, enum top_sort sort)
{
	switch (sort) {
	case TOP_SORT_ACTIVE:
		return pace->row->active;
	case TOP_SORT_ENDED:
		return pace->ended;
	case TOP_SORT_STEPS:
		return pace->steps;
	case TOP_SORT_CPU:
		return pace->cpu_percent;
	case TOP_SORT_MEMORY:
		return pace->row->proc.pss_bytes >= 0 ? pace->row->proc.pss_bytes
						      : pace->row->proc.rss_bytes;
	case TOP_SORT_PULSE:
		return pace->row->pulse_ms;
	case TOP_SORT_SEAT:
	case TOP_NSORTS:
		break;
	}
	return 0;
}

/* Insertion: equal ones keep their order, and there are few. */
static void sort_paces(struct pace *paces, size_t count, enum top_sort sort)
{
	size_t i, at;

	for (i = 1; i < count; i++) {
		struct pace pace = paces[i];

		for (at = i; at && weight(&paces[at - 1], sort) < weight(&pace, sort);
		     at--)
			paces[at] = paces[at - 1];
		paces[at] = pace;
	}
}

/* ---- the head ---- */

struct sums {
	int64_t runs, steps, requests, failed; /* rates; -1: of nobody known */
	int64_t active_runs, max_runs;
	int64_t rss_bytes, pss_bytes;
	int64_t cpu_percent;
};

static void add(int64_t *sum, int64_t n)
{
	if (n >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + n;
}

static struct sums sum_up(const struct top_sample *now, const struct pace *paces)
{
	struct sums sums = { -1, -1, -1, -1, 0, 0, -1, -1, -1 };
	size_t i;

	add(&sums.rss_bytes, now->proc.rss_bytes);
	add(&sums.pss_bytes, now->proc.pss_bytes);
	for (i = 0; i < now->count; i++) {
		const struct top_row *row = paces[i].row;

		add(&sums.runs, paces[i].runs);
		add(&sums.steps, paces[i].steps);
		add(&sums.requests, paces[i].requests);
		add(&sums.failed, paces[i].failed);
		add(&sums.cpu_percent, paces[i].cpu_percent);
		add(&sums.rss_bytes, row->proc.rss_bytes);
		add(&sums.pss_bytes, row->proc.pss_bytes);
		if (row->state == SCORE_DEAD)
			continue;
		sums.active_runs += row->active_runs;
		if (row->state == SCORE_READY)
			sums.max_runs += row->max_runs;
	}
	return sums;
}

static enum style style_of_master(enum score_master_state state)
{
	switch (state) {
	case SCORE_MASTER_RUNNING:
		return STYLE_BOLD;
	case SCORE_MASTER_DEGRADED:
		return STYLE_BAD;
	case SCORE_MASTER_STARTING:
	case SCORE_MASTER_DRAINING:
	case SCORE_MASTER_STOPPED:
		break;
	}
	return STYLE_CARE;
}

static void head(const struct top_view *view, const struct top_sample *now,
		 const struct pace *paces, struct str *out)
{
	struct sums sums = sum_up(now, paces);
	char a[CLI_UNITS_MAX], b[CLI_UNITS_MAX], c[CLI_UNITS_MAX], d[CLI_UNITS_MAX];

	line(view, out, style_of_master(now->state),
	     "synapsed %s %s  pid %d  generation %d  up %s  %s", now->version,
	     score_master_state_name(now->state), now->pid, now->generation,
	     cli_units_span(now->up_ms, a), now->host);
	line(view, out, STYLE_PLAIN,
	     "runs     %lld of %lld in flight  ended %s/s  failed %s/s  steps %s/s",
	     (long long)sums.active_runs, (long long)sums.max_runs,
	     rate_text(sums.runs, a), rate_text(sums.failed, b),
	     rate_text(sums.steps, c));
	line(view, out, STYLE_PLAIN, "waiting  %s  oldest %s  requests %s/s",
	     cli_units_count(now->waiting, a),
	     cli_units_lag(now->waiting > 0 ? now->oldest_ms : -1, b),
	     rate_text(sums.requests, c));
	line(view, out, now->pulse_ms > PULSE_LATE_MS ? STYLE_BAD : STYLE_PLAIN,
	     "memory   pss %s  rss %s  cpu %s%%  pulse of the master %s",
	     cli_units_bytes(sums.pss_bytes, a), cli_units_bytes(sums.rss_bytes, b),
	     cli_units_count(sums.cpu_percent, c), cli_units_lag(now->pulse_ms, d));
	if (now->reason[0])
		line(view, out, STYLE_CARE, "reason   %s", now->reason);
	if (now->reload[0])
		line(view, out, STYLE_CARE, "reload   %s", now->reload);
}

/* ---- the table ---- */

static enum style style_of_row(const struct top_row *row)
{
	switch (row->state) {
	case SCORE_DEAD:
	case SCORE_KILLED:
		return STYLE_BAD;
	case SCORE_STARTING:
	case SCORE_QUIET:
	case SCORE_DRAINING:
		return STYLE_CARE;
	case SCORE_FREE:
	case SCORE_READY:
	case SCORE_NSTATES:
		break;
	}
	return row->pulse_ms > PULSE_LATE_MS ? STYLE_BAD : STYLE_PLAIN;
}

static void table_line(const struct top_view *view, const struct pace *pace,
		       struct str *out)
{
	const struct top_row *row = pace->row;
	char up[CLI_UNITS_MAX], active[CLI_UNITS_MAX], ended[CLI_UNITS_MAX];
	char steps[CLI_UNITS_MAX], cpu[CLI_UNITS_MAX], memory[CLI_UNITS_MAX];
	char pulse[CLI_UNITS_MAX], late[CLI_UNITS_MAX];
	struct str text = STR_INIT;

	str_printf(
		&text, "%-10.10s %4d %7d %-8s %3d %6s %5s %6s %4s %5s %5s %5s", row->kind,
		row->slot, row->pid, score_state_name(row->state), row->generation,
		cli_units_count(row->active, active), rate_text(pace->ended, ended),
		rate_text(pace->steps, steps), cli_units_count(pace->cpu_percent, cpu),
		cli_units_bytes(weight(pace, TOP_SORT_MEMORY), memory),
		cli_units_lag(row->pulse_ms, pulse), cli_units_lag(row->late_ms, late));
	if (view->width >= WIDE)
		str_printf(&text, " %7s  %s", cli_units_span(row->up_ms, up),
			   row->cause[0] ? row->cause : row->name);
	line(view, out, style_of_row(row), "%s", str_text(&text));
	str_deinit(&text);
}

static void table_head(const struct top_view *view, struct str *out)
{
	line(view, out, STYLE_HEAD,
	     "%-10s %4s %7s %-8s %3s %6s %5s %6s %4s %5s %5s %5s%s", "KIND", "SLOT",
	     "PID", "STATE", "GEN", "ACTIVE", "END/S", "STEP/S", "CPU%", "MEM", "PULSE",
	     "LATE", view->width >= WIDE ? "      UP  NAME" : "");
}

static void keys_line(const struct top_view *view, struct str *out)
{
	struct str text = STR_INIT;
	int i;

	str_add_text(&text, "q quit  sort:");
	for (i = 0; i < TOP_NSORTS; i++)
		str_printf(&text, " %s%c %s%s", (int)view->sort == i ? "[" : "",
			   top_view_sorts[i].key, top_view_sorts[i].name,
			   (int)view->sort == i ? "]" : "");
	line(view, out, STYLE_DIM, "%s", str_text(&text));
	str_deinit(&text);
}

static size_t lines_of(const struct str *out)
{
	size_t i, n = 0;

	for (i = 0; i < out->len; i++)
		n += out->data[i] == '\n';
	return n;
}

/* A screen of few lines has the first ones. */
static size_t fit(const struct top_view *view, const struct str *text)
{
	size_t i;
	int lines = 0;

	for (i = 0; view->height && i < text->len; i++)
		if (text->data[i] == '\n' && ++lines == view->height)
			return i + 1;
	return text->len;
}

size_t top_view_render(const struct top_view *view, const struct top_sample *before,
		       const struct top_sample *now, struct str *out)
{
	struct pace *paces = mem_new_n(struct pace, now->count + 1);
	struct str text = STR_INIT;
	size_t i, room, first, shown;

	for (i = 0; i < now->count; i++)
		paces[i] = pace_of(before, now, &now->rows[i]);
	sort_paces(paces, now->count, view->sort);
	if (now->running)
		head(view, now, paces, &text);
	else
		line(view, &text, STYLE_CARE, "no daemon runs with run_dir %s",
		     view->run_dir);
	line(view, &text, STYLE_PLAIN, "%s", "");
	table_head(view, &text);

	room = now->count;
	if (view->height) {
		size_t used = lines_of(&text) + (view->keys ? 1 : 0);

		room = (size_t)view->height > used ? (size_t)view->height - used : 0;
	}
	/* what is not shown takes one line to say so */
	shown = now->count <= room ? now->count : room ? room - 1 : 0;
	first = view->skip < now->count - shown ? view->skip : now->count - shown;
	for (i = first; i < first + shown; i++)
		table_line(view, &paces[i], &text);
	if (room && shown < now->count)
		line(view, &text, STYLE_DIM, "... children %zu to %zu of %zu%s",
		     shown ? first + 1 : first, first + shown, now->count,
		     view->keys ? ": up, down" : "");
	if (view->keys) {
		/* at the bottom, wherever the table ends */
		for (i = lines_of(&text); view->height && (int)i < view->height - 1; i++)
			str_add_char(&text, '\n');
		keys_line(view, &text);
	}
	str_add(out, str_text(&text), fit(view, &text));
	str_deinit(&text);
	mem_free(paces);
	return now->count - shown;
}
