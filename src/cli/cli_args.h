/* cli_args.h - the command line of one verb, taken apart */
#ifndef CLI_CLI_ARGS_H
#define CLI_CLI_ARGS_H

#include "cli/cli_verb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

#define CLI_ARGS_MAX 1024 /* words behind a verb */

struct cli_arg {
	const struct cli_option *option;
	const char *value; /* NULL of a flag */
};

/* All texts are argv's. For readers: operands, operand_count, json. */
struct cli_args {
	const char *noun;
	const struct cli_verb *verb;
	struct cli_arg *given; /* owned, in order */
	size_t given_count;
	const char **operands; /* owned */
	size_t operand_count;
	bool json; /* -o json */
};

enum cli_args_result {
	CLI_ARGS_ACT,   /* *ret is the caller's: cli_args_deinit() */
	CLI_ARGS_HELP,  /* -h: the help was asked for */
	CLI_ARGS_WRONG, /* the reason is in `why` */
};

/* argv: the words behind the verb. why is appended to. */
enum cli_args_result cli_args_parse(const char *noun, const struct cli_verb *verb,
				    int argc, char **argv, struct cli_args *ret,
				    struct str *why);
void cli_args_deinit(struct cli_args *args);

/* Was the flag given? */
bool cli_args_flag(const struct cli_args *args, const char *name);
/* The option's value, the last one if it was given again; fallback without it. */
const char *cli_args_text(const struct cli_args *args, const char *name,
			  const char *fallback);
/* The next value of a repeated option: *at starts at 0; NULL: no more. */
const char *cli_args_next(const struct cli_args *args, const char *name, size_t *at);
/*
 * A duration ("30s") or an integer within min..max; fallback without the option. False:
 * it is none, and standard error has been told.
 */
bool cli_args_ms(const struct cli_args *args, const char *name, int64_t min, int64_t max,
		 int64_t fallback, int64_t *ret);
bool cli_args_int(const struct cli_args *args, const char *name, int64_t min, int64_t max,
		  int64_t fallback, int64_t *ret);

/* The help of a verb and of a noun. */
void cli_args_help(const char *noun, const struct cli_verb *verb, struct str *out);
void cli_args_noun_help(const struct cli_noun *noun, struct str *out);

/* "synapsed run start: <text>" on standard error; returns code. */
int cli_args_fail(const struct cli_args *args, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
