/*
 * read_gate.c - reads that may take long: a few at a time, the others wait
 *
 * A list of runs whose filter no index serves well (a text, say) reads until its deadline
 * if need be, and a child has two links: a handful of such lists at the same time, for
 * which any key will do, and no submission and no look-up of a key got a link. So lists
 * and sums of runs share half of the links. The others wait in order; each of those that
 * run ends within pg_read()'s deadline, so there is always a next moment to see who has
 * waited too long.
 */
#include "api/read_gate.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

#define WAITING_MAX 256
#define PATIENCE_MS 5000

struct read_gate {
	struct pg_pool *pool;
	size_t at_once;
	size_t open;
	size_t waiting_count;
	struct list reading; /* struct pass */
	struct list waiting; /* struct pass, the first one first */
};

struct pass {
	struct list node;
	struct read_gate *gate; /* NULL: it is gone */
	struct pg_batch *batch; /* owned while it waits */
	int64_t since_mono_ms;
	pg_read_cb cb;
	void *arg;
};

struct read_gate *read_gate_new(struct pg_pool *pool, size_t at_once)
{
	struct read_gate *gate = mem_new(struct read_gate);

	gate->pool = pool;
	gate->at_once = at_once ? at_once : 1;
	list_init(&gate->reading);
	list_init(&gate->waiting);
	return gate;
}

static struct pass *next_waiting(struct read_gate *gate)
{
	struct list *node = list_shift(&gate->waiting);

	if (!node)
		return NULL;
	gate->waiting_count--;
	return list_entry(node, struct pass, node);
}

static void refuse(struct pass *pass, enum errors_code error)
{
	pg_batch_free(pass->batch);
	pass->cb(pass->arg, error, NULL);
	mem_free(pass);
}

void read_gate_free(struct read_gate *gate)
{
	struct pass *pass;

	if (!gate)
		return;
	list_for_each(node, &gate->reading)
		list_entry(node, struct pass, node)->gate = NULL;
	while ((pass = next_waiting(gate)))
		refuse(pass, ERRORS_POSTGRES);
	mem_free(gate);
}

static void let_in(struct read_gate *gate);

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct pass *pass = arg;
	struct read_gate *gate = pass->gate;

	if (gate) {
		list_remove(&pass->node);
		gate->open--;
	}
	pass->cb(pass->arg, error, reply);
	mem_free(pass);
	if (gate)
		let_in(gate);
}

/* Who is next. One whose answer comes at once has called this again meanwhile. */
static void let_in(struct read_gate *gate)
{
	while (gate->open < gate->at_once) {
		struct pass *pass = next_waiting(gate);
		struct pg_batch *batch;

		if (!pass)
			return;
		if (clock_mono_ms() - pass->since_mono_ms > PATIENCE_MS) {
			refuse(pass, ERRORS_BUSY);
			continue;
		}
		batch = pass->batch;
		pass->batch = NULL;
		gate->open++;
		list_push(&gate->reading, &pass->node);
		pg_read(gate->pool, batch, on_rows, pass);
	}
}

void read_gate_read(struct read_gate *gate, struct pg_batch *batch, pg_read_cb cb,
		    void *arg)
{
	struct pass *pass;

	if (gate->waiting_count == WAITING_MAX) {
		pg_batch_free(batch);
		cb(arg, ERRORS_BUSY, NULL);
		return;
	}
	pass = mem_new(struct pass);
	pass->gate = gate;
	pass->batch = batch;
	pass->since_mono_ms = clock_mono_ms();
	pass->cb = cb;
	pass->arg = arg;
	list_push(&gate->waiting, &pass->node);
	gate->waiting_count++;
	let_in(gate);
}
