/* worker_reads.h - the registry of workers as Postgres has it */
#ifndef API_WORKER_READS_H
#define API_WORKER_READS_H

#include "api/runs_port.h"

struct pg_pool;

/* As runs_port.h says of workers. */
void worker_reads_list(struct pg_pool *pool, port_workers_cb cb, void *arg);

#endif
