/*
 * cli_chat.c - noun chat: send, tail, status, cancel
 *
 * Thin as run is. What `send` prints is the events of its own turn: the stream that the
 * answer to the message names ends with them.
 */
#include "cli/cli_nouns.h"

#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_list.h"
#include "cli/cli_run_tail.h"
#include "cli/cli_table.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>

static void add_path(struct str *path, const char *session_id, const char *what,
		     const char *turn)
{
	str_add_text(path, "/api/v2/chat/");
	ids_encode(path, session_id);
	str_printf(path, "/%s", what);
	cli_api_query(path, "turn", turn);
}

/* ---- send ---- */

static void write_message(const struct cli_args *args, struct str *body)
{
	static const char *const pairs[][2] = {
		{ "session", "session_id" },
		{ "agent", "agent" },
		{ "on-busy", "on_busy" },
		{ "tenant", "tenant_id" },
	};
	struct jsonw w;
	size_t i;

	jsonw_init(&w, body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "message", args->operands[0]);
	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (cli_args_text(args, pairs[i][0], NULL))
			jsonw_pair_text(&w, pairs[i][1],
					cli_args_text(args, pairs[i][0], NULL));
	jsonw_object_end(&w);
}

static int sent(const struct cli_api *api, const struct cli_answer *answer)
{
	const char *session_id = jsonr_get_text(answer->doc, "session_id");
	const char *stream = jsonr_get_text(answer->doc, "stream_url");
	struct str out = STR_INIT;

	if (!session_id || !stream)
		return cli_args_fail(api->args, EXIT_CODE_FAILED,
				     "the answer names no session");
	if (api->args->json && !cli_args_flag(api->args, "tail")) {
		cli_api_print(answer);
	} else if (!api->args->json) {
		cli_table_clean(&out, session_id);
		(void)printf("%s turn %lld\n", str_text(&out),
			     (long long)jsonr_get_int(answer->doc, "turn", 0));
		str_deinit(&out);
	}
	if (!cli_args_flag(api->args, "tail"))
		return 0;
	return cli_run_tail_path(api, stream, NULL);
}

static int send_message(const struct cli_args *args)
{
	struct cli_answer answer;
	struct str body = STR_INIT;
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	write_message(args, &body);
	code = cli_api_call(&api, "POST", "/api/v2/chat", str_text(&body), NULL, &answer);
	if (code == 0) {
		code = sent(&api, &answer);
		cli_answer_deinit(&answer);
	}
	str_deinit(&body);
	cli_api_deinit(&api);
	return code;
}

/* ---- tail ---- */

static int tail(const struct cli_args *args)
{
	struct str path = STR_INIT;
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	add_path(&path, args->operands[0], "stream", cli_args_text(args, "turn", NULL));
	code = cli_run_tail_path(&api, str_text(&path),
				 cli_args_text(args, "after", NULL));
	str_deinit(&path);
	cli_api_deinit(&api);
	return code;
}

/* ---- status ---- */

static void print_line(const char *name, const char *text)
{
	struct str out = STR_INIT;

	cli_table_clean(&out, text ? text : "-");
	(void)printf("%-10s %s\n", name, str_text(&out));
	str_deinit(&out);
}

static void print_session(const struct cli_answer *answer)
{
	static const struct cli_list_column columns[] = {
		{ .head = "TURN", .member = "turn", .kind = CLI_LIST_INT },
		{ .head = "STATUS", .member = "status" },
		{ .head = "AGENT", .member = "agent_id" },
		{ .head = "MESSAGE", .member = "message" },
		{ .head = "ANSWER", .member = "answer" },
		{ .head = NULL },
	};
	static const struct cli_list turns = { .member = "turns", .columns = columns };
	const struct json *session = answer->doc;

	print_line("session", jsonr_get_text(session, "session_id"));
	print_line("status", jsonr_get_text(session, "status"));
	print_line("agent", jsonr_get_text(session, "agent_id"));
	print_line("worker", jsonr_get_text(session, "worker_id"));
	if (jsonr_count(jsonr_get(session, "turns")))
		cli_list_print(answer, &turns);
}

static int status(const struct cli_args *args)
{
	struct cli_answer answer;
	struct str path = STR_INIT;
	struct cli_api api;
	const char *text;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	add_path(&path, args->operands[0], "status", NULL);
	code = cli_api_call(&api, "GET", str_text(&path), NULL, NULL, &answer);
	if (code == 0) {
		text = jsonr_get_text(answer.doc, "status");
		if (text && strcmp(text, "not_found") == 0)
			code = cli_args_fail(args, EXIT_CODE_NOT_FOUND,
					     "there is no session %s", args->operands[0]);
		else if (args->json)
			cli_api_print(&answer);
		else
			print_session(&answer);
		cli_answer_deinit(&answer);
	}
	str_deinit(&path);
	cli_api_deinit(&api);
	return code;
}

/* ---- cancel ---- */

static int cancelled(const struct cli_args *args, const struct cli_answer *answer)
{
	const char *text = jsonr_get_text(answer->doc, "status");

	if (args->json)
		cli_api_print(answer);
	if (!text)
		return cli_args_fail(args, EXIT_CODE_FAILED, "the answer has no status");
	if (strcmp(text, "cancellation_requested") != 0)
		return cli_args_fail(args, EXIT_CODE_CONFLICT,
				     "nothing of %s is under way: it is %s",
				     args->operands[0], text);
	if (!args->json)
		(void)printf("%s is being cancelled\n", args->operands[0]);
	return 0;
}

static int cancel(const struct cli_args *args)
{
	struct cli_answer answer;
	struct str path = STR_INIT;
	struct cli_api api;
	int code = cli_api_init(&api, args);

	if (code)
		return code;
	add_path(&path, args->operands[0], "cancel", cli_args_text(args, "turn", NULL));
	code = cli_api_call(&api, "POST", str_text(&path), NULL, NULL, &answer);
	if (code == 0) {
		code = cancelled(args, &answer);
		cli_answer_deinit(&answer);
	}
	str_deinit(&path);
	cli_api_deinit(&api);
	return code;
}

#define GROUPS (CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF)

/* clang-format off */
static const struct cli_option send_options[] = {
	{ 's', "session", "ID", "the conversation that it belongs to; without it: a new one" },
	{ 'a', "agent", "ID", "who answers; without it: who answered last" },
	{ 0, "on-busy", "HOW", "while a turn is under way: enqueue, reject or interrupt" },
	{ 0, "tenant", "ID", "whose conversation it is" },
	{ 't', "tail", NULL, "print the events of its turn until its end" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option tail_options[] = {
	{ 0, "turn", "N", "of this turn; without it: of the newest" },
	{ 0, "after", "ID", "only what comes behind the event of this id" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option cancel_options[] = {
	{ 0, "turn", "N", "only this turn; without it: the live one and those that wait" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "send", "<message>", 1, 1, GROUPS, send_options,
	  "send a message to an agent",
	  "With --tail the exit status is 0 only for a turn that was answered.\n", send_message },
	{ "tail", "<session>", 1, 1, GROUPS, tail_options,
	  "the events of a turn as they come, until its end", NULL, tail },
	{ "status", "<session>", 1, 1, GROUPS, NULL,
	  "a conversation and its newest turns", NULL, status },
	{ "cancel", "<session>", 1, 1, GROUPS, cancel_options,
	  "stop turns",
	  "The exit status is 4 when nothing was under way.\n", cancel },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun cli_chat_noun = { "chat", "talk to agents", verbs };
