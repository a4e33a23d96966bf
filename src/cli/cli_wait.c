/*
 * cli_wait.c - noun wait: what runs wait for people for
 *
 * An answer is given by run resume.
 */
#include "cli/cli_nouns.h"

#include "cli/cli_args.h"
#include "cli/cli_list.h"

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "RUN", .member = "run_id" },
		{ .head = "ORCHESTRATION", .member = "orchestration_id" },
		{ .head = "WAIT", .member = "path" },
		{ .head = "SINCE", .member = "opened_at" },
		{ .head = "DEADLINE", .member = "deadline_at" },
		{ .head = "QUESTION", .member = "prompt" },
		{ .head = NULL },
	};
	static const struct cli_list_param params[] = {
		{ "tenant", "tenant_id" },
		{ "orchestration", "orchestration_id" },
		{ "run", "run_id" },
		{ NULL, NULL },
	};
	static const struct cli_list waits = { "waits", columns, params, true };

	return cli_list_get(args, "/api/v2/waits", &waits);
}

/* clang-format off */
static const struct cli_option list_options[] = {
	{ 0, "tenant", "ID", "only of this tenant" },
	{ 0, "orchestration", "ID", "only of this orchestration" },
	{ 0, "run", "ID", "only of this run" },
	{ 0, "limit", "N", "at most so many" },
	{ 0, "after", "CURSOR", "go on where another list ended" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "list", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF, list_options,
	  "open questions, those asked first in front",
	  "run resume answers one; its --step takes what stands under WAIT.\n", list },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_wait_noun = { "wait", "what runs wait for people for", verbs };
