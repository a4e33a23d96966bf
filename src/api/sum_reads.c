/* sum_reads.c - sums of runs out of Postgres, for the port of scale mode */
#include "api/sum_reads.h"

#include "api/pg_read.h"
#include "api/read_gate.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

struct groups_read {
	port_sums_cb cb;
	void *arg;
	int statement;
};

static void on_groups(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct groups_read *read = arg;
	struct store_analytics got;

	if (error == ERRORS_NONE)
		store_analytics_read(reply, read->statement, &got);
	read->cb(read->arg, error, error == ERRORS_NONE ? &got : NULL);
	mem_free(read);
}

void sum_reads_groups(struct read_gate *gate, const struct store_analytics_ask *ask,
		      port_sums_cb cb, void *arg)
{
	struct groups_read *read = mem_new(struct groups_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	read->statement = store_analytics_ask(batch, ask);
	read_gate_read(gate, READ_GATE_LONG, batch, on_groups, read);
}

struct minutes_read {
	port_minutes_cb cb;
	void *arg;
};

static void on_minutes(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct minutes_read *read = arg;
	struct store_minutes got;

	if (error == ERRORS_NONE)
		store_minutes_read(reply, 0, &got);
	read->cb(read->arg, error, error == ERRORS_NONE ? &got : NULL);
	mem_free(read);
}

void sum_reads_minutes(struct pg_pool *pool, int64_t minutes, port_minutes_cb cb,
		       void *arg)
{
	struct minutes_read *read = mem_new(struct minutes_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	(void)store_minutes_ask(batch, minutes);
	pg_read(pool, batch, on_minutes, read);
}
