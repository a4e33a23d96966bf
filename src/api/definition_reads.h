/* definition_reads.h - orchestrations and agents as Postgres has them */
#ifndef API_DEFINITION_READS_H
#define API_DEFINITION_READS_H

#include "api/runs_port.h"

struct pg_pool;

/* As runs_port.h says of definitions and definition. */
void definition_reads_list(struct pg_pool *pool, enum store_definition_kind kind,
			   port_definitions_cb cb, void *arg);
void definition_reads_get(struct pg_pool *pool, enum store_definition_kind kind,
			  const char *id, port_definition_cb cb, void *arg);

#endif
