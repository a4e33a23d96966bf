/*
 * cli_dlq.c - noun dlq: dead letters, what died too often
 */
#include "cli/cli_nouns.h"

#include "base/ids.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_list.h"
#include "cli/cli_mass.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>

#define LETTERS_MAX 1000 /* of one call of discard */

static void letter_path(struct str *path, const char *id, const char *act)
{
	str_add_text(path, "/api/v2/dead-letters/");
	ids_encode(path, id);
	str_add_text(path, act);
}

static int list(const struct cli_args *args)
{
	static const struct cli_list_column columns[] = {
		{ .head = "LETTER", .member = "id" },
		{ .head = "RUN", .member = "run_id" },
		{ .head = "ORCHESTRATION", .member = "orchestration_id" },
		{ .head = "FAILED", .member = "last_failed_at" },
		{ .head = "DEATHS", .member = "attempt_count", .kind = CLI_LIST_INT },
		{ .head = "ERROR", .member = "error_message" },
		{ .head = NULL },
	};
	static const struct cli_list_param params[] = {
		{ "state", NULL },
		{ "orchestration", "orchestration_id" },
		{ "run", "run_id" },
		{ NULL, NULL },
	};
	static const struct cli_list letters = { "dead_letters", columns, params, true };

	return cli_list_get(args, "/api/v2/dead-letters", &letters);
}

/* All that the answer has, a line each; what is not there is left out. */
static void print_letter(const struct cli_args *args, const struct cli_answer *answer,
			 const void *arg)
{
	static const char *const fields[] = {
		"id",        "run_id",        "orchestration_id", "tenant_id",
		"cause",     "error_message", "first_failed_at",  "last_failed_at",
		"traceback", "job_function",
	};
	const struct json *payload = jsonr_get(answer->doc, "payload");
	struct str out = STR_INIT;
	size_t i;

	(void)args;
	(void)arg;
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *text = jsonr_get_text(answer->doc, fields[i]);

		if (!text)
			continue;
		str_printf(&out, "%-17s ", fields[i]);
		cli_table_clean(&out, text);
		str_add_char(&out, '\n');
	}
	str_printf(&out, "%-17s %lld\n", "attempt_count",
		   (long long)jsonr_get_int(answer->doc, "attempt_count", 0));
	str_printf(&out, "%-17s %s\n", "resolved",
		   jsonr_bool(jsonr_get(answer->doc, "resolved")) ? "yes" : "no");
	if (payload) {
		struct str text = STR_INIT;

		jsonr_print(payload, &text);
		str_printf(&out, "%-17s ", "payload");
		cli_table_clean(&out, str_text(&text));
		str_add_char(&out, '\n');
		str_deinit(&text);
	}
	(void)fputs(str_text(&out), stdout);
	str_deinit(&out);
}

static int show(const struct cli_args *args)
{
	struct str path = STR_INIT;
	int code;

	letter_path(&path, args->operands[0], "");
	code = cli_api_ask(args, "GET", str_text(&path), NULL, print_letter, NULL);
	str_deinit(&path);
	return code;
}

static int act_on_one(const struct cli_api *api, const char *id, const char *act,
		      const char *done)
{
	struct str path = STR_INIT;
	struct cli_answer answer;
	int code;

	letter_path(&path, id, act);
	code = cli_api_call(api, "POST", str_text(&path), NULL, NULL, &answer);
	str_deinit(&path);
	if (code)
		return code;
	if (api->args->json)
		cli_api_print(&answer);
	else
		(void)printf("%s %s\n", id, done);
	cli_answer_deinit(&answer);
	return EXIT_CODE_OK;
}

/* One by one; what is not there does not keep the others from it. */
static int act_on_all(const struct cli_args *args, const char *act, const char *done)
{
	struct cli_api api;
	int code = cli_mass_refuse_filters(args, "letter id"), one;
	size_t i;

	if (!code)
		code = cli_api_init(&api, args);
	if (code)
		return code;
	for (i = 0; i < args->operand_count; i++) {
		one = act_on_one(&api, args->operands[i], act, done);
		if (!code)
			code = one;
	}
	cli_api_deinit(&api);
	return code;
}

static int on_matching(const struct cli_args *args, const char *action)
{
	static const struct cli_mass_filter filters[] = {
		{ "orchestration", "orchestration_id" },
		{ "run", "run_id" },
		{ NULL, NULL },
	};
	const struct cli_mass mass = { "/api/v2/dead-letters/bulk", action,
				       "dead letters", filters };

	return cli_mass_do(args, &mass);
}

static int discard(const struct cli_args *args)
{
	if (cli_mass_wanted(args))
		return on_matching(args, "discard");
	return act_on_all(args, "/discard", "is discarded");
}

static int retry(const struct cli_args *args)
{
	if (cli_mass_wanted(args))
		return on_matching(args, "retry");
	return act_on_all(args, "/retry", "goes on");
}

/* clang-format off */
static const struct cli_option list_options[] = {
	{ 0, "state", "STATE", "open (the default), resolved or all" },
	{ 0, "orchestration", "ID", "only of this orchestration" },
	{ 0, "run", "ID", "only of this run" },
	{ 0, "limit", "N", "at most so many" },
	{ 0, "after", "CURSOR", "go on where another list ended" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option act_options[] = {
	CLI_MASS_OPTIONS,
	{ 0, "orchestration", "ID", "of this orchestration" },
	{ 0, "run", "ID", "of this run" },
	{ 0, NULL, NULL, NULL },
};

#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF)

static const struct cli_verb verbs[] = {
	{ "list", "", 0, 0, GROUPS, list_options,
	  "dead letters, the newest first", NULL, list },
	{ "show", "<letter id>", 1, 1, GROUPS, NULL,
	  "a dead letter with its cause of death and its job", NULL, show },
	{ "retry", "[<letter id>...]", 0, LETTERS_MAX, GROUPS, act_options,
	  "let the runs of dead letters go on as new attempts", NULL, retry },
	{ "discard", "[<letter id>...]", 0, LETTERS_MAX, GROUPS, act_options,
	  "resolve dead letters without a retry",
	  "The letter stays in the table; dlq list --state resolved shows it.\n", discard },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_dlq_noun = { "dlq", "dead letters: what died too often",
				       verbs };
