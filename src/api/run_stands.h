/* run_stands.h - how runs stand, for many who ask at the same moment */
#ifndef API_RUN_STANDS_H
#define API_RUN_STANDS_H

#include "api/errors.h"
#include "base/list.h"
#include "store/store_runs.h"

struct ev_loop;
struct pg_pool;
struct run_stands;

/* One who asks. The caller's, with its text, until cb ran: exactly once, from the loop
 * or from inside the call. run is NULL unless error is ERRORS_NONE; borrowed. */
struct run_stand {
	struct list node; /* whoever answers has it */
	const char *run_id;
	void (*cb)(struct run_stand *stand, enum errors_code error,
		   const struct store_run_stand *run);
};

struct run_stands *run_stands_new(struct ev_loop *loop, struct pg_pool *pool);
/* Who still waits hears that Postgres is away. Behind the pool's own end. */
void run_stands_free(struct run_stands *stands);

/* ERRORS_NO_RUN; within 10 s. */
void run_stands_ask(struct run_stands *stands, struct run_stand *stand);

#endif
