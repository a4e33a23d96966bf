/*
 * letters.c - dead letters in Postgres, for the port of scale mode
 */
#include "api/letters.h"

#include "api/pg_read.h"
#include "api/read_gate.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

#include <stdio.h>

/* An ask under way; each uses its own callback. */
struct ask {
	port_letters_cb letters;
	port_letter_cb letter;
	port_done_cb done;
	void *arg;
	int statement;
	int limit;
};

static struct ask *ask_new(void *arg)
{
	struct ask *ask = mem_new(struct ask);

	ask->arg = arg;
	return ask;
}

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct ask *ask = arg;
	struct store_letter *letters = NULL;
	const char *next = NULL;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		/* one more than asked for tells whether there is another page */
		count = (size_t)store_letters_list_count(reply, ask->statement);
		letters = mem_new_n(struct store_letter, count + 1);
		for (i = 0; i < count; i++)
			store_letters_list_read(reply, ask->statement, (int)i,
						&letters[i]);
		if (count > (size_t)ask->limit) {
			count = (size_t)ask->limit;
			next = letters[count - 1].cursor;
		}
	}
	ask->letters(ask->arg, error, letters, count, next);
	mem_free(letters);
	mem_free(ask);
}

void letters_list(struct read_gate *gate, const struct store_letter_filter *filter,
		  port_letters_cb cb, void *arg)
{
	struct pg_batch *batch = pg_batch_new();
	struct store_letter_filter wider = *filter;
	struct ask *ask = ask_new(arg);

	wider.limit = filter->limit + 1;
	ask->limit = filter->limit;
	ask->letters = cb;
	ask->statement = store_letters_list(batch, &wider);
	read_gate_read(gate, READ_GATE_SHORT, batch, on_list, ask);
}

static void on_letter(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct ask *ask = arg;
	struct store_letter letter;

	if (error == ERRORS_NONE &&
	    !store_letters_get_read(reply, ask->statement, &letter))
		error = ERRORS_NO_LETTER;
	ask->letter(ask->arg, error, error == ERRORS_NONE ? &letter : NULL);
	mem_free(ask);
}

void letters_get(struct pg_pool *pool, const char *id, const char *default_tenant,
		 port_letter_cb cb, void *arg)
{
	struct pg_batch *batch = pg_batch_new();
	struct ask *ask = ask_new(arg);

	ask->letter = cb;
	ask->statement = store_letters_get(batch, id, default_tenant);
	pg_read(pool, batch, on_letter, ask);
}

static void on_discarded(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct ask *ask = arg;

	if (error == ERRORS_NONE && !store_letters_discard_read(reply, ask->statement))
		error = ERRORS_NO_LETTER;
	ask->done(ask->arg, error);
	mem_free(ask);
}

void letters_discard(struct pg_pool *pool, const char *id, const char *tenant_id,
		     const char *default_tenant, port_done_cb cb, void *arg)
{
	struct pg_batch *batch = pg_batch_new();
	struct ask *ask = ask_new(arg);

	ask->done = cb;
	ask->statement = store_letters_discard(batch, id, tenant_id, default_tenant);
	pg_read(pool, batch, on_discarded, ask);
}
