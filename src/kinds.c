/*
 * kinds.c - the table of kinds: what children this program has
 *
 * A kind is a row here and a folder. The master knows nothing else about it.
 */
#include "kinds.h"

#include "api/api.h"
#include "clerk/clerk.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "ipc/kind.h"
#include "keeper/keeper.h"
#include "worker/worker.h"

#include <stddef.h>

/* Keepers and clerks: one each where the role is on. */
static int keepers(const struct conf *conf)
{
	if (!conf_has_stores(conf))
		return 0;
	return conf->roles & CONF_ROLE_KEEPER ? 1 : 0;
}

/* When the stores are named: the roles are those of the start. */
static bool keepers_may_come(const struct conf *conf)
{
	return conf->roles & CONF_ROLE_KEEPER;
}

static bool workers_may_come(const struct conf *conf)
{
	return conf->roles & CONF_ROLE_WORKER;
}

static bool quarantines_may_come(const struct conf *conf)
{
	return keepers_may_come(conf) && workers_may_come(conf);
}

static int workers_fewest(const struct conf *conf)
{
	if (conf->worker.min)
		return (int)conf->worker.min;
	return conf->worker.processes.automatic ? 1 : (int)conf->worker.processes.n;
}

static int workers_most(const struct conf *conf)
{
	int fewest = workers_fewest(conf);
	int64_t most = conf->worker.max ? conf->worker.max : conf->worker.processes.n;

	return most > fewest ? (int)most : fewest;
}

/* To begin with. */
static int workers(const struct conf *conf)
{
	int64_t n = conf->worker.processes.n;

	if (!(conf->roles & CONF_ROLE_WORKER) || !conf_has_stores(conf))
		return 0;
	if (n < workers_fewest(conf))
		n = workers_fewest(conf);
	return n > workers_most(conf) ? workers_most(conf) : (int)n;
}

/* Where there are workers and a keeper that says when it is needed. */
static int quarantines(const struct conf *conf)
{
	return workers(conf) && keepers(conf) ? 1 : 0;
}

/* Standalone there is one: runs and their limits are one process'. */
static int apis(const struct conf *conf)
{
	if (!(conf->roles & CONF_ROLE_API))
		return 0;
	return conf_is_standalone(conf) ? 1 : (int)conf->api.processes.n;
}

/* Who executes runs reads what workers read. */
static unsigned apis_also_read(const struct conf *conf)
{
	return conf_is_standalone(conf) ? CONF_FOR_WORKER : 0;
}

const struct kind kinds_table[] = {
	{
		.name = "keeper",
		.title = "keeps this host's word in Redis and Postgres",
		.readers = CONF_FOR_KEEPER,
		.enter = keeper_enter,
		.processes = keepers,
		.may_come = keepers_may_come,
		.ready_timeout_ms = 90000, /* migrations run in it */
		.order = 1,
		.flags = KIND_TAKES_OBITUARIES | KIND_LISTENS_HEALTH | KIND_NEEDS_STORES,
	},
	{
		.name = "clerk",
		.title = "sees to what Redis has lost",
		.readers = CONF_FOR_CLERK,
		.enter = clerk_enter,
		.processes = keepers,
		.may_come = keepers_may_come,
		.ready_timeout_ms = 30000,
		.order = 2,
		.flags = KIND_NEEDS_STORES,
	},
	{
		.name = "worker",
		.title = "claims jobs and executes runs",
		.readers = CONF_FOR_WORKER,
		.enter = worker_enter,
		.processes = workers,
		.may_come = workers_may_come,
		.fewest = workers_fewest,
		.most = workers_most,
		.ready_timeout_ms = 30000,
		.oom_score_adj = 200,
		.order = 3,
		.flags = KIND_HOLDS_JOBS | KIND_SCALES | KIND_NEEDS_STORES,
	},
	{
		.name = "quarantine",
		.title =
			"executes runs that may have killed a worker, apart from the others",
		.readers = CONF_FOR_WORKER,
		.enter = worker_enter,
		.processes = quarantines,
		.may_come = quarantines_may_come,
		.ready_timeout_ms = 30000,
		.oom_score_adj = 400,
		.order = 3,
		.flags = KIND_HOLDS_JOBS | KIND_ON_DEMAND | KIND_NEEDS_STORES,
	},
	{
		.name = "api",
		.title = "answers HTTP",
		.readers = CONF_FOR_API,
		.enter = api_enter,
		.processes = apis,
		.also_reads = apis_also_read,
		.unhurried = conf_is_standalone,
		.ready_timeout_ms = 30000,
		.oom_score_adj = 100,
		.order = 4,
		.flags = KIND_LISTENS_API,
	},
	{ .name = NULL },
};
