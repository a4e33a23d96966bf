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
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>

static const char *reason(const struct json *queue)
{
	const char *text = jsonr_get_text(queue, "paused_reason");

	return text ? text : "";
}

static void add_queue(struct cli_table *table, const struct json *queue)
{
	cli_table_text(table, jsonr_get_text(queue, "queue_name"));
	cli_table_int(table, jsonr_get_int(queue, "queued", 0));
	cli_table_int(table, jsonr_get_int(queue, "active", 0));
	cli_table_int(table, jsonr_get_int(queue, "dead", 0));
	cli_table_int(table, jsonr_get_int(queue, "oldest_ms", 0));
	if (jsonr_bool(jsonr_get(queue, "paused")))
		cli_table_text(table, *reason(queue) ? reason(queue) : "yes");
	else
		cli_table_text(table, "no");
}

static void print_queues(const struct cli_answer *answer)
{
	static const char *const heads[] = { "QUEUE",     "QUEUED", "ACTIVE", "DEAD",
					     "OLDEST_MS", "PAUSED", NULL };
	const struct json *queues = jsonr_get(answer->doc, "queues");
	struct cli_table table;
	struct str out = STR_INIT;
	size_t i;

	cli_table_init(&table, heads);
	for (i = 0; i < jsonr_count(queues); i++)
		add_queue(&table, jsonr_at(queues, i));
	cli_table_print(&table, &out);
	(void)fputs(str_text(&out), stdout);
	cli_table_deinit(&table);
	str_deinit(&out);
}

static int list(const struct cli_args *args)
{
	struct cli_answer answer;
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	code = cli_api_call(&api, "GET", "/api/v2/queues", NULL, NULL, &answer);
	if (code == 0) {
		if (args->json)
			cli_api_print(&answer);
		else
			print_queues(&answer);
		cli_answer_deinit(&answer);
	}
	cli_api_deinit(&api);
	return code;
}

static int change(const struct cli_args *args, const char *act, const char *done)
{
	const char *why = cli_args_text(args, "reason", NULL);
	struct str path = STR_INIT, body = STR_INIT;
	struct cli_answer answer;
	struct cli_api api;
	struct jsonw w;
	int code;

	if (why && !utf8_valid(why, strlen(why), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--reason is not UTF-8");
	code = cli_api_init(&api, args);
	if (code)
		return code;
	str_add_text(&path, "/api/v2/queues/");
	ids_encode(&path, args->operands[0]);
	str_add_text(&path, act);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	if (why)
		jsonw_pair_text(&w, "reason", why);
	jsonw_object_end(&w);
	code = cli_api_call(&api, "POST", str_text(&path), str_text(&body), NULL,
			    &answer);
	if (code == 0) {
		if (args->json)
			cli_api_print(&answer);
		else
			(void)printf("%s %s\n", args->operands[0], done);
		cli_answer_deinit(&answer);
	}
	str_deinit(&body);
	str_deinit(&path);
	cli_api_deinit(&api);
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
