/* cli_verb.h - what a verb is: a row of its noun's table */
#ifndef CLI_CLI_VERB_H
#define CLI_CLI_VERB_H

#include <stdbool.h>

struct cli_args;

struct cli_option {
	char letter;       /* 0: none */
	const char *name;  /* "input": --input; NULL ends a table */
	const char *value; /* "KEY=VALUE" in the help; NULL: a flag without a value */
	const char *what;  /* one line */
};

/* Options that several verbs share. -h and --help every verb has. */
enum cli_group {
	CLI_GROUP_OUTPUT = 1, /* -o */
	CLI_GROUP_HTTP = 2,   /* --url, --key-file, --timeout */
	CLI_GROUP_CONF = 4,   /* -c, --set */
};

struct cli_verb {
	const char *name;     /* "start"; "" when the noun is its own only verb */
	const char *operands; /* for the help: "<orchestration>", "" for none */
	int operands_min;
	int operands_max;
	unsigned groups;                  /* enum cli_group, or-ed */
	const struct cli_option *options; /* of its own; NULL: none */
	const char *what;                 /* one line */
	const char *more;                 /* further lines of its help; NULL: none */
	int (*act)(const struct cli_args *args); /* returns an enum exit_code */
};

struct cli_noun {
	const char *name;
	const char *what;             /* one line */
	const struct cli_verb *verbs; /* ends with name NULL */
};

#endif
