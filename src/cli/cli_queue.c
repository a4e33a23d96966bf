/*
 * cli_queue.c - noun queue: list, pause, resume
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

static void add_paused(struct cli_table *table, const struct json *queue)
{
	const char *reason = jsonr_get_text(queue, "paused_reason");

	if (jsonr_bool(jsonr_get(queue, "paused")))
		cli_table_text(table, reason && *reason ? reason : "yes");
	else
		cli_table_text(table, "no");
}

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "QUEUE", .member = "queue_name" },
		{ .head = "ACCEPTED", .member = "accepted", .kind = CLI_LIST_INT },
		{ .head = "QUEUED", .member = "queued", .kind = CLI_LIST_INT },
		{ .head = "ACTIVE", .member = "active", .kind = CLI_LIST_INT },
		{ .head = "RETRYING", .member = "retrying", .kind = CLI_LIST_INT },
		{ .head = "DEAD", .member = "dead", .kind = CLI_LIST_INT },
		{ .head = "OLDEST_MS", .member = "oldest_ms", .kind = CLI_LIST_INT },
		{ .head = "PAUSED", .cell = add_paused },
		{ .head = NULL },
	};
	static const struct cli_list queues = { .member = "queues", .columns = columns };

	return cli_list_get(args, "/api/v2/queues", &queues);
}

static void print_done(const struct cli_args *args, const struct cli_answer *answer,
		       const void *done)
{
	(void)answer;
	(void)printf("%s %s\n", args->operands[0], (const char *)done);
}

static int change(const struct cli_args *args, const char *act, const char *done)
{
	const char *why = cli_args_text(args, "reason", NULL);
	struct str path = STR_INIT, body = STR_INIT;
	struct jsonw w;
	int code;

	if (why && !utf8_valid(why, strlen(why), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--reason is not UTF-8");
	str_add_text(&path, "/api/v2/queues/");
	ids_encode(&path, args->operands[0]);
	str_add_text(&path, act);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	if (why)
		jsonw_pair_text(&w, "reason", why);
	jsonw_object_end(&w);
	code = cli_api_ask(args, "POST", str_text(&path), str_text(&body), print_done,
			   done);
	str_deinit(&body);
	str_deinit(&path);
	return code;
}

static int pause_queue(const struct cli_args *args)
{
	return change(args, "/pause", "is paused");
}

static int resume_queue(const struct cli_args *args)
{
	return change(args, "/resume", "goes on");
}

/* clang-format off */
static const struct cli_option pause_options[] = {
	{ 0, "reason", "TEXT", "why, for those who ask why a run waits" },
	{ 0, NULL, NULL, NULL },
};

#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF)

static const struct cli_verb verbs[] = {
	{ "list", "", 0, 0, GROUPS, NULL,
	  "how much waits and runs", NULL, list },
	{ "pause", "<queue>", 1, 1, GROUPS, pause_options,
	  "let nothing of a queue begin",
	  "What is being executed goes on. A queue stays paused until it is resumed.\n",
	  pause_queue },
	{ "resume", "<queue>", 1, 1, GROUPS, NULL,
	  "let a paused queue go on", NULL, resume_queue },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_queue_noun = { "queue", "what waits and what runs", verbs };
