/*
 * cli.c - the verbs of the command line
 *
 * A table of nouns, each a table of verbs. Help is asked for at every level: of the nouns
 * (`help`), of one noun (`run -h`), of one verb (`run start -h`); it goes to standard
 * output and ends 0. A wrong line is answered on standard error with one sentence.
 */
#include "cli/cli.h"

#include "base/log.h"
#include "base/str.h"
#include "cli/cli_args.h"
#include "cli/cli_nouns.h"
#include "ipc/exit_code.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_noun *const nouns[] = {
	&cli_run_noun,     &cli_wait_noun,        &cli_worker_noun, &cli_queue_noun,
	&cli_dlq_noun,     &cli_schedule_noun,    &cli_def_noun,    &cli_key_noun,
	&cli_db_noun,      &cli_redis_noun,       &cli_status_noun, &cli_top_noun,
	&cli_drain_noun,   &cli_stop_noun,        &cli_quiet_noun,  &cli_reload_noun,
	&cli_upgrade_noun, &cli_reopen_logs_noun, &cli_chat_noun,   &bench_noun,
	&dev_noun,
};

#define NOUNS (sizeof(nouns) / sizeof(*nouns))

void cli_help(struct str *out)
{
	size_t i;

	for (i = 0; i < NOUNS; i++)
		str_printf(out, "  %-11s %s\n", nouns[i]->name, nouns[i]->what);
}

static bool asks_help(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 ||
	       strcmp(word, "help") == 0;
}

/* see: the words whose -h helps. */
static int wrong(const char *line, const char *why, const char *see)
{
	(void)fprintf(stderr, "synapsed %s: %s; see `synapsed %s`\n", line, why, see);
	return EXIT_CODE_USAGE;
}

static const struct cli_noun *noun_of(const char *name)
{
	size_t i;

	for (i = 0; i < NOUNS; i++)
		if (strcmp(nouns[i]->name, name) == 0)
			return nouns[i];
	return NULL;
}

static int say(struct str *out)
{
	(void)fputs(str_text(out), stdout); /* cli_main looks at the stream */
	str_deinit(out);
	return EXIT_CODE_OK;
}

static int act(const struct cli_noun *noun, const struct cli_verb *verb, int argc,
	       char **argv)
{
	struct str text = STR_INIT, line = STR_INIT, see = STR_INIT;
	struct cli_args args;
	int code = EXIT_CODE_USAGE;

	switch (cli_args_parse(noun->name, verb, argc, argv, &args, &text)) {
	case CLI_ARGS_HELP:
		cli_args_help(noun->name, verb, &text);
		return say(&text);
	case CLI_ARGS_WRONG:
		str_printf(&line, "%s%s%s", noun->name, verb->name[0] ? " " : "",
			   verb->name);
		str_printf(&see, "%s -h", str_text(&line));
		code = wrong(str_text(&line), str_text(&text), str_text(&see));
		break;
	case CLI_ARGS_ACT:
		code = verb->act(&args);
		cli_args_deinit(&args);
		break;
	}
	str_deinit(&see);
	str_deinit(&line);
	str_deinit(&text);
	return code;
}

static int wrong_verb(const struct cli_noun *noun, const char *given)
{
	struct str why = STR_INIT, see = STR_INIT;
	int code;

	if (given)
		str_printf(&why, "there is no verb %s", given);
	else
		str_add_text(&why, "the verb is missing");
	str_printf(&see, "%s -h", noun->name);
	code = wrong(noun->name, str_text(&why), str_text(&see));
	str_deinit(&why);
	str_deinit(&see);
	return code;
}

static int dispatch(int argc, char **argv)
{
	const struct cli_noun *noun;
	const struct cli_verb *verb;
	struct str out = STR_INIT;

	if (argc < 1 || asks_help(argv[0])) {
		str_add_text(&out, "usage: synapsed <noun> <verb> [options]\n\n");
		cli_help(&out);
		return say(&out);
	}
	noun = noun_of(argv[0]);
	if (!noun)
		return wrong(argv[0], "there is no such noun", "help");
	if (!noun->verbs[0].name[0])
		return act(noun, &noun->verbs[0], argc - 1, argv + 1);
	if (argc < 2)
		return wrong_verb(noun, NULL);
	if (asks_help(argv[1])) {
		cli_args_noun_help(noun, &out);
		return say(&out);
	}
	for (verb = noun->verbs; verb->name; verb++)
		if (strcmp(verb->name, argv[1]) == 0)
			return act(noun, verb, argc - 2, argv + 2);
	return wrong_verb(noun, argv[1]);
}

int cli_main(int argc, char **argv)
{
	int code;

	/* what modules log on the way is for daemons; a verb says itself what it did */
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
	/* `synapsed run list | head` ends like any other command: by a failing write */
	(void)signal(SIGPIPE, SIG_IGN);
	code = dispatch(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno != EPIPE) /* `| head` has what it wanted */
		(void)fprintf(stderr, "synapsed: standard output: %s\n", strerror(errno));
	return code ? code : EXIT_CODE_FAILED;
}
