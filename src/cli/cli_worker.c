/*
 * cli_worker.c - noun worker: list of all hosts; quiet, stop, more, less of this one
 */
#include "cli/cli_nouns.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "cli/cli_acts.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_table.h"

#include <stdio.h>

static void print_workers(const struct cli_answer *answer)
{
	static const char *const heads[] = { "WORKER",  "STATUS",         "ACTIVE", "MAX",
					     "ADDRESS", "LAST HEARTBEAT", NULL };
	struct cli_table table;
	struct str out = STR_INIT;
	size_t i;

	cli_table_init(&table, heads);
	for (i = 0; i < jsonr_count(answer->doc); i++) {
		const struct json *worker = jsonr_at(answer->doc, i);

		cli_table_text(&table, jsonr_get_text(worker, "worker_id"));
		cli_table_text(&table, jsonr_get_text(worker, "status"));
		cli_table_int(&table, jsonr_get_int(worker, "active_jobs", 0));
		cli_table_int(&table, jsonr_get_int(worker, "max_jobs", 0));
		cli_table_text(&table, jsonr_get_text(worker, "address"));
		cli_table_text(&table, jsonr_get_text(worker, "last_heartbeat"));
	}
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
	code = cli_api_call(&api, "GET", "/api/v2/workers", NULL, NULL, &answer);
	if (code == 0) {
		if (args->json)
			cli_api_print(&answer);
		else
			print_workers(&answer);
		cli_answer_deinit(&answer);
	}
	cli_api_deinit(&api);
	return code;
}

#define CODES                                                                             \
	"Exit status: 0 done, 1 it failed or still goes on, 3 there is no such worker,\n" \
	"4 the daemon's state forbids it, 5 refused, 6 there is no daemon.\n"

/* clang-format off */
static const struct cli_verb verbs[] = {
	{ "list", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF, NULL,
	  "the workers of all hosts", NULL, list },
	{ "quiet", "<slot>", 1, 1, CLI_GROUP_OUTPUT | CLI_GROUP_CONF,
	  cli_acts_no_wait_options,
	  "have one worker of this host claim nothing new",
	  "Until it is replaced, by a reload or by `worker stop`.\n" CODES,
	  cli_acts_worker_quiet },
	{ "stop", "<slot>", 1, 1, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, cli_acts_wait_options,
	  "drain one worker of this host; another takes its place", CODES,
	  cli_acts_worker_stop },
	{ "more", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, NULL,
	  "start one worker more on this host", CODES, cli_acts_worker_more },
	{ "less", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_CONF, NULL,
	  "drain the worker with the highest slot of this host", CODES,
	  cli_acts_worker_less },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_worker_noun = { "worker", "the workers of the fleet", verbs };
