/*
 * exit_code.c - the table behind EXIT STATUS in the man page and `child.died` in the log
 */
#include "ipc/exit_code.h"

/* clang-format off */
const struct exit_code_row exit_code_rows[] = {
	{ EXIT_CODE_OK, "ok", "It did what was asked." },
	{ EXIT_CODE_FAILED, "failed", "It did not; the reason is on standard error." },
	{ EXIT_CODE_USAGE, "usage", "The command line or the configuration is wrong." },
	{ EXIT_CODE_NOT_FOUND, "not_found", "There is no such thing." },
	{ EXIT_CODE_CONFLICT, "conflict", "The thing is in a state that forbids this." },
	{ EXIT_CODE_REFUSED, "refused", "It was understood and refused; another master owns the folder." },
	{ EXIT_CODE_UNREACHABLE, "unreachable", "A server or the daemon cannot be reached." },
	{ EXIT_CODE_CHILD_CONFIG, "child_config", "A child cannot run with this configuration." },
	{ EXIT_CODE_CHILD_SETUP, "child_setup", "A system call failed before a child was ready." },
	{ EXIT_CODE_CHILD_SERVER, "child_server", "A child met a Redis or Postgres that it must not use." },
	{ EXIT_CODE_CHILD_LOST_MASTER, "child_lost_master", "The master went away; the child drained and left." },
	{ EXIT_CODE_CHILD_INTERNAL, "child_internal", "A check inside a child failed and it chose to leave." },
	{ 0, NULL, NULL },
};
/* clang-format on */

const char *exit_code_name(int code)
{
	const struct exit_code_row *row;

	for (row = exit_code_rows; row->name; row++)
		if ((int)row->code == code)
			return row->name;
	return "unknown";
}
