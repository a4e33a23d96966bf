/*
 * cli_status.c - noun status: one screen about the daemon of this host
 *
 * Reads the scoreboard, a file that the master and its children keep mapped: no server is
 * asked, so it works when everything else hangs. Each number has one writer and is read
 * as it is at that moment; two of them need not be of the same moment.
 */
#include "cli/cli_nouns.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_table.h"
#include "cli/cli_units.h"
#include "ipc/exit_code.h"
#include "ipc/score_before.h"
#include "ipc/scoreboard.h"

#include <stdio.h>

#define SCREEN_DEATHS 3 /* of the last ones */

static enum score_state state_of(const struct score_slot *slot)
{
	return (enum score_state)atomic_load(&slot->state);
}

static int64_t age_ms(int64_t mono_ms)
{
	int64_t age = mono_ms ? clock_mono_ms() - mono_ms : -1;

	return age < 0 ? -1 : age;
}

static const char *master_state(const struct scoreboard *board)
{
	return score_master_state_name(
		(enum score_master_state)atomic_load(&board->master_state));
}

static void add_child_json(struct jsonw *w, const struct score_slot *slot)
{
	char text[IDS_MAX];
	int i;

	jsonw_object(w);
	jsonw_pair_text(w, "kind", score_text_get(&slot->kind, text));
	jsonw_pair_int(w, "slot", atomic_load(&slot->number));
	jsonw_pair_int(w, "pid", atomic_load(&slot->pid));
	jsonw_pair_text(w, "state", score_state_name(state_of(slot)));
	jsonw_pair_int(w, "generation", atomic_load(&slot->generation));
	jsonw_pair_text(w, "row_name", score_text_get(&slot->row_name, text));
	jsonw_pair_text(w, "incarnation", score_text_get(&slot->incarnation, text));
	jsonw_pair_int(w, "started_at_ms", atomic_load(&slot->started_at_ms));
	jsonw_pair_int(w, "pulse_age_ms", age_ms(atomic_load(&slot->pulse_mono_ms)));
	if (state_of(slot) == SCORE_DEAD) {
		jsonw_pair_int(w, "died_at_ms", atomic_load(&slot->died_at_ms));
		jsonw_pair_text(w, "cause", score_text_get(&slot->cause, text));
	}
	if (score_text_get(&slot->sandbox, text)[0])
		jsonw_pair_text(w, "sandbox", text);
	jsonw_key(w, "counters");
	jsonw_object(w);
	for (i = 0; i < SCORE_NCOUNTERS; i++)
		jsonw_pair_int(w, score_counter_rows[i].name,
			       score_get(slot, (enum score_counter)i));
	jsonw_object_end(w);
	jsonw_object_end(w);
}

/* The last deaths, newest first. */
static void each_death(const struct scoreboard *board, uint32_t most, void *arg,
		       void (*show)(void *arg, const struct score_death *death))
{
	uint32_t count = atomic_load_explicit(&board->death_count, memory_order_acquire);
	uint32_t i;

	for (i = 1; i <= most && i <= count; i++)
		show(arg, &board->deaths[(count - i) % SCORE_DEATHS]);
}

static void add_death_json(void *arg, const struct score_death *death)
{
	struct jsonw *w = arg;
	char text[IDS_MAX];

	jsonw_object(w);
	jsonw_pair_int(w, "at_ms", atomic_load(&death->at_ms));
	jsonw_pair_text(w, "kind", score_text_get(&death->kind, text));
	jsonw_pair_int(w, "slot", atomic_load(&death->slot));
	jsonw_pair_int(w, "pid", atomic_load(&death->pid));
	jsonw_pair_text(w, "cause", score_text_get(&death->cause, text));
	jsonw_pair_text(w, "suspect", score_text_get(&death->suspect, text));
	jsonw_pair_text(w, "step", score_text_get(&death->step, text));
	jsonw_object_end(w);
}

static void add_deaths_json(struct jsonw *w, const struct scoreboard *board)
{
	jsonw_pair_int(w, "deaths_count", atomic_load(&board->death_count));
	jsonw_key(w, "deaths");
	jsonw_array(w);
	each_death(board, SCORE_DEATHS, w, add_death_json);
	jsonw_array_end(w);
}

static void add_scaling_json(struct jsonw *w, const struct scoreboard *board)
{
	char text[IDS_MAX];

	jsonw_key(w, "workers");
	jsonw_object(w);
	jsonw_pair_int(w, "wanted", atomic_load(&board->scale_count));
	jsonw_pair_bool(w, "auto", atomic_load(&board->scale_max) > 0);
	jsonw_pair_int(w, "min", atomic_load(&board->scale_min));
	jsonw_pair_int(w, "max", atomic_load(&board->scale_max));
	jsonw_pair_text(w, "step", score_text_get(&board->scaled, text));
	jsonw_pair_int(w, "step_at_ms", atomic_load(&board->scaled_at_ms));
	jsonw_object_end(w);
}

/* Whoever was succeeded by an upgrade and still drains. */
static void add_before_json(void *arg, const struct scoreboard *board)
{
	struct jsonw *w = arg;
	size_t i;

	jsonw_object(w);
	jsonw_pair_int(w, "pid", board->master_pid);
	jsonw_pair_text(w, "state", master_state(board));
	jsonw_pair_text(w, "version", board->version);
	jsonw_pair_int(w, "generation", atomic_load(&board->generation));
	jsonw_pair_int(w, "started_at_ms", board->started_at_ms);
	jsonw_key(w, "children");
	jsonw_array(w);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (state_of(&board->slots[i]) != SCORE_FREE)
			add_child_json(w, &board->slots[i]);
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void add_json(struct str *out, const struct scoreboard *board, const char *run_dir)
{
	char text[IDS_MAX];
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "state", master_state(board));
	jsonw_pair_text(&w, "reason", score_text_get(&board->reason, text));
	jsonw_pair_text(&w, "reload", score_text_get(&board->reload, text));
	jsonw_pair_int(&w, "reload_at_ms", atomic_load(&board->reload_at_ms));
	jsonw_pair_text(&w, "version", board->version);
	jsonw_pair_text(&w, "host_name", board->host_name);
	jsonw_pair_int(&w, "pid", board->master_pid);
	jsonw_pair_int(&w, "generation", atomic_load(&board->generation));
	jsonw_pair_int(&w, "started_at_ms", board->started_at_ms);
	jsonw_pair_int(&w, "pulse_age_ms",
		       age_ms(atomic_load(&board->master_pulse_mono_ms)));
	add_scaling_json(&w, board);
	add_deaths_json(&w, board);
	jsonw_key(&w, "children");
	jsonw_array(&w);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (state_of(&board->slots[i]) != SCORE_FREE)
			add_child_json(&w, &board->slots[i]);
	jsonw_array_end(&w);
	jsonw_key(&w, "before");
	jsonw_array(&w);
	score_before_each(run_dir, add_before_json, &w);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	str_add_char(out, '\n');
}

/* What a child does: of an API child the connections and requests, of others the runs. */
static void add_child_row(struct cli_table *table, const struct score_slot *slot)
{
	char text[IDS_MAX], buf[CLI_UNITS_MAX];
	int64_t requests = score_get(slot, SCORE_REQUESTS);

	cli_table_text(table, score_text_get(&slot->kind, text));
	cli_table_int(table, atomic_load(&slot->number));
	cli_table_int(table, atomic_load(&slot->pid));
	cli_table_text(table, score_state_name(state_of(slot)));
	cli_table_int(table, atomic_load(&slot->generation));
	cli_table_text(
		table,
		cli_units_span(clock_wall_ms() - atomic_load(&slot->started_at_ms), buf));
	cli_table_text(table,
		       cli_units_lag(age_ms(atomic_load(&slot->pulse_mono_ms)), buf));
	cli_table_text(table, cli_units_count(score_get(slot, SCORE_ACTIVE_RUNS) +
						      score_get(slot, SCORE_CONNECTIONS),
					      buf));
	cli_table_text(table, cli_units_count(
				      requests + score_get(slot, SCORE_RUNS_ENDED), buf));
	cli_table_text(table, cli_units_count(score_get(slot, SCORE_REQUESTS_5XX) +
						      score_get(slot, SCORE_RUNS_FAILED),
					      buf));
}

/* Where code is executed, and not as it should be. */
static void add_sandbox(struct str *out, const struct score_slot *slot)
{
	char text[IDS_MAX], kind[IDS_MAX];

	score_text_get(&slot->sandbox, text);
	if (state_of(slot) == SCORE_DEAD || !text[0] || strncmp(text, "ready", 5) == 0 ||
	    strncmp(text, "not tried", 9) == 0)
		return;
	str_printf(out, "sandbox of %s %d: %s\n", score_text_get(&slot->kind, kind),
		   (int)atomic_load(&slot->number), text);
}

static void add_scaling(struct str *out, const struct scoreboard *board)
{
	char text[IDS_MAX], buf[CLI_UNITS_MAX];

	if (!atomic_load(&board->scale_max))
		return;
	str_printf(out, "workers: %d wanted, from %d to %d",
		   (int)atomic_load(&board->scale_count),
		   (int)atomic_load(&board->scale_min),
		   (int)atomic_load(&board->scale_max));
	if (score_text_get(&board->scaled, text)[0])
		str_printf(out, "; %s, %s ago", text,
			   cli_units_span(clock_wall_ms() -
						  atomic_load(&board->scaled_at_ms),
					  buf));
	str_add_char(out, '\n');
}

static void add_death(void *arg, const struct score_death *death)
{
	struct str *out = arg;
	char text[IDS_MAX], buf[CLI_UNITS_MAX];

	str_printf(out, "death: %s %d, pid %d, %s ago, ",
		   score_text_get(&death->kind, text), (int)atomic_load(&death->slot),
		   (int)atomic_load(&death->pid),
		   cli_units_span(clock_wall_ms() - atomic_load(&death->at_ms), buf));
	str_add_text(out, score_text_get(&death->cause, text));
	if (score_text_get(&death->suspect, text)[0])
		str_printf(out, ", in job %s", text);
	if (score_text_get(&death->step, text)[0])
		str_printf(out, ", step %s", text);
	str_add_char(out, '\n');
}

struct screen {
	struct str *out;
	struct cli_table table;
};

static void add_children(struct screen *screen, const struct scoreboard *board)
{
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (state_of(&board->slots[i]) != SCORE_FREE)
			add_child_row(&screen->table, &board->slots[i]);
}

static void add_before_line(void *arg, const struct scoreboard *board)
{
	struct screen *screen = arg;

	str_printf(screen->out, "before it: pid %d, version %s, %s\n",
		   (int)board->master_pid, board->version, master_state(board));
}

static void add_before_rows(void *arg, const struct scoreboard *board)
{
	add_children(arg, board);
}

static void add_screen(struct str *out, const struct scoreboard *board,
		       const char *run_dir)
{
	static const char *const heads[] = { "KIND",  "SLOT",   "PID",   "STATE",
					     "GEN",   "UP",     "PULSE", "ACTIVE",
					     "ENDED", "FAILED", NULL };
	char text[IDS_MAX], buf[CLI_UNITS_MAX];
	struct screen screen = { .out = out };
	size_t i;

	str_printf(out, "synapsed %s %s: pid %d, generation %d, up %s\n", board->version,
		   master_state(board), (int)board->master_pid,
		   (int)atomic_load(&board->generation),
		   cli_units_span(clock_wall_ms() - board->started_at_ms, buf));
	str_printf(out, "host %s\n", board->host_name);
	if (score_text_get(&board->reason, text)[0])
		str_printf(out, "reason: %s\n", text);
	if (score_text_get(&board->reload, text)[0])
		str_printf(out, "reload: %s ago, %s\n",
			   cli_units_span(clock_wall_ms() -
						  atomic_load(&board->reload_at_ms),
					  buf),
			   text);
	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (state_of(&board->slots[i]) != SCORE_FREE)
			add_sandbox(out, &board->slots[i]);
	add_scaling(out, board);
	score_before_each(run_dir, add_before_line, &screen);
	each_death(board, SCREEN_DEATHS, out, add_death);
	str_add_char(out, '\n');
	cli_table_init(&screen.table, heads);
	add_children(&screen, board);
	score_before_each(run_dir, add_before_rows, &screen);
	cli_table_print(&screen.table, out);
	cli_table_deinit(&screen.table);
}

static int not_running(const struct cli_args *args, const char *run_dir)
{
	if (!args->json)
		return cli_args_fail(args, EXIT_CODE_NOT_FOUND,
				     "no daemon runs with run_dir %s", run_dir);
	(void)printf("{\"state\":\"stopped\"}\n");
	return EXIT_CODE_NOT_FOUND;
}

static int show(const struct cli_args *args, const char *run_dir)
{
	const struct scoreboard *board = NULL;
	struct str out = STR_INIT;
	struct err err;
	int rc = scoreboard_open_readonly(run_dir, &board, &err);
	int code = EXIT_CODE_OK;

	if (rc == ERR_NOT_FOUND)
		return not_running(args, run_dir);
	if (rc < 0)
		return cli_args_fail(args, EXIT_CODE_FAILED, "%s", err.text);
	if (!scoreboard_master_alive(board) ||
	    atomic_load(&board->master_state) == SCORE_MASTER_STOPPED) {
		code = not_running(args, run_dir);
	} else {
		if (args->json)
			add_json(&out, board, run_dir);
		else
			add_screen(&out, board, run_dir);
		(void)fputs(str_text(&out), stdout);
		if (atomic_load(&board->master_state) == SCORE_MASTER_DEGRADED)
			code = EXIT_CODE_FAILED;
	}
	scoreboard_close(board);
	str_deinit(&out);
	return code;
}

static int status(const struct cli_args *args)
{
	char *run_dir = cli_conf_run_dir(args);
	int code = show(args, run_dir);

	mem_free(run_dir);
	return code;
}

/* clang-format off */
static const struct cli_verb verbs[] = {
	{ "", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, NULL,
	  "the daemon of this host and its children",
	  "ACTIVE, ENDED and FAILED are runs; of an api child connections, requests and 5xx.\n"
	  "Exit status: 0 it runs, 1 it runs degraded, 3 it does not run.\n", status },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_status_noun = { "status", "the daemon of this host", verbs };
