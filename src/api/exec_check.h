/* exec_check.h - may an orchestration be executed? */
#ifndef API_EXEC_CHECK_H
#define API_EXEC_CHECK_H

#include "api/runs_port.h"

struct catalog;
struct pg_pool;
struct redis_link;

/* As runs_port.h says of check. */
void exec_check_run(struct catalog *catalog, struct pg_pool *pool,
		    struct redis_link *link, const char *orchestration_id,
		    port_check_cb cb, void *arg);

#endif
