/* store_scale.h - table scale_settings, and what the settings page asks for */
#ifndef STORE_STORE_SCALE_H
#define STORE_STORE_SCALE_H

#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_settings;

/* Builders and readers behave as store_runs.h says. */

/* Settings as a stock sync stores them: begin, add each (value is JSON text), end. */
struct store_settings *store_settings_begin(struct pg_batch *batch, int *statement);
void store_settings_add(struct store_settings *settings, const char *key,
			const char *value);
void store_settings_end(struct store_settings *settings);

/* Questions whose answer is one column of JSON text in one row, or no row. */
enum store_scale_ask {
	STORE_SCALE_ANALYTICS,
	STORE_SCALE_RUNS,    /* limit, session or NULL */
	STORE_SCALE_RUN,     /* run id */
	STORE_SCALE_LETTERS, /* the first 50 that are open */
	STORE_SCALE_TENANTS,
	STORE_SCALE_WORKER, /* worker id: {"address"} */
};

int store_scale_ask(struct pg_batch *batch, enum store_scale_ask ask, const char *text,
		    int64_t n);
/* NULL: there is no such thing. */
const char *store_scale_read(const struct pg_reply *reply, int statement);

struct store_tenant_new {
	const char *tenant_id;
	const char *name;
	int64_t concurrent_max;
	int64_t queued_max;
	int64_t priority;
};

int store_scale_tenant_put(struct pg_batch *batch, const struct store_tenant_new *put);
int store_scale_tenant_delete(struct pg_batch *batch, const char *tenant_id);
int store_scale_worker_delete(struct pg_batch *batch, const char *worker_id);

/* Version as a number, whether it is a replica, version in words. */
int store_scale_probe(struct pg_batch *batch);

/* The settings of the fleet: the newest version (0: none) and its text. */
int store_fleet_read(struct pg_batch *batch);
int64_t store_fleet_read_version(const struct pg_reply *reply, int statement);
const char *store_fleet_read_settings(const struct pg_reply *reply, int statement);
/* The version behind that one, if that one is still the newest; whether it is in. */
int store_fleet_put(struct pg_batch *batch, int64_t expect, const char *settings,
		    const char *by);
int64_t store_fleet_put_read(const struct pg_reply *reply, int statement);

#endif
