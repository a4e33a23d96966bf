/*
 * cli_acts.c - verbs that ask the daemon of this host for something
 *
 * Each is one ask on the control socket in run_dir. What they do not find they explain:
 * no daemon, or one without such a socket, which takes the same wish as a signal.
 */
#include "cli/cli_acts.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli_args.h"
#include "cli/cli_conf.h"
#include "cli/cli_control.h"
#include "cli/cli_nouns.h"
#include "ipc/control_frame.h"
#include "ipc/exit_code.h"
#include "ipc/scoreboard.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR_MS 3600000LL
#define DAY_MS  (24 * HOUR_MS)
#define LOOK_MS 100

/* What an act is to a person. */
struct wish {
	int act;            /* enum control_act */
	const char *signal; /* that asks for the same; NULL: none does */
	const char *begun;  /* what is said without a wait */
	const char *done;
};

static const struct wish wish_drain = { CONTROL_DRAIN, "TERM", "draining",
					"drained and stopped" };
static const struct wish wish_stop = { CONTROL_STOP, "INT", "stopping", "stopped" };
static const struct wish wish_reload = { CONTROL_RELOAD, "HUP", "reloading", "reloaded" };
static const struct wish wish_upgrade = { CONTROL_UPGRADE, "USR2", "upgrading",
					  "upgraded" };
static const struct wish wish_reopen = { CONTROL_REOPEN_LOGS, "USR1",
					 "log files are opened again",
					 "log files are opened again" };
static const struct wish wish_quiet = { CONTROL_QUIET, "WINCH",
					"quiet: nothing new is claimed",
					"quiet: nothing is in flight" };
static const struct wish wish_more = { CONTROL_MORE, "TTIN", "one worker more",
				       "one worker more" };
static const struct wish wish_less = { CONTROL_LESS, "TTOU", "one worker less",
				       "one worker less" };
static const struct wish wish_worker_quiet = { CONTROL_WORKER_QUIET, NULL,
					       "quiet: it claims nothing new",
					       "quiet: it has nothing in flight" };
static const struct wish wish_worker_stop = {
	CONTROL_WORKER_STOP, NULL, "it drains, and another one takes its place",
	"it has left"
};

/* ---- what is seen meanwhile ---- */

static int64_t in_flight(const struct scoreboard *board, int slot)
{
	int64_t runs = 0;
	char kind[IDS_MAX];
	size_t i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct score_slot *at = &board->slots[i];
		int state = atomic_load(&at->state);

		if (state == SCORE_FREE || state == SCORE_DEAD)
			continue;
		if (slot >= 0 && (atomic_load(&at->number) != slot ||
				  strcmp(score_text_get(&at->kind, kind), "worker") != 0))
			continue;
		runs += score_get(at, SCORE_ACTIVE_RUNS);
	}
	return runs;
}

static void on_progress(void *arg, int64_t waited_ms, bool over)
{
	const struct scoreboard *board = arg;
	int counts[SCORE_NSTATES] = { 0 }, state;
	struct str line = STR_INIT;
	size_t i;

	if (over) {
		(void)fputs("\r\033[K", stderr);
		return;
	}
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		state = atomic_load(&board->slots[i].state);
		if (state > SCORE_FREE && state < SCORE_NSTATES)
			counts[state]++;
	}
	for (state = SCORE_STARTING; state < SCORE_NSTATES; state++)
		if (counts[state])
			str_printf(&line, "%d %s, ", counts[state],
				   score_state_name((enum score_state)state));
	str_printf(&line, "%lld runs in flight, %lld s", (long long)in_flight(board, -1),
		   (long long)(waited_ms / 1000));
	(void)fprintf(stderr, "\r\033[K%.79s", str_text(&line));
	str_deinit(&line);
}

/* ---- what is said ---- */

static int exit_code_of(int code)
{
	switch (code) {
	case ERR_NOT_FOUND:
		return EXIT_CODE_NOT_FOUND;
	case ERR_CONFLICT:
	case ERR_STALE:
		return EXIT_CODE_CONFLICT;
	case ERR_INPUT:
	case ERR_REFUSED:
	case ERR_FULL:
		return EXIT_CODE_REFUSED;
	default:
		return EXIT_CODE_FAILED;
	}
}

static void say(const struct cli_args *args, const struct wish *wish, const char *result,
		const char *text, int64_t number)
{
	struct str out = STR_INIT;
	struct jsonw w;

	if (args->json) {
		jsonw_init(&w, &out);
		jsonw_object(&w);
		jsonw_pair_text(&w, "act", control_frame_act_name(wish->act));
		jsonw_pair_text(&w, "result", result);
		if (wish->act == CONTROL_RELOAD && number)
			jsonw_pair_int(&w, "generation", number);
		if (wish->act == CONTROL_UPGRADE && number)
			jsonw_pair_int(&w, "pid", number);
		jsonw_object_end(&w);
	} else {
		str_add_text(&out, text);
		if (wish->act == CONTROL_RELOAD && number)
			str_printf(&out, ": generation %lld is in force",
				   (long long)number);
		if (wish->act == CONTROL_UPGRADE && number)
			str_printf(&out, ": process %lld is in charge",
				   (long long)number);
	}
	(void)printf("%s\n", str_text(&out));
	str_deinit(&out);
}

/* Why nobody answers, and what to do. */
static int nobody(const struct cli_args *args, const struct wish *wish,
		  const char *run_dir, const struct scoreboard *board,
		  const struct err *err)
{
	if (!board || !scoreboard_master_alive(board) ||
	    atomic_load(&board->master_state) == SCORE_MASTER_STOPPED)
		return cli_args_fail(args, EXIT_CODE_UNREACHABLE,
				     "no daemon runs with run_dir %s; if one runs with "
				     "another, name it by -c or --set run_dir=...",
				     run_dir);
	if (err->code != ERR_NOT_FOUND)
		return cli_args_fail(args, EXIT_CODE_UNREACHABLE,
				     "the daemon (pid %d) does not answer: %s",
				     (int)board->master_pid, err->text);
	if (!wish->signal)
		return cli_args_fail(args, EXIT_CODE_UNREACHABLE,
				     "the daemon (pid %d) has no control socket: %s",
				     (int)board->master_pid, err->text);
	return cli_args_fail(args, EXIT_CODE_UNREACHABLE,
			     "the daemon (pid %d) has no control socket: %s; `kill -%s "
			     "%d` asks for the same",
			     (int)board->master_pid, err->text, wish->signal,
			     (int)board->master_pid);
}

/* ---- asking ---- */

/* Until what is quiet has nothing in flight: the scoreboard says when. slot -1: all. */
static int wait_idle(const struct cli_args *args, const struct wish *wish,
		     const struct scoreboard *board, int slot, int64_t timeout_ms)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	int64_t since_mono_ms = clock_mono_ms();
	bool shown = isatty(STDERR_FILENO);

	if (!board)
		return cli_args_fail(args, EXIT_CODE_FAILED,
				     "it is quiet, but the scoreboard cannot be read");
	if (!timeout_ms)
		timeout_ms = HOUR_MS;
	while (in_flight(board, slot) > 0) {
		int64_t waited_ms = clock_mono_ms() - since_mono_ms;

		if (!scoreboard_master_alive(board) || waited_ms >= timeout_ms) {
			if (shown)
				on_progress((void *)(uintptr_t)board, waited_ms, true);
			return cli_args_fail(args, EXIT_CODE_FAILED,
					     waited_ms >= timeout_ms
						     ? "it is quiet, but %lld runs are "
						       "still in flight"
						     : "the daemon ended with %lld runs "
						       "in flight",
					     (long long)in_flight(board, slot));
		}
		if (shown)
			on_progress((void *)(uintptr_t)board, waited_ms, false);
		(void)nanosleep(&pause, NULL); /* cut short is soon enough */
	}
	if (shown)
		on_progress((void *)(uintptr_t)board, 0, true);
	say(args, wish, "done", wish->done, 0);
	return EXIT_CODE_OK;
}

static bool waits_for_idle(const struct wish *wish)
{
	return wish->act == CONTROL_QUIET || wish->act == CONTROL_WORKER_QUIET;
}

static int ask(const struct cli_args *args, const struct wish *wish, int64_t number)
{
	bool idle = waits_for_idle(wish);
	bool wait = idle ? cli_args_flag(args, "wait") : !cli_args_flag(args, "no-wait");
	struct cli_control control = { .act = wish->act, .number = number };
	const struct scoreboard *board = NULL;
	struct err err = { .code = 0 };
	int code = EXIT_CODE_OK;
	char *run_dir;
	int64_t n;

	if (!cli_args_ms(args, "timeout", 1, DAY_MS, 0, &control.timeout_ms))
		return EXIT_CODE_USAGE;
	run_dir = cli_conf_run_dir(args);
	control.run_dir = run_dir;
	control.wait = wait && !idle;
	/* one that cannot be read shows nothing, and is needed by no ask */
	(void)scoreboard_open_readonly(run_dir, &board, NULL);
	if (board && isatty(STDERR_FILENO)) {
		control.progress = on_progress;
		control.arg = (void *)(uintptr_t)board;
	}
	switch (cli_control_ask(&control, &n, &err)) {
	case CLI_CONTROL_DONE:
		say(args, wish, "done", wish->done, n);
		break;
	case CLI_CONTROL_ACCEPTED:
		if (wait && idle)
			code = wait_idle(args, wish, board,
					 wish->act == CONTROL_QUIET ? -1 : (int)number,
					 control.timeout_ms);
		else
			say(args, wish, "accepted", wish->begun, 0);
		break;
	case CLI_CONTROL_REFUSED:
	case CLI_CONTROL_FAILED:
		code = cli_args_fail(args, exit_code_of(err.code), "%s", err.text);
		break;
	case CLI_CONTROL_LATE:
		code = cli_args_fail(args, EXIT_CODE_FAILED,
				     "%s; `synapsed status` shows how far it is",
				     err.text);
		break;
	case CLI_CONTROL_NOBODY:
		code = nobody(args, wish, run_dir, board, &err);
		break;
	}
	scoreboard_close(board);
	mem_free(run_dir);
	return code;
}

static int ask_slot(const struct cli_args *args, const struct wish *wish)
{
	int64_t slot;

	if (units_parse_int(args->operands[0], &slot) < 0 || slot < 0 ||
	    slot >= SCOREBOARD_SLOTS)
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "a worker is named by its slot, a number from 0 to "
				     "%d, not %s",
				     SCOREBOARD_SLOTS - 1, args->operands[0]);
	return ask(args, wish, slot);
}

/* ---- the verbs ---- */

static int drain(const struct cli_args *args)
{
	int64_t deadline_ms;

	if (!cli_args_ms(args, "deadline", 0, HOUR_MS, -1, &deadline_ms))
		return EXIT_CODE_USAGE;
	return ask(args, &wish_drain, deadline_ms);
}

static int stop(const struct cli_args *args)
{
	return ask(args, &wish_stop, 0);
}

static int reload(const struct cli_args *args)
{
	return ask(args, &wish_reload, 0);
}

static int upgrade(const struct cli_args *args)
{
	return ask(args, &wish_upgrade, 0);
}

static int reopen_logs(const struct cli_args *args)
{
	return ask(args, &wish_reopen, 0);
}

static int quiet(const struct cli_args *args)
{
	return ask(args, &wish_quiet, 0);
}

int cli_acts_worker_quiet(const struct cli_args *args)
{
	return ask_slot(args, &wish_worker_quiet);
}

int cli_acts_worker_stop(const struct cli_args *args)
{
	return ask_slot(args, &wish_worker_stop);
}

int cli_acts_worker_more(const struct cli_args *args)
{
	return ask(args, &wish_more, 0);
}

int cli_acts_worker_less(const struct cli_args *args)
{
	return ask(args, &wish_less, 0);
}

/* clang-format off */
const struct cli_option cli_acts_wait_options[] = {
	{ 0, "no-wait", NULL, "return as soon as it has begun" },
	{ 0, "timeout", "DURATION", "how long to wait for its end" },
	{ 0, NULL, NULL, NULL },
};
const struct cli_option cli_acts_no_wait_options[] = {
	{ 'w', "wait", NULL, "wait until no run is in flight" },
	{ 0, "timeout", "DURATION", "how long to wait (1h)" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option timeout_options[] = {
	{ 0, "timeout", "DURATION", "how long to wait for the answer (5s)" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option drain_options[] = {
	{ 0, "deadline", "DURATION", "of this drain (drain.deadline)" },
	{ 0, "no-wait", NULL, "return as soon as it has begun" },
	{ 0, "timeout", "DURATION", "how long to wait for its end" },
	{ 0, NULL, NULL, NULL },
};

#define CODES \
	"Exit status: 0 done, 1 it failed or still goes on, 4 the daemon's state forbids\n" \
	"it, 5 refused, 6 there is no daemon.\n"
#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_CONF)
#define END_OF_VERBS { NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL }
#define NOUN(symbol, name, options, act, what, more) \
	static const struct cli_verb symbol##_verbs[] = { \
		{ "", "", 0, 0, GROUPS, options, what, more CODES, act }, END_OF_VERBS, \
	}; \
	const struct cli_noun cli_##symbol##_noun = { name, what, symbol##_verbs }

NOUN(drain, "drain", drain_options, drain, "drain and stop the daemon of this host",
     "Runs go back to the queue behind their step and go on elsewhere; what is left\n"
     "at the deadline is killed and runs again. During a drain a nearer --deadline\n"
     "counts.\n\n");
NOUN(stop, "stop", cli_acts_wait_options, stop, "stop the daemon of this host fast",
     "As drain, within a second; again: at once.\n\n");
NOUN(reload, "reload", cli_acts_wait_options, reload,
     "have the daemon read its configuration again",
     "Waits until it is in force. One that is wrong, or whose processes do not come\n"
     "up, changes nothing.\n\n");
NOUN(upgrade, "upgrade", cli_acts_wait_options, upgrade,
     "have the program that is installed now take over",
     "Waits until it is in charge. One that does not come up changes nothing.\n\n");
NOUN(reopen_logs, "reopen-logs", timeout_options, reopen_logs,
     "have the daemon open its log file again", "");
NOUN(quiet, "quiet", cli_acts_no_wait_options, quiet,
     "have the workers of this host claim nothing new",
     "A reload ends it.\n\n");
/* clang-format on */
