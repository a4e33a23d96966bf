/* outcomes.h - how runs are over, out of Postgres */
#ifndef API_OUTCOMES_H
#define API_OUTCOMES_H

#include "api/runs_port.h"

struct pg_pool;

/* The port's act `outcome`. */
void outcomes_get(struct pg_pool *pool, const char *run_id, port_outcome_cb cb,
		  void *arg);

#endif
