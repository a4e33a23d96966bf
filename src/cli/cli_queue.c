/*
 * cli_queue.c - noun queue: list
 *
 * The API answers with one queue (an object) or several (a list of them): both are shown.
 */
#include "cli/cli_nouns.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_table.h"

#include <stdio.h>

static void add_queue(struct cli_table *table, const struct json *queue)
{
	cli_table_text(table, jsonr_get_text(queue, "queue_name"));
	cli_table_int(table, jsonr_get_int(queue, "queued", 0));
	cli_table_int(table, jsonr_get_int(queue, "active", 0));
	cli_table_int(table, jsonr_get_int(queue, "dead", 0));
	cli_table_int(table, jsonr_get_int(queue, "oldest_ms", 0));
}

static void print_queues(const struct cli_answer *answer)
{
	static const char *const heads[] = { "QUEUE", "QUEUED",    "ACTIVE",
					     "DEAD",  "OLDEST_MS", NULL };
	struct cli_table table;
	struct str out = STR_INIT;
	size_t i;

	cli_table_init(&table, heads);
	if (jsonr_type(answer->doc) == JSONR_OBJECT)
		add_queue(&table, answer->doc);
	for (i = 0;
	     jsonr_type(answer->doc) == JSONR_ARRAY && i < jsonr_count(answer->doc); i++)
		add_queue(&table, jsonr_at(answer->doc, i));
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
	code = cli_api_call(&api, "GET", "/api/v2/queue/stats", NULL, NULL, &answer);
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

/* clang-format off */
static const struct cli_verb verbs[] = {
	{ "list", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF, NULL,
	  "how much waits and runs", NULL, list },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_queue_noun = { "queue", "what waits and what runs", verbs };
