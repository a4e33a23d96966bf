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

#include <stdio.h>
#include <unistd.h>

int cli_conf_load(const struct cli_args *args, bool needs_postgres, struct conf **ret)
{
	struct conf_errors errors = { .count = 0 };
	const char **sets = mem_new_n(const char *, args->given_count + 1);
	struct conf_inputs in = { .env = (const char *const *)environ,
				  .uid = geteuid(),
				  .cores = 1 };
	struct conf *conf = NULL;
	const char *set;
	size_t at = 0;
	char *text;
	int rc;

	while ((set = cli_args_next(args, "set", &at)))
		sets[in.set_count++] = set;
	in.sets = sets;
	in.path = conf_find_path(cli_args_text(args, "config", NULL));
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
