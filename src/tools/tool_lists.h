/* tool_lists.h - the custom tools that agents may use, looked up */
#ifndef TOOLS_TOOL_LISTS_H
#define TOOLS_TOOL_LISTS_H

struct ev_loop;
struct pg_pool;
struct tool_list;

/* Both borrowed as long as a list is under way. */
struct tool_lists {
	struct ev_loop *loop;
	struct pg_pool *pool;
	const char *common_tenant; /* whose tools all tenants may use */
};

/* Add one to a list that has room: for whoever has them elsewhere. One whose definition
 * cannot be used is logged and left out. */
void tool_lists_add(struct tool_list *list, const char *id, const char *name,
		    const char *definition);

/* Serve it (engine/host.h). A tool whose definition cannot be used is left out. */
void tool_lists_find(const struct tool_lists *lists, struct tool_list *list);

#endif
