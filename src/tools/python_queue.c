/*
 * python_queue.c - calls that wait for a Python helper, tenant by tenant
 *
 * Helpers are one tenant's each, so what matters is not which call is the oldest but
 * which tenant has nobody to serve it. Every question is answered without a walk over
 * the calls.
 */
#include "tools/python_queue.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

void python_queue_init(struct python_queue *queue)
{
	memset(queue, 0, sizeof(*queue));
	map_init(&queue->tenants);
	list_init(&queue->hungry);
	list_init(&queue->starving);
}

void python_queue_deinit(struct python_queue *queue)
{
	assert(queue->tenants.count == 0);
	map_deinit(&queue->tenants);
}

static void tenant_free(struct python_queue *queue, struct python_tenant *tenant)
{
	(void)map_remove(&queue->tenants, tenant->name, tenant->name_len);
	mem_free(tenant->name);
	mem_free(tenant);
}

/* After any change of what waits or of the helpers. The tenant may be gone behind
 * it. */
static void settle(struct python_queue *queue, struct python_tenant *tenant)
{
	enum python_need need = list_empty(&tenant->waiting) ? PYTHON_CONTENT
				: tenant->helpers            ? PYTHON_HUNGRY
							     : PYTHON_STARVING;

	if (need != tenant->need) {
		list_remove(&tenant->node);
		queue->starving_count -= tenant->need == PYTHON_STARVING;
		queue->starving_count += need == PYTHON_STARVING;
		tenant->need = need;
		if (need == PYTHON_HUNGRY)
			list_push(&queue->hungry, &tenant->node);
		else if (need == PYTHON_STARVING)
			list_push(&queue->starving, &tenant->node);
	}
	if (need == PYTHON_CONTENT && !tenant->helpers)
		tenant_free(queue, tenant);
}

static struct python_tenant *tenant_of(struct python_queue *queue, const char *name)
{
	size_t len = strlen(name);
	struct python_tenant *tenant = map_get(&queue->tenants, name, len);

	if (tenant)
		return tenant;
	tenant = mem_new(struct python_tenant);
	tenant->name = mem_dup(name);
	tenant->name_len = len;
	list_init(&tenant->waiting);
	(void)map_put(&queue->tenants, tenant->name, len, tenant);
	return tenant;
}

struct python_tenant *python_queue_push(struct python_queue *queue, const char *name,
					struct list *node)
{
	struct python_tenant *tenant = tenant_of(queue, name);

	list_push(&tenant->waiting, node);
	queue->count++;
	settle(queue, tenant);
	return tenant;
}

struct list *python_queue_take(struct python_queue *queue, struct python_tenant *tenant)
{
	struct list *node = list_shift(&tenant->waiting);

	if (!node)
		return NULL;
	queue->count--;
	if (tenant->need == PYTHON_HUNGRY) { /* it had its turn */
		list_remove(&tenant->node);
		list_push(&queue->hungry, &tenant->node);
	}
	settle(queue, tenant);
	return node;
}

void python_queue_remove(struct python_queue *queue, struct python_tenant *tenant,
			 struct list *node)
{
	list_remove(node);
	queue->count--;
	settle(queue, tenant);
}

void python_queue_hire(struct python_queue *queue, struct python_tenant *tenant)
{
	tenant->helpers++;
	settle(queue, tenant);
}

void python_queue_fire(struct python_queue *queue, struct python_tenant *tenant)
{
	assert(tenant->helpers > 0);
	tenant->helpers--;
	settle(queue, tenant);
}

struct python_tenant *python_queue_next(const struct python_queue *queue)
{
	const struct list *from = !list_empty(&queue->starving) ? &queue->starving
				  : !list_empty(&queue->hungry) ? &queue->hungry
								: NULL;

	return from ? list_entry(from->next, struct python_tenant, node) : NULL;
}
