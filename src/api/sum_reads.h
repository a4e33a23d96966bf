/* sum_reads.h - sums of runs out of Postgres, for the port of scale mode */
#ifndef API_SUM_READS_H
#define API_SUM_READS_H

#include "api/runs_port.h"

struct pg_pool;
struct read_gate;

/* As the port's sums and minutes. */
void sum_reads_groups(struct read_gate *gate, const struct store_analytics_ask *ask,
		      port_sums_cb cb, void *arg);
void sum_reads_minutes(struct pg_pool *pool, int64_t minutes, port_minutes_cb cb,
		       void *arg);

#endif
