/* store_tools.h - table tools: custom tools, as a stock server stores them */
#ifndef STORE_STORE_TOOLS_H
#define STORE_STORE_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. */

/* The tool of that name that the run may use: of its tenant, or of common_tenant. */
int store_tools_get(struct pg_batch *batch, const char *name, const char *run_id,
		    const char *common_tenant);
/* Its definition as JSON text, borrowed from the reply; NULL: there is none. */
const char *store_tools_get_read(const struct pg_reply *reply, int statement);

struct store_tool {
	const char *id;
	const char *name;
	const char *definition; /* JSON text */
};

/* Those of these names (all: of any), by name, at most `most`. */
int store_tools_list(struct pg_batch *batch, const char *const *names, size_t count,
		     bool all, const char *run_id, const char *common_tenant, int most);
int store_tools_list_count(const struct pg_reply *reply, int statement);
void store_tools_list_read(const struct pg_reply *reply, int statement, int row,
			   struct store_tool *ret);

#endif
