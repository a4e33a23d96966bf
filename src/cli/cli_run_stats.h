/* cli_run_stats.h - verb run stats: runs in groups */
#ifndef CLI_CLI_RUN_STATS_H
#define CLI_CLI_RUN_STATS_H

#include "cli/cli_verb.h"

struct cli_args;

/* Returns an enum exit_code. */
int cli_run_stats(const struct cli_args *args);

extern const struct cli_option cli_run_stats_options[];

/* A row of the noun's table. */
/* clang-format off */
#define CLI_RUN_STATS \
	{ "stats", "", 0, 0, CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF, \
	  cli_run_stats_options, "runs in groups: outcome, duration, cost, tokens", NULL, cli_run_stats }
/* clang-format on */

#endif
