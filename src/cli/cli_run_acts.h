/* cli_run_acts.h - verbs run cancel, retry, resume-failed and delete */
#ifndef CLI_CLI_RUN_ACTS_H
#define CLI_CLI_RUN_ACTS_H

#include "cli/cli_verb.h"

struct cli_args;

/* The runs that are named, or all that a filter means. Return an enum exit_code. */
int cli_run_acts_cancel(const struct cli_args *args);
int cli_run_acts_retry(const struct cli_args *args);
int cli_run_acts_resume_failed(const struct cli_args *args);
int cli_run_acts_delete(const struct cli_args *args);

extern const struct cli_option cli_run_acts_options[];
extern const struct cli_option cli_run_acts_resume_options[];

#define CLI_RUN_ACTS_MAX 200 /* runs that one call names */

/* clang-format off */
#define CLI_RUN_ACTS_ROW(name, options, what, more, act) \
	{ name, "[<run id>...]", 0, CLI_RUN_ACTS_MAX, \
	  CLI_GROUP_OUTPUT | CLI_GROUP_HTTP | CLI_GROUP_CONF, options, what, more, act }

/* Rows of the noun's table. */
#define CLI_RUN_ACTS \
	CLI_RUN_ACTS_ROW("cancel", cli_run_acts_options, "stop runs", \
		"A run that waits ends at once, one that runs within a second. The exit status is 4\n" \
		"when one of them had completed or failed before.\n", cli_run_acts_cancel), \
	CLI_RUN_ACTS_ROW("retry", cli_run_acts_options, "start runs that ended anew, as new runs", \
		"The exit status is 4 when one of them has not ended.\n", cli_run_acts_retry), \
	CLI_RUN_ACTS_ROW("resume-failed", cli_run_acts_resume_options, \
		"let failed runs go on as new attempts", \
		"What failed is done again, and only that: what completed stays as it is. The exit\n" \
		"status is 4 when one of them did not fail.\n", cli_run_acts_resume_failed), \
	CLI_RUN_ACTS_ROW("delete", cli_run_acts_options, "erase all of runs that ended", \
		"The exit status is 4 when one of them has not ended.\n", cli_run_acts_delete)
/* clang-format on */

#endif
