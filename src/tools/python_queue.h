/* python_queue.h - calls that wait for a Python helper, tenant by tenant */
#ifndef TOOLS_PYTHON_QUEUE_H
#define TOOLS_PYTHON_QUEUE_H

#include "base/list.h"
#include "base/map.h"

#include <stddef.h>

/* How a tenant stands. */
enum python_need {
	PYTHON_CONTENT,  /* nothing of it waits */
	PYTHON_HUNGRY,   /* calls wait, and helpers of its own are at work */
	PYTHON_STARVING, /* calls wait, and it has no helper */
};

/* There as long as something of it waits or a helper is its own. For readers. */
struct python_tenant {
	char *name; /* owned */
	size_t name_len;
	struct list waiting; /* nodes of the owner's, in order of arrival */
	size_t helpers;
	enum python_need need;
	struct list node; /* in hungry or starving */
};

struct python_queue {
	struct map tenants;
	struct list hungry; /* whose turn is next is first */
	struct list starving;
	size_t starving_count;
	size_t count; /* calls that wait */
};

void python_queue_init(struct python_queue *queue);
/* Nothing waits and there is no helper. */
void python_queue_deinit(struct python_queue *queue);

/* A call waits, as the last of its tenant, which is returned: borrowed until the
 * node was taken or removed, and from then on while it has helpers. */
struct python_tenant *python_queue_push(struct python_queue *queue, const char *name,
					struct list *node);
/* The tenant's first call, not waiting any more; NULL when none waits. */
struct list *python_queue_take(struct python_queue *queue, struct python_tenant *tenant);
/* It waits no more. */
void python_queue_remove(struct python_queue *queue, struct python_tenant *tenant,
			 struct list *node);
/* A helper became its own; it ended. */
void python_queue_hire(struct python_queue *queue, struct python_tenant *tenant);
void python_queue_fire(struct python_queue *queue, struct python_tenant *tenant);
/* Who a helper that is nobody's should serve: the one that starves longest, else the
 * next of the hungry; NULL when nothing waits. */
struct python_tenant *python_queue_next(const struct python_queue *queue);

#endif
