/*
 * cli_top.c - noun top: the daemon of this host and its children, as they change
 *
 * Reads the scoreboard, as `status` does, and /proc. On a terminal it is a screen that is
 * drawn again each second; in a batch each sample is printed below the last one.
 */
#include "cli/cli_nouns.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/top_sample.h"
#include "cli/top_term.h"
#include "cli/top_view.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DELAY_MS     1000
#define DELAY_MIN_MS 100
#define DELAY_MAX_MS 3600000
#define COUNT_MAX    1000000000
#define BATCH_WIDTH  80

struct top {
	const struct cli_args *args;
	char *run_dir; /* owned */
	int64_t delay_ms;
	int64_t count; /* screens that are left; -1: no end */
	struct top_view view;
	size_t skip_max;
	struct top_sample before; /* before.rows is NULL: there is none yet */
	struct top_sample now;
};

/* The next sample; the last one becomes the one before. */
static int advance(struct top *top, struct err *err)
{
	struct top_sample next;
	int rc = top_sample_take(top->run_dir, &next, err);

	if (rc < 0)
		return rc;
	top_sample_deinit(&top->before);
	top->before = top->now;
	top->now = next;
	return 0;
}

static void render(struct top *top, struct str *out)
{
	top->skip_max = top_view_render(
		&top->view, top->before.rows ? &top->before : NULL, &top->now, out);
	if (top->view.skip > top->skip_max)
		top->view.skip = top->skip_max;
}

static bool is_last(struct top *top)
{
	return top->count > 0 && --top->count == 0;
}

/* ---- a batch ---- */

static int batch(struct top *top)
{
	const struct timespec pause = { .tv_sec = top->delay_ms / 1000,
					.tv_nsec = top->delay_ms % 1000 * 1000000L };
	struct err err;

	for (;;) {
		struct str out = STR_INIT;

		if (!top->now.running)
			return cli_args_fail(top->args, EXIT_CODE_NOT_FOUND,
					     "no daemon runs with run_dir %s",
					     top->run_dir);
		render(top, &out);
		(void)fputs(str_text(&out), stdout);
		str_deinit(&out);
		/* cli.c says what is wrong with the stream */
		if (is_last(top) || fflush(stdout) != 0)
			return EXIT_CODE_OK;
		(void)nanosleep(&pause, NULL); /* cut short, the next comes early */
		if (advance(top, &err) < 0)
			return cli_args_fail(top->args, EXIT_CODE_FAILED, "%s", err.text);
		(void)putchar('\n');
	}
}

/* ---- a screen ---- */

static int draw(struct top *top, struct err *err)
{
	struct str out = STR_INIT;
	int rc;

	top_term_size(&top->view.width, &top->view.height);
	render(top, &out);
	rc = top_term_draw(&out, err);
	str_deinit(&out);
	return rc;
}

/* False: leave. */
static bool on_key(struct top *top, int key)
{
	int i;

	if (key == 'q' || key == 'Q')
		return false;
	if (key == TOP_TERM_DOWN && top->view.skip < top->skip_max)
		top->view.skip++;
	if (key == TOP_TERM_UP && top->view.skip > 0)
		top->view.skip--;
	for (i = 0; i < TOP_NSORTS; i++)
		if (key == top_view_sorts[i].key)
			top->view.sort = (enum top_sort)i;
	return true;
}

/* Until the next sample is due: 1; 0: leave; or an error. */
static int attend(struct top *top, struct err *err)
{
	int64_t due_mono_ms = top->now.mono_ms + top->delay_ms;
	int key = 0;

	for (;;) {
		switch (top_term_wait(due_mono_ms - clock_mono_ms(), &key)) {
		case TOP_TERM_TIMEOUT:
			if (clock_mono_ms() >= due_mono_ms)
				return 1;
			continue;
		case TOP_TERM_END:
			return 0;
		case TOP_TERM_KEY:
			if (!on_key(top, key))
				return 0;
			break;
		case TOP_TERM_RESIZE:
			break;
		}
		if (draw(top, err) < 0)
			return err->code;
	}
}

static int screen(struct top *top)
{
	const char *no_color = getenv("NO_COLOR");
	struct err err = { .code = 0 };
	int rc = top_term_enter(&err);

	if (rc < 0)
		return cli_args_fail(
			top->args, rc == ERR_INPUT ? EXIT_CODE_USAGE : EXIT_CODE_FAILED,
			"%s; --batch prints one sample below the other", err.text);
	top->view.color = !no_color || !no_color[0];
	top->view.emphasis = top->view.keys = true;
	for (;;) {
		rc = draw(top, &err);
		if (rc < 0 || is_last(top))
			break;
		rc = attend(top, &err);
		if (rc <= 0)
			break;
		rc = advance(top, &err);
		if (rc < 0)
			break;
	}
	top_term_leave();
	return rc < 0 ? cli_args_fail(top->args, EXIT_CODE_FAILED, "%s", err.text)
		      : EXIT_CODE_OK;
}

/* ---- the verb ---- */

static bool read_sort(const struct cli_args *args, enum top_sort *ret)
{
	const char *name = cli_args_text(args, "sort", "seat");
	int i;

	for (i = 0; i < TOP_NSORTS; i++)
		if (strcmp(name, top_view_sorts[i].name) == 0) {
			*ret = (enum top_sort)i;
			return true;
		}
	(void)cli_args_fail(args, EXIT_CODE_USAGE,
			    "--sort is seat, active, ended, steps, cpu, memory or pulse, "
			    "not %s",
			    name);
	return false;
}

static int top(const struct cli_args *args)
{
	struct top top = { .args = args, .view = { .width = BATCH_WIDTH } };
	struct err err;
	int code;

	if (!cli_args_ms(args, "delay", DELAY_MIN_MS, DELAY_MAX_MS, DELAY_MS,
			 &top.delay_ms) ||
	    !cli_args_int(args, "count", 1, COUNT_MAX, -1, &top.count) ||
	    !read_sort(args, &top.view.sort))
		return EXIT_CODE_USAGE;
	top.run_dir = cli_conf_run_dir(args);
	top.view.run_dir = top.run_dir;
	if (advance(&top, &err) < 0)
		code = cli_args_fail(args, EXIT_CODE_FAILED, "%s", err.text);
	else if (!top.now.running)
		code = cli_args_fail(args, EXIT_CODE_NOT_FOUND,
				     "no daemon runs with run_dir %s", top.run_dir);
	else
		code = cli_args_flag(args, "batch") ? batch(&top) : screen(&top);
	top_sample_deinit(&top.before);
	top_sample_deinit(&top.now);
	mem_free(top.run_dir);
	return code;
}

/* clang-format off */
static const struct cli_option options[] = {
	{ 'b', "batch", NULL, "print one sample below the other, for no terminal" },
	{ 'n', "count", "N", "end after so many" },
	{ 'd', "delay", "DURATION", "between two of them (1s)" },
	{ 's', "sort", "KEY", "seat, active, ended, steps, cpu, memory or pulse (seat)" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_verb verbs[] = {
	{ "", "", 0, 0, CLI_GROUP_CONF, options,
	  "the daemon of this host and its children, as they change",
	  "ACTIVE and END/S are runs; of an api child connections and requests.\n"
	  "Exit status: 0 it was left, 3 no daemon runs.\n", top },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_top_noun = { "top", "the daemon of this host, live", verbs };
