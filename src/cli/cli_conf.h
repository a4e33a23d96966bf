/* cli_conf.h - the daemon's configuration, for a verb */
#ifndef CLI_CLI_CONF_H
#define CLI_CLI_CONF_H

#include <stdbool.h>

struct cli_args;
struct conf;

/*
 * Load it as the daemon would: -c, --set, the environment. needs_postgres: refuse one
 * without postgres.url. Returns 0 and *ret, the caller's (conf_free), or an
 * exit code after it has said on standard error what is wrong.
 */
int cli_conf_load(const struct cli_args *args, bool needs_postgres, struct conf **ret);

/*
 * run_dir, the caller's (mem_free), never NULL: for verbs that look for the daemon of
 * this host. A configuration that is wrong is said on standard error and used as far as
 * it goes, since the daemon runs with one that was right when it read it.
 */
char *cli_conf_run_dir(const struct cli_args *args);

/* The default model as the daemon would have it (model_set_default()): for verbs that
 * judge definitions and need nothing else; what else is wrong is not their business. */
void cli_conf_default_model(const struct cli_args *args);

#endif
