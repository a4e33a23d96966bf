/* cli_mass.h - one act on all that a filter means */
#ifndef CLI_CLI_MASS_H
#define CLI_CLI_MASS_H

#include <stdbool.h>

struct cli_args;

/* A filter: an option of the verb and the API's name for it. */
struct cli_mass_filter {
	const char *option; /* NULL ends a table */
	const char *query;
};

struct cli_mass {
	const char *path;   /* "/api/v2/runs/bulk" */
	const char *action; /* "cancel" */
	const char *things; /* "runs" */
	const struct cli_mass_filter *filters;
};

/* The rows of a verb's table that go with it, the filters behind them. */
/* clang-format off */
#define CLI_MASS_OPTIONS \
	{ 0, "all-matching", NULL, "all that the filters below mean: count them, or with --yes do it" }, \
	{ 0, "yes", NULL, "with --all-matching: do it" }
/* clang-format on */

/* Is the verb about a filter and not about operands? */
bool cli_mass_wanted(const struct cli_args *args);
/* Of one about operands: an exit code if there are none, or filters beside them. */
int cli_mass_refuse_filters(const struct cli_args *args, const char *operand);
/*
 * Count what the filter means, or with --yes act on it, page by page. Returns an exit
 * code: EXIT_CODE_CONFLICT when some were refused, EXIT_CODE_USAGE for operands beside
 * it.
 */
int cli_mass_do(const struct cli_args *args, const struct cli_mass *mass);

#endif
