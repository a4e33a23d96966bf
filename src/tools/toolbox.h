/* toolbox.h - custom tools of the store, used for runs of a worker */
#ifndef TOOLS_TOOLBOX_H
#define TOOLS_TOOLBOX_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct egress;
struct ev_loop;
struct exec;
struct pg_pool;
struct tool_find;
struct tool_list;
struct tool_use;
struct toolbox;

/* All borrowed for the toolbox' life. */
struct toolbox_options {
	struct ev_loop *loop;
	struct pg_pool *pool; /* NULL: lookup says which tools there are */
	/* The definition of a tool, borrowed for the call's caller until the loop turns;
	 * NULL: there is none. */
	const char *(*lookup)(void *arg, const char *name);
	void *lookup_arg;
	const char *common_tenant; /* whose tools all tenants may use */
	const struct egress *egress;
	int64_t timeout_ms; /* of one use */
	int64_t connect_timeout_ms;
	size_t connections; /* uses on the wire at the same time */
};

/* One per worker child. NULL only if the HTTP client cannot be started. */
struct toolbox *toolbox_new(const struct toolbox_options *options, struct err *err);
/* No find and no use is in flight any more. NULL is fine. */
void toolbox_free(struct toolbox *box);

/* Ask before a request leaves; false: not now, and it will be asked again. Without one
 * every request may leave. */
void toolbox_set_permit(struct toolbox *box,
			bool (*may_send)(void *arg, struct exec *exec), void *arg);

/* Serve them (engine/host.h). */
void toolbox_list(struct toolbox *box, struct tool_list *list);
void toolbox_find(struct toolbox *box, struct tool_find *find);
void toolbox_use(struct toolbox *box, struct tool_use *use);

#endif
