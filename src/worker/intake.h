/* intake.h - entries of the queue: claimed, started, finished */
#ifndef WORKER_INTAKE_H
#define WORKER_INTAKE_H

#include "base/err.h"
#include "host/host_scale.h"

#include <stdbool.h>
#include <stddef.h>

struct child_env;
struct errands;
struct ev_loop;
struct held;
struct intake;
struct lane;
struct lifeline;
struct pg_pool;
struct publisher;
struct redis_link;
struct redis_link_conf;
struct redis_scripts;

struct intake_options {
	struct ev_loop *loop;
	struct child_env *env;
	const struct lifeline *lifeline;
	struct lane *lane; /* of the quarantine lane; NULL: an ordinary worker */
	struct redis_link *link;
	const struct redis_link_conf *link_conf; /* for the bells' own connections */
	const struct redis_scripts *scripts;
	struct pg_pool *pool;
	struct publisher *publisher;
	struct errands *errands;
};

/* In a worker child. All is borrowed and outlives the intake. ERR_INPUT, ERR_SYS. */
int intake_new(const struct intake_options *options, struct intake **ret,
	       struct err *err);
/* Whom claimed runs are given to; before the loop runs. */
void intake_set_host(struct intake *intake, struct host_scale *host);
void intake_free(struct intake *intake);

/* The link to Redis is up (again): tell it what is worked on here. Before the other. */
void intake_redis_up(struct intake *intake);
/* Both stores are there: claim. Also after the link came up again. */
void intake_link_up(struct intake *intake);

/* host_scale's `got_on`: a step of a run that others had before is durable. */
void intake_run_got_on(void *arg, struct held *held);
/* host_scale's `over`: the run has nothing left to do here. */
void intake_run_over(void *arg, struct held *held, enum host_over how);

/* Claim nothing new; entries that have not been started go back, and those of runs that
 * the host hands back. done(arg) comes once, when nothing is held any more. */
void intake_drain(struct intake *intake, void (*done)(void *arg), void *arg);
/* Claim nothing new, stay. */
void intake_quiet(struct intake *intake);

/* Entries that this worker has: waiting for their definition, executing, or to be
 * finished. */
size_t intake_jobs(const struct intake *intake);

#endif
