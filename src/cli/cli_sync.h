/* cli_sync.h - def sync: the files of the data folder into the store */
#ifndef CLI_CLI_SYNC_H
#define CLI_CLI_SYNC_H

#include "cli/cli_verb.h"

struct cli_args;

extern const struct cli_option cli_sync_options[];

int cli_sync_run(const struct cli_args *args);

#endif
