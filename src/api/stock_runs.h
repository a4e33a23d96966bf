/* stock_runs.h - runs that stock programs left waiting for people become ours */
#ifndef API_STOCK_RUNS_H
#define API_STOCK_RUNS_H

#include "api/errors.h"

struct conf;
struct pg_pool;

/* detail NULL: errors_detail(). ERRORS_NONE: its question is open now, or it was somebody
 * else's a moment ago. */
typedef void (*stock_runs_cb)(void *arg, enum errors_code error, const char *detail);

/*
 * Take such a run over. Texts are copied; pool and conf are borrowed until cb, which
 * comes once: later, or at once when Postgres is away.
 */
void stock_runs_adopt(struct pg_pool *pool, const struct conf *conf, const char *run_id,
		      stock_runs_cb cb, void *arg);

#endif
