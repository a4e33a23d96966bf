/* run_reads.h - one run, lists of runs, and what a run did */
#ifndef API_RUN_READS_H
#define API_RUN_READS_H

#include "api/runs_port.h"

#include <stdint.h>

struct pg_pool;
struct read_gate;
struct redis_link;

/* As runs_port.h says of the acts of these names. */
void run_reads_get(struct pg_pool *pool, const char *run_id, port_run_cb cb, void *arg);
void run_reads_list(struct read_gate *gate, const struct store_run_filter *filter,
		    port_runs_cb cb, void *arg);
void run_reads_events(struct pg_pool *pool, struct redis_link *link, const char *run_id,
		      const char *start, const char *end, int limit, port_events_cb cb,
		      void *arg);
void run_reads_newest(struct pg_pool *pool, struct redis_link *link, const char *run_id,
		      port_newest_cb cb, void *arg);
void run_reads_steps(struct pg_pool *pool, const char *run_id, int64_t from_seq,
		     int limit, port_steps_cb cb, void *arg);

#endif
