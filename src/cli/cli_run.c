/*
 * cli_run.c - noun run: start, get, list, why, cancel, resume-failed
 *
 * run tail is cli_run_tail.c, run resume cli_run_resume.c.
 *
 * Thin: the body of a request is put together here, what it means is the API's business.
 * `start --wait` asks for the status again and again with growing pauses, since the run
 * may take a millisecond or an hour.
 */
#include "cli/cli_nouns.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_list.h"
#include "cli/cli_run_acts.h"
#include "cli/cli_run_resume.h"
#include "cli/cli_run_stats.h"
#include "cli/cli_run_tail.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RUNS_PATH       "/api/v2/orchestrations/runs/"
#define WAIT_FIRST_MS   20
#define WAIT_LARGEST_MS 1000
#define PRIORITY_MIN    (-10)
#define PRIORITY_MAX    10

/* --input KEY=TEXT or KEY:=JSON, into the open object. 0 or an exit code. */
static int write_input(const struct cli_args *args, struct jsonw *w, const char *input)
{
	const char *equals = strchr(input, '=');
	struct str key = STR_INIT;
	struct json *doc = NULL;
	struct err err;
	int code = 0;

	if (!equals || equals == input || !utf8_valid(input, strlen(input), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--input is KEY=TEXT or KEY:=JSON, not %s", input);
	if (equals[-1] != ':') {
		str_add(&key, input, (size_t)(equals - input));
		jsonw_pair_text(w, str_text(&key), equals + 1);
	} else {
		str_add(&key, input, (size_t)(equals - 1 - input));
		if (jsonr_parse(equals + 1, strlen(equals + 1), &doc, NULL, NULL, &err) <
		    0)
			code = cli_args_fail(args, EXIT_CODE_USAGE,
					     "--input %s is not JSON: %s", str_text(&key),
					     err.text);
		else
			jsonw_pair_raw(w, str_text(&key), equals + 1, strlen(equals + 1));
		jsonr_free(doc);
	}
	str_deinit(&key);
	return code;
}

static int write_body(const struct cli_args *args, struct str *body)
{
	const char *message = cli_args_text(args, "message", NULL);
	const char *at = cli_args_text(args, "at", NULL);
	const char *session = cli_args_text(args, "session", NULL);
	const char *input;
	struct jsonw w;
	size_t place = 0;
	int64_t priority;
	int code = 0;

	if (!cli_args_int(args, "priority", PRIORITY_MIN, PRIORITY_MAX, 0, &priority))
		return EXIT_CODE_USAGE;
	if (session && !utf8_valid(session, strlen(session), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--session is not UTF-8");

	if (message && !utf8_valid(message, strlen(message), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--message is not UTF-8");
	if (at && !utf8_valid(at, strlen(at), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--at is not UTF-8");
	jsonw_init(&w, body);
	jsonw_object(&w);
	if (message)
		jsonw_pair_text(&w, "message", message);
	if (at)
		jsonw_pair_text(&w, "run_at", at);
	if (session)
		jsonw_pair_text(&w, "session_id", session);
	if (priority != 0)
		jsonw_pair_int(&w, "priority", priority);
	if (cli_args_flag(args, "input")) {
		jsonw_key(&w, "inputs");
		jsonw_object(&w);
		while (code == 0 && (input = cli_args_next(args, "input", &place)))
			code = write_input(args, &w, input);
		jsonw_object_end(&w);
	}
	jsonw_object_end(&w);
	return code;
}

static void print_field(struct cli_table *table, const char *name,
			const struct json *value)
{
	struct str text = STR_INIT;

	cli_table_text(table, name);
	if (jsonr_type(value) == JSONR_STRING)
		str_add(&text, jsonr_text(value), jsonr_text_len(value));
	else if (value)
		jsonr_print(value, &text);
	cli_table_text(table, str_text(&text));
	str_deinit(&text);
}

/* Every field of the status, one a line, in the API's order. */
static void print_status(const struct cli_answer *answer)
{
	static const char *const heads[] = { "FIELD", "VALUE", NULL };
	struct jsonr_iter it = jsonr_iter(answer->doc);
	struct cli_table table;
	struct str out = STR_INIT;

	cli_table_init(&table, heads);
	while (jsonr_next(&it))
		print_field(&table, it.key, it.value);
	cli_table_print(&table, &out);
	(void)fputs(str_text(&out), stdout);
	cli_table_deinit(&table);
	str_deinit(&out);
}

static int get_status(const struct cli_api *api, const char *run_id,
		      struct cli_answer *ret)
{
	struct str path = STR_INIT;
	int code;

	str_add_text(&path, RUNS_PATH);
	ids_encode(&path, run_id);
	str_add_text(&path, "/status");
	code = cli_api_call(api, "GET", str_text(&path), NULL, NULL, ret);
	str_deinit(&path);
	return code;
}

static void pause_ms(int64_t ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&left,
			NULL); /* a signal that we handle only makes us look sooner */
}

/* Until it has ended or waits for a person. The exit code says whether it completed. */
static int wait_for(const struct cli_api *api, const char *run_id, int64_t deadline_ms)
{
	int64_t until_mono_ms = clock_mono_ms() + deadline_ms, wait_ms = WAIT_FIRST_MS;
	struct cli_answer answer;
	const char *status;
	int code;

	for (;;) {
		code = get_status(api, run_id, &answer);
		if (code)
			return code;
		status = jsonr_get_text(answer.doc, "status");
		if (status && strcmp(status, "queued") != 0 &&
		    strcmp(status, "running") != 0)
			break;
		cli_answer_deinit(&answer);
		if (clock_mono_ms() >= until_mono_ms)
			return cli_args_fail(api->args, EXIT_CODE_FAILED,
					     "%s has not ended yet; it goes on", run_id);
		pause_ms(wait_ms);
		wait_ms = wait_ms * 2 > WAIT_LARGEST_MS ? WAIT_LARGEST_MS : wait_ms * 2;
	}
	code = strcmp(status, "completed") == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	if (api->args->json)
		cli_api_print(&answer);
	else
		print_status(&answer);
	cli_answer_deinit(&answer);
	return code;
}

/* What the API said of the new run; then the wait, if one was asked for. */
static int started(const struct cli_api *api, const struct cli_answer *answer,
		   int64_t deadline_ms)
{
	const char *run_id = jsonr_get_text(answer->doc, "run_id");

	if (!run_id)
		return cli_args_fail(api->args, EXIT_CODE_FAILED,
				     "the answer names no run");
	if (cli_args_flag(api->args, "tail"))
		return cli_run_tail_of(api, run_id, NULL);
	if (!cli_args_flag(api->args, "wait")) {
		if (api->args->json)
			cli_api_print(answer);
		else
			(void)printf("%s\n", run_id);
		return EXIT_CODE_OK;
	}
	return wait_for(api, run_id, deadline_ms);
}

static int start(const struct cli_args *args)
{
	const char *key = cli_args_text(args, "idempotency-key", NULL);
	struct str path = STR_INIT, body = STR_INIT, header = STR_INIT;
	struct cli_answer answer;
	struct cli_api api;
	int64_t deadline_ms;
	int code;

	if (!cli_args_ms(args, "deadline", 1, 30LL * 86400000, 3600000, &deadline_ms))
		return EXIT_CODE_USAGE;
	code = write_body(args, &body);
	if (code)
		goto out;
	if (key)
		str_printf(&header, "Idempotency-Key: %s", key);
	str_add_text(&path, "/api/v2/orchestrations/");
	ids_encode(&path, args->operands[0]);
	str_add_text(&path, "/run");
	code = cli_api_init(&api, args);
	if (code)
		goto out;
	code = cli_api_call(&api, "POST", str_text(&path), str_text(&body),
			    key ? str_text(&header) : NULL, &answer);
	if (code == 0) {
		code = started(&api, &answer, deadline_ms);
		cli_answer_deinit(&answer);
	}
	cli_api_deinit(&api);
out:
	str_deinit(&header);
	str_deinit(&body);
	str_deinit(&path);
	return code;
}

static int get(const struct cli_args *args)
{
	struct cli_answer answer;
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	code = get_status(&api, args->operands[0], &answer);
	if (code == 0) {
		if (args->json)
			cli_api_print(&answer);
		else
			print_status(&answer);
		cli_answer_deinit(&answer);
	}
	cli_api_deinit(&api);
	return code;
}

/* One request about the run that the operand names, its answer told by show. */
static int on_one(const struct cli_args *args, const char *method, const char *root,
		  const char *act, const char *body, cli_api_show show)
{
	struct str path = STR_INIT;
	int code;

	str_add_text(&path, root);
	ids_encode(&path, args->operands[0]);
	str_add_text(&path, act);
	code = cli_api_ask(args, method, str_text(&path), body, show, NULL);
	str_deinit(&path);
	return code;
}

static void print_reason(const struct cli_args *args, const struct cli_answer *answer,
			 const void *arg)
{
	const char *reason = jsonr_get_text(answer->doc, "reason");
	const char *detail = jsonr_get_text(answer->doc, "detail");
	struct str out = STR_INIT;

	(void)args;
	(void)arg;
	cli_table_clean(&out, reason ? reason : "");
	str_add_text(&out, ": ");
	cli_table_clean(&out, detail ? detail : "");
	(void)printf("%s\n", str_text(&out));
	str_deinit(&out);
}

static int why(const struct cli_args *args)
{
	return on_one(args, "GET", "/api/v2/runs/", "/why", NULL, print_reason);
}

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "RUN", .member = "run_id" },
		{ .head = "ORCHESTRATION", .member = "orchestration_id" },
		{ .head = "STATUS", .member = "status" },
		{ .head = "STARTED", .member = "started_at" },
		{ .head = "ENDED", .member = "ended_at" },
		{ .head = "WORKER", .member = "worker_id" },
		{ .head = NULL },
	};
	static const struct cli_list_param params[] = {
		{ "status", NULL },
		{ "orchestration", "orchestration_id" },
		{ "tenant", "tenant_id" },
		{ "session", "session_id" },
		{ "since", NULL },
		{ "until", NULL },
		{ "tag", NULL },
		{ "text", NULL },
		{ NULL, NULL },
	};
	static const struct cli_list runs = { "runs", columns, params, true };

	return cli_list_get(args, "/api/v2/runs", &runs);
}

/* clang-format off */
static const struct cli_option start_options[] = {
	{ 'm', "message", "TEXT", "the message that the run gets (empty)" },
	{ 'i', "input", "KEY=TEXT", "an input; KEY:=JSON for other types; may be given again" },
	{ 0, "idempotency-key", "KEY", "the same key and body start one run, not two" },
	{ 0, "at", "MOMENT", "do not begin before it (2026-11-23T21:45:00Z)" },
	{ 0, "session", "ID", "runs of one session are found together" },
	{ 0, "priority", "N", "-10 to 10: each step is a head start of a minute (0)" },
	{ 'w', "wait", NULL, "wait for its end and print its status" },
	{ 't', "tail", NULL, "print its events until its end" },
	{ 0, "deadline", "DURATION", "how long --wait waits (1h)" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option tail_options[] = {
	{ 0, "after", "ID", "only what comes behind the event of this id" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option answer_options[] = {
	{ 0, "text", "TEXT", "the answer, if it is one text" },
	{ 0, "field", "KEY=TEXT", "a field of it; KEY:=JSON for other types; may be given again" },
	{ 0, "step", "STEP", "the step that asks, or its path, if several do" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option list_options[] = {
	{ 0, "status", "STATUS", "only queued, running, paused, completed, failed or cancelled" },
	{ 0, "orchestration", "ID", "only of this orchestration" },
	{ 0, "tenant", "ID", "only of this tenant" },
	{ 0, "session", "ID", "only of this session" },
	{ 0, "since", "MOMENT", "only accepted at or after it (2026-11-23T21:45:00Z)" },
	{ 0, "until", "MOMENT", "only accepted before it" },
	{ 0, "tag", "KEY:VALUE", "only with this in their metadata" },
	{ 0, "text", "TEXT", "only with it in message, answer or error" },
	{ 0, "limit", "N", "at most so many" },
	{ 0, "after", "CURSOR", "go on where another list ended" },
	{ 0, NULL, NULL, NULL },
};

#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF)

static const struct cli_verb verbs[] = {
	{ "start", "<orchestration>", 1, 1, GROUPS, start_options,
	  "start a run and print its id",
	  "With --wait or --tail the exit status is 0 only for a run that completed.\n", start },
	{ "get", "<run id>", 1, 1, GROUPS, NULL,
	  "the status of a run, its answer or its error", NULL, get },
	{ "tail", "<run id>", 1, 1, GROUPS, tail_options,
	  "the events of a run as they come, until its end",
	  "The exit status is 0 unless the events say that the run did not complete.\n",
	  cli_run_tail },
	{ "list", "", 0, 0, GROUPS, list_options,
	  "runs, the newest first", NULL, list },
	{ "why", "<run id>", 1, 1, GROUPS, NULL,
	  "the one reason why a run does not go on", NULL, why },
	CLI_RUN_ACTS,
	{ "resume", "<run id>", 1, 1, GROUPS, answer_options,
	  "answer what a run waits for",
	  "The exit status is 4 when the run waits for no answer, when somebody else was\n"
	  "first, and when it is not said which of several questions is meant.\n",
	  cli_run_resume },
	CLI_RUN_STATS,
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_run_noun = { "run", "start runs, look at them, stop them",
				       verbs };
