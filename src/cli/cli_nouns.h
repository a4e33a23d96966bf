/* cli_nouns.h - every noun; each is a file of its own name, or a row of cli_acts.c */
#ifndef CLI_CLI_NOUNS_H
#define CLI_CLI_NOUNS_H

#include "cli/cli_verb.h"

extern const struct cli_noun bench_noun;
extern const struct cli_noun cli_chat_noun;
extern const struct cli_noun cli_def_noun;
extern const struct cli_noun cli_dlq_noun;
extern const struct cli_noun cli_db_noun;
extern const struct cli_noun cli_drain_noun;
extern const struct cli_noun cli_redis_noun;
extern const struct cli_noun cli_key_noun;
extern const struct cli_noun cli_queue_noun;
extern const struct cli_noun cli_quiet_noun;
extern const struct cli_noun cli_reload_noun;
extern const struct cli_noun cli_reopen_logs_noun;
extern const struct cli_noun cli_run_noun;
extern const struct cli_noun cli_schedule_noun;
extern const struct cli_noun cli_status_noun;
extern const struct cli_noun cli_stop_noun;
extern const struct cli_noun cli_top_noun;
extern const struct cli_noun cli_upgrade_noun;
extern const struct cli_noun cli_wait_noun;
extern const struct cli_noun cli_worker_noun;
extern const struct cli_noun dev_noun;

#endif
