/*
 * cli_worker.c - noun worker: list of all hosts; quiet, stop, more, less of this one
 */
#include "cli/cli_nouns.h"

#include "cli/cli_acts.h"
#include "cli/cli_args.h"
#include "cli/cli_list.h"

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "WORKER", .member = "worker_id" },
		{ .head = "STATUS", .member = "status" },
		{ .head = "ACTIVE", .member = "active_jobs", .kind = CLI_LIST_INT },
		{ .head = "MAX", .member = "max_jobs", .kind = CLI_LIST_INT },
		{ .head = "ADDRESS", .member = "address" },
		{ .head = "LAST HEARTBEAT", .member = "last_heartbeat" },
		{ .head = NULL },
	};
	static const struct cli_list workers = { .columns = columns };

	return cli_list_get(args, "/api/v2/workers", &workers);
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
