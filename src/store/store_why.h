/* store_why.h - what Postgres knows of why a run does not go on */
#ifndef STORE_STORE_WHY_H
#define STORE_STORE_WHY_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

struct store_why {
	const char *status;
	const char *tenant_id;
	const char *queue; /* "": a stock row that was not taken in */
	const char *lane;
	int64_t wake;
	bool cancelling;
	bool early;                  /* its run_at is to come */
	const char *run_at;          /* NULL */
	const char *worker_id;       /* NULL */
	const char *current_step_id; /* NULL */
	bool paused;                 /* its queue */
	const char *paused_reason;   /* NULL */
	int64_t online;              /* workers that beat */
	int64_t capable;             /* of those, who take its lane */
	int64_t room;                /* of those, runs that they could take */
};

/* fresh_ms: for so long a beat says that a worker lives. Behaves as store_runs.h says. */
int store_why(struct pg_batch *batch, const char *run_id, int64_t fresh_ms);
/* false: there is no such run. */
bool store_why_read(const struct pg_reply *reply, int statement, struct store_why *ret);

#endif
