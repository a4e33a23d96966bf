/* cli_run_tail.h - verb run tail: the events of a run as they come */
#ifndef CLI_CLI_RUN_TAIL_H
#define CLI_CLI_RUN_TAIL_H

struct cli_api;
struct cli_args;

int cli_run_tail(const struct cli_args *args);
/* The same for a run that was just started. An exit code: 0 only if it completed. */
int cli_run_tail_of(const struct cli_api *api, const char *run_id, const char *after);
/* The same for any event stream of the API. */
int cli_run_tail_path(const struct cli_api *api, const char *path, const char *after);

#endif
