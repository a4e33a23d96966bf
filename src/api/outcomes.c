/*
 * outcomes.c - how runs are over, out of Postgres
 */
#include "api/outcomes.h"

#include "api/pg_read.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "store/store_outcome.h"

struct look {
	port_outcome_cb cb;
	void *arg;
	int statement;
};

static void tell(const struct look *look, const struct store_outcome *row)
{
	const struct port_asked asked = {
		.step_id = row->step_id,
		.path = row->path,
		.prompt = row->prompt,
		.fields = row->fields,
		.context = row->context,
	};
	const struct port_result result = {
		.status = row->status,
		.response = row->response,
		.error = row->error,
		.state = row->state,
		.history = row->history,
		.asked = row->path ? &asked : NULL,
	};

	look->cb(look->arg, ERRORS_NONE, row->tenant_id, row->over ? &result : NULL);
}

static void on_row(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct look *look = arg;
	struct store_outcome row;

	if (error == ERRORS_NONE && !store_outcome_read(reply, look->statement, &row))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE)
		tell(look, &row);
	else
		look->cb(look->arg, error, NULL, NULL);
	mem_free(look);
}

void outcomes_get(struct pg_pool *pool, const char *run_id, port_outcome_cb cb, void *arg)
{
	struct look *look = mem_new(struct look);
	struct pg_batch *batch = pg_batch_new();

	look->cb = cb;
	look->arg = arg;
	look->statement = store_outcome_get(batch, run_id);
	pg_read(pool, batch, on_row, look);
}
