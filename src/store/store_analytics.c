/*
 * store_analytics.c - runs in groups, and what the fleet ended minute by minute
 *
 * Sums are printed as JSON where the rows are. Groups of runs are bounded by the time
 * that is asked for and found by index; what is asked for again and again (throughput,
 * spend) comes from fleet_minutes, whose size does not depend on how many runs there are.
 */
#include "store/store_analytics.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"

#include <string.h>

static int add(struct pg_batch *batch, enum store_sql_text sql)
{
	return pg_batch_add(batch, &store_sql_texts[sql]);
}

int store_analytics_ask(struct pg_batch *batch, const struct store_analytics_ask *ask)
{
	bool models = strcmp(ask->by, "model") == 0;
	int at = add(batch,
		     models ? STORE_SQL_ANALYTICS_MODELS : STORE_SQL_ANALYTICS_RUNS);

	pg_batch_text(batch, ask->tenant_id, -1);
	pg_batch_text(batch, ask->orchestration_id, -1);
	pg_batch_int8(batch, ask->since_ms);
	pg_batch_int8(batch, ask->until_ms);
	if (!models)
		pg_batch_text(batch, ask->by, -1);
	pg_batch_int8(batch, ask->groups_max);
	return at;
}

void store_analytics_read(const struct pg_reply *reply, int statement,
			  struct store_analytics *ret)
{
	*ret = (struct store_analytics){
		.groups = pg_reply_text(reply, statement, 0, 0),
		.total = pg_reply_text(reply, statement, 0, 1),
		.more = pg_reply_bool(reply, statement, 0, 2),
	};
}

int store_minutes_ask(struct pg_batch *batch, int64_t minutes)
{
	int at = add(batch, STORE_SQL_FLEET_MINUTES);

	pg_batch_int8(batch, minutes);
	return at;
}

void store_minutes_read(const struct pg_reply *reply, int statement,
			struct store_minutes *ret)
{
	*ret = (struct store_minutes){
		.minutes = pg_reply_text(reply, statement, 0, 0),
		.today = pg_reply_text(reply, statement, 0, 1),
		.now = pg_reply_text(reply, statement, 0, 2),
	};
}
