/*
 * worker_reads.c - the registry of workers as Postgres has it
 */
#include "api/worker_reads.h"

#include "api/pg_read.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

struct list_read {
	int statement;
	port_workers_cb cb;
	void *arg;
};

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct list_read *read = arg;
	struct store_worker *workers = NULL;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		count = (size_t)store_workers_list_count(reply, read->statement);
		workers = mem_new_n(struct store_worker, count + 1);
		for (i = 0; i < count; i++)
			store_workers_list_read(reply, read->statement, (int)i,
						&workers[i]);
	}
	read->cb(read->arg, error, workers, count);
	mem_free(workers);
	mem_free(read);
}

void worker_reads_list(struct pg_pool *pool, port_workers_cb cb, void *arg)
{
	struct list_read *read = mem_new(struct list_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	read->statement = store_workers_list(batch);
	pg_read(pool, batch, on_list, read);
}
