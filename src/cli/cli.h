/* cli.h - the verbs of the command line */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

struct str;

/*
 * Run a verb: argv[0] is the noun ("run"), the rest its verb, options and operands.
 * Returns an enum exit_code. Errors are said on standard error. The process does nothing
 * else before or after: it may block, and `dev` starts processes and waits for them.
 */
int cli_main(int argc, char **argv);

/* The nouns with one line each, for the help of the command itself. */
void cli_help(struct str *out);

#endif
