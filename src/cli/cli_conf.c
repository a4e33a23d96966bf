/*
 * cli_conf.c - the daemon's configuration, for a verb
 *
 * Verbs that touch the stores or the daemon's folders must see what the daemon sees, so
 * they read it the same way.
 */
#include "cli/cli_conf.h"

#include "base/mem.h"
#include "cli/cli_args.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "run/model.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* sets: owned by the caller (mem_free), as long as *in is used. */
static void inputs_of(const struct cli_args *args, struct conf_inputs *in,
		      const char ***sets)
{
	const char *set;
	size_t at = 0;

	*sets = mem_new_n(const char *, args->given_count + 1);
	*in = (struct conf_inputs){ .env = (const char *const *)environ,
				    .uid = geteuid(),
				    .cores = 1,
				    .sets = *sets };
	while ((set = cli_args_next(args, "set", &at)))
		(*sets)[in->set_count++] = set;
	in->path = conf_find_path(cli_args_text(args, "config", NULL));
}

char *cli_conf_run_dir(const struct cli_args *args)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in;
	const char **sets;
	struct conf *conf;
	char *text, *run_dir;

	inputs_of(args, &in, &sets);
	conf = conf_load_rest(&in, &errors);
	run_dir = mem_dup(conf->run_dir);
	if (errors.count) {
		text = conf_errors_text(&errors);
		text[strcspn(text, "\n")] = '\0';
		(void)cli_args_fail(args, 0,
				    "the configuration is wrong: %s; looking in run_dir "
				    "%s (%s)",
				    text, run_dir, conf_source(conf, "run_dir"));
		mem_free(text);
	}
	conf_free(conf);
	mem_free(sets);
	conf_errors_deinit(&errors);
	return run_dir;
}

void cli_conf_default_model(const struct cli_args *args)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in;
	const char **sets;
	struct conf *conf;

	inputs_of(args, &in, &sets);
	conf = conf_load_rest(&in, &errors);
	model_set_default(conf->llm.model);
	conf_free(conf);
	mem_free(sets);
	conf_errors_deinit(&errors);
}

int cli_conf_load(const struct cli_args *args, bool needs_postgres, struct conf **ret)
{
	struct conf_errors errors = { .count = 0 };
	struct conf_inputs in;
	struct conf *conf = NULL;
	const char **sets;
	char *text;
	int rc;

	inputs_of(args, &in, &sets);
	rc = conf_load(&in, &conf, &errors);
	mem_free(sets);
	if (rc == 0 && needs_postgres && !conf->postgres.url[0]) {
		conf_free(conf);
		conf_errors_deinit(&errors);
		return cli_args_fail(args, EXIT_CODE_USAGE,
				     "postgres.url (SCALE_POSTGRES_URL) is not set");
	}
	if (rc < 0) {
		text = conf_errors_text(&errors);
		(void)cli_args_fail(args, 0, "the configuration is wrong");
		(void)fputs(text, stderr);
		mem_free(text);
		conf_free(conf);
		conf_errors_deinit(&errors);
		return EXIT_CODE_USAGE;
	}
	conf_errors_deinit(&errors);
	*ret = conf;
	return 0;
}
