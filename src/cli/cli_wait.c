/*
 * cli_wait.c - noun wait: what runs wait for people for
 *
 * An answer is given by run resume.
 */
#include "cli/cli_nouns.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>

static void print_waits(const struct cli_answer *answer)
{
	static const char *const heads[] = { "RUN",      "ORCHESTRATION", "WAIT", "SINCE",
					     "DEADLINE", "QUESTION",      NULL };
	const struct json *waits = jsonr_get(answer->doc, "waits");
	const char *after = jsonr_get_text(answer->doc, "next");
	struct cli_table table;
	struct str out = STR_INIT;
	size_t i;

	cli_table_init(&table, heads);
	for (i = 0; i < jsonr_count(waits); i++) {
		const struct json *wait = jsonr_at(waits, i);

		cli_table_text(&table, jsonr_get_text(wait, "run_id"));
		cli_table_text(&table, jsonr_get_text(wait, "orchestration_id"));
		cli_table_text(&table, jsonr_get_text(wait, "path"));
		cli_table_text(&table, jsonr_get_text(wait, "opened_at"));
		cli_table_text(&table, jsonr_get_text(wait, "deadline_at"));
		cli_table_text(&table, jsonr_get_text(wait, "prompt"));
	}
	cli_table_print(&table, &out);
	if (after) {
		str_add_text(&out, "more: --after ");
		cli_table_clean(&out, after);
		str_add_char(&out, '\n');
	}
	(void)fputs(str_text(&out), stdout);
	cli_table_deinit(&table);
	str_deinit(&out);
}

static int list(const struct cli_args *args)
{
	struct str path = STR_INIT;
	struct cli_answer answer;
	struct cli_api api;
	int64_t limit;
	int code;

	if (!cli_args_int(args, "limit", 1, 200, 0, &limit))
		return EXIT_CODE_USAGE;
	code = cli_api_init(&api, args);
	if (code)
		return code;
	str_add_text(&path, "/api/v2/waits");
	cli_api_query(&path, "tenant_id", cli_args_text(args, "tenant", NULL));
	cli_api_query(&path, "orchestration_id",
		      cli_args_text(args, "orchestration", NULL));
	cli_api_query(&path, "run_id", cli_args_text(args, "run", NULL));
	cli_api_query(&path, "limit", cli_args_text(args, "limit", NULL));
	cli_api_query(&path, "after", cli_args_text(args, "after", NULL));
	code = cli_api_call(&api, "GET", str_text(&path), NULL, NULL, &answer);
	if (code == 0) {
		if (args->json)
			cli_api_print(&answer);
		else
			print_waits(&answer);
		cli_answer_deinit(&answer);
	}
	str_deinit(&path);
	cli_api_deinit(&api);
	return code;
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
