/* test_top_view.c - samples become lines that fit, in the order that was asked for */
#include "cli/top_view.h"

#include "base/str.h"
#include "cli/top_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MIB (1024LL * 1024)

static struct top_row rows[2][40];
static struct top_sample before, now;
static struct str out;

static void child(size_t i, const char *kind, int slot, int64_t ended)
{
	struct top_row *row = &rows[1][i];

	memset(row, 0, sizeof(*row));
	(void)snprintf(row->kind, sizeof(row->kind), "%s", kind);
	(void)snprintf(row->name, sizeof(row->name), "host-%d", slot);
	row->slot = slot;
	row->pid = 1000 + (int)i;
	row->generation = 3;
	row->state = SCORE_READY;
	row->up_ms = 3723000;
	row->pulse_ms = 120;
	row->late_ms = 7;
	row->proc = (struct top_proc){ 40 * MIB, (int64_t)i * MIB, 1000 };
	rows[0][i] = *row;
	row->ended = ended;
	row->proc.cpu_ms = 1500;
}

static int set_up(void **state)
{
	(void)state;
	before = (struct top_sample){
		.mono_ms = 10000, .running = true, .rows = rows[0], .count = 3
	};
	now = (struct top_sample){ .mono_ms = 11000,
				   .running = true,
				   .version = "1.2.3",
				   .host = "worker-here",
				   .state = SCORE_MASTER_RUNNING,
				   .pid = 999,
				   .generation = 3,
				   .up_ms = 93784000,
				   .pulse_ms = 400,
				   .waiting = 1234,
				   .oldest_ms = 3400,
				   .proc = { 40 * MIB, MIB, 10 },
				   .rows = rows[1],
				   .count = 3 };
	child(0, "keeper", 0, 0);
	child(1, "worker", 0, 20);
	child(2, "api", 0, 5000);
	rows[1][1].runs = 20;
	rows[1][1].steps = 60;
	rows[1][1].active = rows[1][1].active_runs = 17;
	rows[1][1].max_runs = 1000;
	rows[1][2].requests = 5000;
	rows[1][2].active = 4;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	str_deinit(&out);
	return 0;
}

static const struct top_view plain = { .width = 80, .run_dir = "/run/x" };

/* Columns of the widest line, escape sequences left out; *count: how many lines. */
static int widest(size_t *count)
{
	const char *at = str_text(&out);
	int columns = 0, most = 0;

	for (*count = 0; *at; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else if (*at == '\n') {
			(*count)++;
			columns = 0;
		} else if (((unsigned char)*at & 0xC0) != 0x80 && ++columns > most)
			most = columns;
	}
	return most;
}

static size_t place(const char *text)
{
	const char *at = strstr(str_text(&out), text);

	if (!at)
		fail_msg("no %s in:\n%s", text, str_text(&out));
	return (size_t)(at - str_text(&out));
}

static void an_ordinary_house(void **state)
{
	(void)state;
	assert_int_equal(top_view_render(&plain, &before, &now, &out), 0);
	assert_string_equal(
		str_text(&out),
		"synapsed 1.2.3 running  pid 999  generation 3  up 1d2h  worker-here\n"
		"runs     17 of 1000 in flight  ended 20/s  failed 0/s  steps 60/s\n"
		"waiting  1234  oldest 3.4s  requests 5000/s\n"
		"memory   pss 4.0M  rss 160M  cpu 150%  pulse of the master 400ms\n"
		"\n"
		"KIND       SLOT     PID STATE    GEN ACTIVE END/S STEP/S CPU%   MEM "
		"PULSE  LATE\n"
		"keeper        0    1000 ready      3      0     0      0   50     0 "
		"120ms   7ms\n"
		"worker        0    1001 ready      3     17    20     60   50  1.0M "
		"120ms   7ms\n"
		"api           0    1002 ready      3      4  5000      0   50  2.0M "
		"120ms   7ms\n");
}

static void without_a_sample_before_rates_are_dashes(void **state)
{
	(void)state;
	(void)top_view_render(&plain, NULL, &now, &out);
	(void)place("ended -/s  failed -/s  steps -/s");
	(void)place("cpu -%");
	(void)place("17     -      -    -");
}

static void a_child_that_is_new_or_counts_anew_has_no_rate(void **state)
{
	(void)state;
	rows[0][1].pid = 1;        /* another process had the seat */
	rows[0][2].ended = 100000; /* the counters went back */
	(void)top_view_render(&plain, &before, &now, &out);
	(void)place("ended 0/s");
	(void)place("17     -      -    -");
	(void)place("  4     -      0   50");
}

static void slow_rates_keep_a_digit(void **state)
{
	(void)state;
	before.mono_ms = 1000;
	rows[1][1].steps = 6;
	(void)top_view_render(&plain, &before, &now, &out);
	(void)place("steps 0.6/s");
	(void)place("ended 2.0/s");
}

static void it_is_sorted_by_what_was_asked_for(void **state)
{
	static const struct {
		enum top_sort sort;
		const char *first;
		const char *second;
	} cases[] = {
		{ TOP_SORT_SEAT, "keeper ", "worker " },
		{ TOP_SORT_ACTIVE, "worker ", "api " },
		{ TOP_SORT_ENDED, "api ", "worker " },
		{ TOP_SORT_STEPS, "worker ", "keeper " },
		{ TOP_SORT_MEMORY, "api ", "worker " },
		{ TOP_SORT_CPU, "keeper ", "worker " },
		{ TOP_SORT_PULSE, "keeper ", "api " },
	};
	struct top_view view = plain;
	size_t i;

	(void)state;
	rows[1][1].pulse_ms = 10;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char first[32], second[32];

		str_deinit(&out);
		view.sort = cases[i].sort;
		(void)top_view_render(&view, &before, &now, &out);
		(void)snprintf(first, sizeof(first), "\n%s", cases[i].first);
		(void)snprintf(second, sizeof(second), "\n%s", cases[i].second);
		assert_true(place(first) < place(second));
		assert_non_null(top_view_sorts[cases[i].sort].name);
	}
	assert_int_equal(i, TOP_NSORTS);
}

static void more_children_than_lines_can_be_scrolled(void **state)
{
	struct top_view view = { .width = 80, .height = 12, .keys = true };
	size_t i, count;

	(void)state;
	for (i = 0; i < 40; i++)
		child(i, "worker", (int)i, 0);
	before.count = now.count = 40;
	/* 6 of the head, 1 of the keys, 1 that says what is missing: 4 are left */
	assert_int_equal(top_view_render(&view, &before, &now, &out), 36);
	(void)place("... children 1 to 4 of 40: up, down\n");
	(void)place("1003 ready");
	assert_null(strstr(str_text(&out), "1004 ready"));
	assert_true(widest(&count) < 80);
	assert_int_equal(count, 12);
	str_deinit(&out);
	view.skip = 1000;
	(void)top_view_render(&view, &before, &now, &out);
	(void)place("children 37 to 40 of 40");
	(void)place("1039 ready");
}

static void any_size_of_a_screen_is_kept_to(void **state)
{
	struct top_view view = { .color = true, .emphasis = true, .keys = true };
	size_t i, count;

	(void)state;
	for (i = 0; i < 40; i++) {
		child(i, "quarantine", (int)i, (int64_t)i << 40);
		rows[1][i].pid = 4194304;
		rows[1][i].state = (enum score_state)(1 + i % (SCORE_NSTATES - 1));
		rows[1][i].up_ms = rows[1][i].pulse_ms = (int64_t)i * 100000000;
		rows[1][i].proc.pss_bytes = (int64_t)i << 36;
	}
	before.count = now.count = 40;
	(void)snprintf(now.reason, sizeof(now.reason), "%s",
		       "worker dies again and again");
	(void)snprintf(now.reload, sizeof(now.reload), "%0*d", 250, 7);
	for (view.height = 1; view.height < 60; view.height++)
		for (view.width = 2; view.width < 200; view.width += 7) {
			str_deinit(&out);
			(void)top_view_render(&view, &before, &now, &out);
			assert_true(widest(&count) < view.width);
			assert_int_equal(count, view.height);
		}
}

static void a_text_steers_no_terminal_and_is_cut_between_characters(void **state)
{
	struct top_view view = { .width = 24 };

	(void)state;
	(void)snprintf(now.reason, sizeof(now.reason), "%s",
		       "\033[2Jaaaaaaa\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4");
	(void)top_view_render(&view, NULL, &now, &out);
	assert_null(strchr(str_text(&out), '\033'));
	(void)place("reason   ?[2Jaaaaaaa\xC3\xA4\xC3\xA4\xC3\xA4\n");
}

static void colours_are_of_whole_lines_and_can_be_left_out(void **state)
{
	struct top_view view = { .width = 80, .color = true, .emphasis = true };

	(void)state;
	rows[1][1].state = SCORE_DRAINING;
	rows[1][2].pulse_ms = 5000;
	(void)top_view_render(&view, &before, &now, &out);
	(void)place("\033[1msynapsed");
	(void)place("\033[7mKIND");
	(void)place("\033[33mworker");
	(void)place("\033[31mapi");
	(void)place("5.0s   7ms\033[0m\n");
	str_deinit(&out);
	view.color = false;
	(void)top_view_render(&view, &before, &now, &out);
	assert_null(strstr(str_text(&out), "\033[3"));
	(void)place("\033[7mKIND");
}

static void a_wide_screen_has_names_and_causes(void **state)
{
	struct top_view view = { .width = 120 };

	(void)state;
	rows[1][1].state = SCORE_DEAD;
	(void)snprintf(rows[1][1].cause, IDS_MAX, "signal SIGSEGV");
	(void)top_view_render(&view, &before, &now, &out);
	(void)place("    1h2m  host-0\n");
	(void)place("    1h2m  signal SIGSEGV\n");
	(void)place("LATE      UP  NAME\n");
}

static void nobody_there_is_said(void **state)
{
	const struct top_sample nobody = { .mono_ms = 1 };

	(void)state;
	(void)top_view_render(&plain, &before, &nobody, &out);
	(void)place("no daemon runs with run_dir /run/x\n\nKIND");
}

static void the_kernels_texts_are_read(void **state)
{
	static const char rollup[] = "00400000-7ffd [rollup]\nRss:   1234 kB\n"
				     "Pss:    567 kB\nPss_Anon:  9 kB\n";

	(void)state;
	assert_int_equal(top_proc_field(rollup, "Rss"), 1234);
	assert_int_equal(top_proc_field(rollup, "Pss"), 567);
	assert_int_equal(top_proc_field(rollup, "Swap"), -1);
	assert_int_equal(top_proc_field("", "Rss"), -1);
	assert_int_equal(
		top_proc_ticks("7 (a) b) c) S 1 7 7 0 -1 4194560 1 0 0 0 30 12 0 0 20"),
		42);
	assert_int_equal(top_proc_ticks("7 (a) S 1"), -1);
	assert_int_equal(top_proc_ticks(""), -1);
	assert_true(top_proc_look(1 << 30).rss_bytes == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_ordinary_house, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_sample_before_rates_are_dashes,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_child_that_is_new_or_counts_anew_has_no_rate, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(slow_rates_keep_a_digit, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(it_is_sorted_by_what_was_asked_for,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_children_than_lines_can_be_scrolled,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_size_of_a_screen_is_kept_to, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_text_steers_no_terminal_and_is_cut_between_characters, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			colours_are_of_whole_lines_and_can_be_left_out, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_wide_screen_has_names_and_causes,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_there_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_kernels_texts_are_read, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
