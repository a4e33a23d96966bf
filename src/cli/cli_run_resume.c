/*
 * cli_run_resume.c - verb run resume: answer a question of a run
 *
 * The answer is one text, or an object of fields. What it must look like only the
 * question knows: the API says what does not fit.
 */
#include "cli/cli_run_resume.h"

#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/cli_api.h"
#include "cli/cli_args.h"
#include "cli/cli_verb.h"
#include "ipc/exit_code.h"

#include <stdio.h>
#include <string.h>

/* --field KEY=TEXT or KEY:=JSON, into the open object. 0 or an exit code. */
static int write_field(const struct cli_args *args, struct jsonw *w, const char *field)
{
	const char *equals = strchr(field, '=');
	struct str key = STR_INIT;
	struct json *doc = NULL;
	struct err err;
	int code = 0;

	if (!equals || equals == field || !utf8_valid(field, strlen(field), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--field is KEY=TEXT or KEY:=JSON, not %s", field);
	str_add(&key, field, (size_t)(equals - field) - (equals[-1] == ':'));
	if (equals[-1] != ':')
		jsonw_pair_text(w, str_text(&key), equals + 1);
	else if (jsonr_parse(equals + 1, strlen(equals + 1), &doc, NULL, NULL, &err) == 0)
		jsonw_pair_raw(w, str_text(&key), equals + 1, strlen(equals + 1));
	else
		code = cli_args_fail(args, EXIT_CODE_USAGE, "--field %s is not JSON: %s",
				     str_text(&key), err.text);
	jsonr_free(doc);
	str_deinit(&key);
	return code;
}

static int write_answer(const struct cli_args *args, struct jsonw *w)
{
	const char *text = cli_args_text(args, "text", NULL);
	const char *field;
	size_t place = 0;
	int code = 0;

	if (text && cli_args_flag(args, "field"))
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "--text is the whole answer: no --field beside it");
	if (text && !utf8_valid(text, strlen(text), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--text is not UTF-8");
	if (text) {
		jsonw_pair_text(w, "response", text);
		return 0;
	}
	jsonw_key(w, "response");
	jsonw_object(w);
	while (code == 0 && (field = cli_args_next(args, "field", &place)))
		code = write_field(args, w, field);
	jsonw_object_end(w);
	return code;
}

static int write_body(const struct cli_args *args, struct str *body)
{
	const char *step = cli_args_text(args, "step", NULL);
	struct jsonw w;
	int code;

	if (step && !utf8_valid(step, strlen(step), NULL))
		return cli_args_fail(args, EXIT_CODE_USAGE, "--step is not UTF-8");
	jsonw_init(&w, body);
	jsonw_object(&w);
	code = write_answer(args, &w);
	if (code == 0 && step)
		jsonw_pair_text(&w, "step_id", step);
	if (code == 0)
		jsonw_object_end(&w);
	return code;
}

static void print_done(const struct cli_args *args, const struct cli_answer *answer,
		       const void *arg)
{
	(void)answer;
	(void)arg;
	(void)printf("%s has its answer\n", args->operands[0]);
}

int cli_run_resume(const struct cli_args *args)
{
	struct str path = STR_INIT, body = STR_INIT;
	int code = write_body(args, &body);

	if (code == 0) {
		str_add_text(&path, "/api/v2/orchestrations/runs/");
		ids_encode(&path, args->operands[0]);
		str_add_text(&path, "/resume");
		code = cli_api_ask(args, "POST", str_text(&path), str_text(&body),
				   print_done, NULL);
	}
	str_deinit(&path);
	str_deinit(&body);
	return code;
}
