/* detail_reads.h - all that Postgres knows of one run, for the port of scale mode */
#ifndef API_DETAIL_READS_H
#define API_DETAIL_READS_H

#include "api/runs_port.h"

struct pg_pool;

/* As the port's detail. */
void detail_reads_get(struct pg_pool *pool, const char *run_id, bool lists,
		      port_detail_cb cb, void *arg);

#endif
