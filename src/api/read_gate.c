/*
 * read_gate.c - reads that may take long: a few at a time, the others wait
 *
 * A list of runs whose filter no index serves well (a text, say) reads until its deadline
 * if need be, and a child has two links: a handful of such lists at the same time, for
 * which any key will do, and no submission and no look-up of a key got a link. So lists
 * and sums of runs share half of the links. The others wait in order; each of those that
 * run ends within pg_read()'s deadline, so there is always a next moment to see who has
 * waited too long.
 *
 * What is known to read much (a text, a sum) goes behind all others, waits in a room of
 * its own and leaves them a link of the gate's where it has two or more. Where it has one
 * a list waits for the one long read under way, whoever asks for sums without a pause.
 */
#include "api/read_gate.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

#define WAITING_MAX 256 /* of each length */
#define PATIENCE_MS 5000

struct line {
	struct list passes; /* struct pass, the first one first */
	size_t count;
	size_t open; /* of those that are let in */
	size_t at_once;
};

struct read_gate {
	struct pg_pool *pool;
	size_t at_once;
	struct list reading;                      /* struct pass */
	struct line lines[READ_GATE_LENGTHS_END]; /* who goes first comes first */
};

struct pass {
	struct list node;
	struct read_gate *gate; /* NULL: it is gone */
	struct line *line;
	struct pg_batch *batch; /* owned while it waits */
	int64_t since_mono_ms;
	pg_read_cb cb;
	void *arg;
};

struct read_gate *read_gate_new(struct pg_pool *pool, size_t at_once)
{
	struct read_gate *gate = mem_new(struct read_gate);
	size_t i;

	gate->pool = pool;
	gate->at_once = at_once ? at_once : 1;
	list_init(&gate->reading);
	for (i = 0; i < READ_GATE_LENGTHS_END; i++) {
		list_init(&gate->lines[i].passes);
		gate->lines[i].at_once = gate->at_once;
	}
	if (gate->at_once > 1)
		gate->lines[READ_GATE_LONG].at_once--;
	return gate;
}

static struct pass *first(const struct line *line)
{
	return list_entry(line->passes.next, struct pass, node);
}

static void leave(struct pass *pass)
{
	list_remove(&pass->node);
	pass->line->count--;
}

static void refuse(struct pass *pass, enum errors_code error)
{
	leave(pass);
	pg_batch_free(pass->batch);
	pass->cb(pass->arg, error, NULL);
	mem_free(pass);
}

void read_gate_free(struct read_gate *gate)
{
	size_t i;

	if (!gate)
		return;
	list_for_each(node, &gate->reading)
		list_entry(node, struct pass, node)->gate = NULL;
	for (i = 0; i < READ_GATE_LENGTHS_END; i++)
		while (gate->lines[i].count)
			refuse(first(&gate->lines[i]), ERRORS_POSTGRES);
	mem_free(gate);
}

static void let_in(struct read_gate *gate);

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct pass *pass = arg;
	struct read_gate *gate = pass->gate;

	if (gate) {
		list_remove(&pass->node);
		pass->line->open--;
	}
	pass->cb(pass->arg, error, reply);
	mem_free(pass);
	if (gate)
		let_in(gate);
}

/* Also those whose turn others would take again and again. */
static void refuse_late(struct read_gate *gate)
{
	int64_t now_mono_ms = clock_mono_ms();
	size_t i;

	for (i = 0; i < READ_GATE_LENGTHS_END; i++) {
		struct line *line = &gate->lines[i];

		while (line->count &&
		       now_mono_ms - first(line)->since_mono_ms > PATIENCE_MS)
			refuse(first(line), ERRORS_BUSY);
	}
}

/* NULL: nobody may go in now. */
static struct pass *next(struct read_gate *gate)
{
	size_t open = 0;
	size_t i;

	for (i = 0; i < READ_GATE_LENGTHS_END; i++)
		open += gate->lines[i].open;
	if (open >= gate->at_once)
		return NULL;
	for (i = 0; i < READ_GATE_LENGTHS_END; i++) {
		struct line *line = &gate->lines[i];

		if (line->count && line->open < line->at_once)
			return first(line);
	}
	return NULL;
}

/* Who is next. One whose answer comes at once has called this again meanwhile. */
static void let_in(struct read_gate *gate)
{
	struct pass *pass;

	refuse_late(gate);
	while ((pass = next(gate))) {
		struct pg_batch *batch = pass->batch;

		leave(pass);
		pass->batch = NULL;
		pass->line->open++;
		list_push(&gate->reading, &pass->node);
		pg_read(gate->pool, batch, on_rows, pass);
	}
}

void read_gate_read(struct read_gate *gate, enum read_gate_length length,
		    struct pg_batch *batch, pg_read_cb cb, void *arg)
{
	struct line *line = &gate->lines[length];
	struct pass *pass;

	if (line->count == WAITING_MAX) {
		pg_batch_free(batch);
		cb(arg, ERRORS_BUSY, NULL);
		return;
	}
	pass = mem_new(struct pass);
	pass->gate = gate;
	pass->line = line;
	pass->batch = batch;
	pass->since_mono_ms = clock_mono_ms();
	pass->cb = cb;
	pass->arg = arg;
	list_push(&line->passes, &pass->node);
	line->count++;
	let_in(gate);
}
