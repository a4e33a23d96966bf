/*
 * cli_schedule.c - noun schedule: list, show, add, pause, resume, remove, backfill
 */
#include "cli/cli_nouns.h"

#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_list.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>

#define PATH "/api/v2/schedules"

static void path_of(struct str *path, const char *id, const char *act)
{
	str_add_text(path, PATH "/");
	ids_encode(path, id);
	str_add_text(path, act);
}

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "SCHEDULE", .member = "id" },
		{ .head = "ORCHESTRATION", .member = "orchestration_id" },
		{ .head = "CRON", .member = "cron" },
		{ .head = "ZONE", .member = "zone" },
		{ .head = "NEXT", .member = "next_at" },
		{ .head = "PAUSED", .member = "paused", .kind = CLI_LIST_YES },
		{ .head = NULL },
	};
	static const struct cli_list schedules = { "schedules", columns, NULL, true };

	return cli_list_get(args, PATH, &schedules);
}

static int on_one(const struct cli_args *args, const char *method, const char *act,
		  const char *body, cli_api_show show)
{
	struct str path = STR_INIT;
	int code;

	path_of(&path, args->operands[0], act);
	code = cli_api_ask(args, method, str_text(&path), body, show, NULL);
	str_deinit(&path);
	return code;
}

static int show(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "DUE", .member = "due_at" },
		{ .head = "STATE", .member = "state" },
		{ .head = "RUN", .member = "run_id" },
		{ .head = "DETAIL", .member = "detail" },
		{ .head = NULL },
	};
	static const struct cli_list fires = { .member = "fires", .columns = columns };
	struct str path = STR_INIT;
	int code;

	path_of(&path, args->operands[0], "");
	code = cli_list_get(args, str_text(&path), &fires);
	str_deinit(&path);
	return code;
}

static void print_done(const struct cli_args *args, const struct cli_answer *answer,
		       const void *arg)
{
	const char *id = jsonr_get_text(answer->doc, "id");
	const char *status = jsonr_get_text(answer->doc, "status");
	const char *next = jsonr_get_text(answer->doc, "next_at");
	struct str out = STR_INIT;

	(void)args;
	(void)arg;
	cli_table_clean(&out, id ? id : "");
	str_add_text(&out, " is ");
	cli_table_clean(&out, status ? status : "");
	if (next) {
		str_add_text(&out, ", next at ");
		cli_table_clean(&out, next);
	}
	(void)printf("%s\n", str_text(&out));
	str_deinit(&out);
}

/* Members of the body that are options of the same name. 0 or an exit code. */
static int write_texts(const struct cli_args *args, struct jsonw *w,
		       const char *const *names)
{
	for (; *names; names++) {
		const char *text = cli_args_text(args, *names, NULL);

		if (!text)
			continue;
		if (!utf8_valid(text, strlen(text), NULL))
			return cli_args_fail(args, EXIT_CODE_USAGE, "--%s is not UTF-8",
					     *names);
		jsonw_pair_text(w, *names, text);
	}
	return 0;
}

static int add(const struct cli_args *args)
{
	static const char *const names[] = { "id",     "message", "zone",
					     "missed", "overlap", NULL };
	struct str body = STR_INIT;
	struct jsonw w;
	int code;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "orchestration_id", args->operands[0]);
	jsonw_pair_text(&w, "cron", args->operands[1]);
	code = write_texts(args, &w, names);
	jsonw_object_end(&w);
	if (code == 0)
		code = cli_api_ask(args, "POST", PATH, str_text(&body), print_done, NULL);
	str_deinit(&body);
	return code;
}

static int pause_schedule(const struct cli_args *args)
{
	return on_one(args, "POST", "/pause", NULL, print_done);
}

static int resume_schedule(const struct cli_args *args)
{
	return on_one(args, "POST", "/resume", NULL, print_done);
}

static int remove_schedule(const struct cli_args *args)
{
	return on_one(args, "DELETE", "", NULL, print_done);
}

static void print_added(const struct cli_args *args, const struct cli_answer *answer,
			const void *arg)
{
	(void)args;
	(void)arg;
	(void)printf("%lld moments, %lld of them new\n",
		     (long long)jsonr_get_int(answer->doc, "moments", 0),
		     (long long)jsonr_get_int(answer->doc, "added", 0));
}

static int backfill(const struct cli_args *args)
{
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;
	int code;

	for (i = 1; i < 3; i++)
		if (!utf8_valid(args->operands[i], strlen(args->operands[i]), NULL))
			return cli_args_fail(args, EXIT_CODE_USAGE,
					     "a moment is not UTF-8");
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "from", args->operands[1]);
	jsonw_pair_text(&w, "until", args->operands[2]);
	jsonw_object_end(&w);
	code = on_one(args, "POST", "/backfill", str_text(&body), print_added);
	str_deinit(&body);
	return code;
}

/* clang-format off */
static const struct cli_option list_options[] = {
	{ 0, "limit", "N", "at most so many" },
	{ 0, "after", "ID", "go on where another list ended" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option add_options[] = {
	{ 0, "id", "ID", "its name (a random one)" },
	{ 'm', "message", "TEXT", "the message that its runs get (empty)" },
	{ 0, "zone", "ZONE", "the time zone of the expression (UTC)" },
	{ 0, "missed", "POLICY", "moments missed in an outage: skip, once (the default) or all" },
	{ 0, "overlap", "POLICY", "while a run of it lives: allow (the default), skip or queue" },
	{ 0, NULL, NULL, NULL },
};

#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF)

static const struct cli_verb verbs[] = {
	{ "list", "", 0, 0, GROUPS, list_options,
	  "schedules and when they fire next", NULL, list },
	{ "show", "<schedule>", 1, 1, GROUPS, NULL,
	  "what a schedule has fired, the newest first", NULL, show },
	{ "add", "<orchestration> <cron>", 2, 2, GROUPS, add_options,
	  "start runs again and again",
	  "The expression has five fields: minute, hour, day, month, weekday.\n", add },
	{ "pause", "<schedule>", 1, 1, GROUPS, NULL,
	  "let a schedule fire no more", NULL, pause_schedule },
	{ "resume", "<schedule>", 1, 1, GROUPS, NULL,
	  "let a paused schedule go on; what it missed is not made up for", NULL,
	  resume_schedule },
	{ "remove", "<schedule>", 1, 1, GROUPS, NULL,
	  "delete a schedule; its runs stay", NULL, remove_schedule },
	{ "backfill", "<schedule> <from> <until>", 3, 3, GROUPS, NULL,
	  "start runs for moments that have been",
	  "From the first moment on and before the second, 1000 at most; those that were\n"
	  "dealt with before stay as they are.\n", backfill },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_schedule_noun = { "schedule", "what is started again and again",
					    verbs };
