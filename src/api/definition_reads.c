/*
 * definition_reads.c - orchestrations and agents as Postgres has them
 *
 * A definition that is changed while it is read is read again, a few times.
 */
#include "api/definition_reads.h"

#include "api/pg_read.h"
#include "base/ids.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

#include <stdio.h>

#define TRIES 3

/* -- all of a kind -- */

struct list_read {
	int statement;
	port_definitions_cb cb;
	void *arg;
};

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct list_read *read = arg;
	struct store_definition_item *items = NULL;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		count = (size_t)store_definitions_list_count(reply, read->statement);
		items = mem_new_n(struct store_definition_item, count + 1);
		for (i = 0; i < count; i++)
			store_definitions_list_read(reply, read->statement, (int)i,
						    &items[i]);
	}
	read->cb(read->arg, error, items, count);
	mem_free(items);
	mem_free(read);
}

void definition_reads_list(struct pg_pool *pool, enum store_definition_kind kind,
			   port_definitions_cb cb, void *arg)
{
	struct list_read *read = mem_new(struct list_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	read->statement = store_definitions_list(batch, kind);
	pg_read(pool, batch, on_list, read);
}

/* -- one -- */

struct one_read {
	struct pg_pool *pool;
	enum store_definition_kind kind;
	char id[IDS_MAX];
	int statement;
	int tries;
	port_definition_cb cb;
	void *arg;
};

static void on_one(void *arg, enum errors_code error, const struct pg_reply *reply);

static void one_start(struct one_read *read)
{
	struct pg_batch *batch = pg_batch_new();

	read->tries++;
	read->statement = store_definitions_get(batch, read->kind, read->id);
	pg_read(read->pool, batch, on_one, read);
}

static void on_one(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct one_read *read = arg;
	struct store_definition found;

	if (error == ERRORS_NONE) {
		switch (store_definitions_get_read(reply, read->statement, &found)) {
		case STORE_DEFINITION_AGAIN:
			if (read->tries < TRIES) {
				one_start(read);
				return;
			}
			error = ERRORS_BUSY;
			break;
		case STORE_DEFINITION_NONE:
			error = read->kind == STORE_AGENT ? ERRORS_NO_AGENT
							  : ERRORS_NO_ORCHESTRATION;
			break;
		case STORE_DEFINITION_FOUND:
			break;
		}
	}
	read->cb(read->arg, error, error == ERRORS_NONE ? &found : NULL);
	mem_free(read);
}

void definition_reads_get(struct pg_pool *pool, enum store_definition_kind kind,
			  const char *id, port_definition_cb cb, void *arg)
{
	struct one_read *read = mem_new(struct one_read);

	read->pool = pool;
	read->kind = kind;
	(void)snprintf(read->id, sizeof(read->id), "%s", id);
	read->cb = cb;
	read->arg = arg;
	one_start(read);
}
