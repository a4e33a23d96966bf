/* store_schedules.h - tables schedules and schedule_fires */
#ifndef STORE_STORE_SCHEDULES_H
#define STORE_STORE_SCHEDULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. Moments that come round are whole
 * seconds since 1970; -1 is none. */

struct store_schedule {
	const char *id;
	const char *tenant_id;
	const char *orchestration_id;
	const char *cron;
	const char *zone;
	const char *body;   /* JSON text of an object: what its runs are started with */
	const char *missed; /* skip, once, all */
	int64_t missed_max;
	const char *overlap; /* allow, skip, queue */
	bool paused;
	int64_t next_sec; /* of a schedule to be put */
	/* readers set these */
	int64_t version;
	const char *next_at; /* NULL */
	int64_t next_us;     /* of the row; 0: none */
	const char *created_at;
	const char *updated_at;
	int64_t now_sec; /* Postgres' clock */
};

/* tenant_id, id, after: NULL for all, for none. */
int store_schedules_list(struct pg_batch *batch, const char *tenant_id, const char *id,
			 const char *after, int limit);
/* Those with a moment that has come. */
int store_schedules_due(struct pg_batch *batch, int limit);
int store_schedules_count(const struct pg_reply *reply, int statement);
void store_schedules_read(const struct pg_reply *reply, int statement, int row,
			  struct store_schedule *ret);

int store_schedules_put(struct pg_batch *batch, const struct store_schedule *schedule,
			bool only_new);
int store_schedules_pause(struct pg_batch *batch, const char *id, int64_t version,
			  bool paused, int64_t next_sec);
int store_schedules_delete(struct pg_batch *batch, const char *id, const char *tenant_id);
/* Of any of the three: was there such a row? */
bool store_schedules_changed(const struct pg_reply *reply, int statement);

struct store_fire {
	const char *due_at;
	const char *state;  /* started, skipped, waiting, failed */
	const char *run_id; /* NULL */
	const char *detail; /* NULL */
	const char *fired_at;
};

int store_schedules_fires(struct pg_batch *batch, const char *id, int limit);
void store_schedules_fires_read(const struct pg_reply *reply, int statement, int row,
				struct store_fire *ret);

/* What schedules make of moments; run_ids has one for each. */
struct store_fire_ask {
	const char *id;
	int64_t version;
	int64_t next_us;  /* as the row had it */
	int64_t next_sec; /* as it is to be */
	const int64_t *due_sec;
	const char *const *run_ids;
	size_t count;
	const char *queue; /* of a tenant that has no home */
	int64_t run_timeout_ms;
};

int store_schedules_fire(struct pg_batch *batch, const struct store_fire_ask *ask);
int store_schedules_release(struct pg_batch *batch, const char *queue,
			    int64_t run_timeout_ms, int limit);
/* Of either of the two: rows of a state and how many. */
int64_t store_schedules_fired(const struct pg_reply *reply, int statement,
			      const char *state);

/* Moments to be made up for. */
int store_schedules_backfill(struct pg_batch *batch, const char *id,
			     const int64_t *due_sec, const char *const *run_ids,
			     size_t count);
/* How many of them are new. */
int64_t store_schedules_backfill_read(const struct pg_reply *reply, int statement);

#endif
