/* check.h - can the daemon reach what its configuration names? (synapsed -t) */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>

struct conf;
struct str;

/*
 * Connect to Redis and Postgres as the daemon would, within their connect timeouts, and
 * append a line for each to out: what was found, or what is wrong and what to do. True
 * when both are usable. Blocks; for the command line.
 */
bool check_connections(const struct conf *conf, struct str *out);

#endif
