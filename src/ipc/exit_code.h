/* exit_code.h - how processes of ours say why they ended */
#ifndef IPC_EXIT_CODE_H
#define IPC_EXIT_CODE_H

#include <stddef.h>

/*
 * The first block belongs to the command: the master's own exit and every verb. The
 * second belongs to children; the master reads it to tell a choice from a crash.
 * Sanitizer and libc use 1, 77 and 99 by habit, shells 126 and up: the children's keep
 * clear of them.
 */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_NOT_FOUND = 3,
	EXIT_CODE_CONFLICT = 4,
	EXIT_CODE_REFUSED = 5,
	EXIT_CODE_UNREACHABLE = 6,

	EXIT_CODE_CHILD_CONFIG = 40,      /* cannot run with this configuration */
	EXIT_CODE_CHILD_SETUP = 41,       /* a system call failed before it was ready */
	EXIT_CODE_CHILD_SERVER = 42,      /* Redis or Postgres is one it must not use */
	EXIT_CODE_CHILD_LOST_MASTER = 43, /* the master went away; it drained and left */
	EXIT_CODE_CHILD_INTERNAL = 44, /* a check of its own failed; it chose to leave */
};

struct exit_code_row {
	enum exit_code code;
	const char *name; /* for logs: "child_config" */
	const char *what; /* one line of the man page */
};

/* Ends with a row whose name is NULL. */
extern const struct exit_code_row exit_code_rows[];

/* "child_config", or "unknown"; static. */
const char *exit_code_name(int code);

#endif
