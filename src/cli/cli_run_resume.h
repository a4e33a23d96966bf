/* cli_run_resume.h - verb run resume: answer a question of a run */
#ifndef CLI_CLI_RUN_RESUME_H
#define CLI_CLI_RUN_RESUME_H

struct cli_args;

/* Returns an enum exit_code. */
int cli_run_resume(const struct cli_args *args);

#endif
