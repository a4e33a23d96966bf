/* cli_acts.h - verbs that ask the daemon of this host for something */
#ifndef CLI_CLI_ACTS_H
#define CLI_CLI_ACTS_H

#include "cli/cli_verb.h"

/* For the table of noun worker, each with one operand, a slot. */
extern const struct cli_option cli_acts_wait_options[];    /* waits unless told not to */
extern const struct cli_option cli_acts_no_wait_options[]; /* the other way round */
int cli_acts_worker_quiet(const struct cli_args *args);
int cli_acts_worker_stop(const struct cli_args *args);
int cli_acts_worker_more(const struct cli_args *args);
int cli_acts_worker_less(const struct cli_args *args);

#endif
