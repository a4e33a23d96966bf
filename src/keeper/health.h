/* health.h - the page that probes and the stock front end read: GET /health */
#ifndef KEEPER_HEALTH_H
#define KEEPER_HEALTH_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct child_env;
struct ev_loop;
struct health;
struct registry;
struct str;

/* What the page says about the stores; asked at each request. */
struct health_stores {
	bool (*redis)(void *arg);
	bool (*pg)(void *arg);
	void *arg;
};

/* In the keeper: serve it on env->health_listen_fd. All borrowed. ERR_SYS. */
int health_new(struct ev_loop *loop, const struct child_env *env,
	       const struct registry *registry, const struct health_stores *stores,
	       struct health **ret, struct err *err);
/* Beside another keeper: take connections from now on. */
void health_open(struct health *health);
/* Finish what is in flight, then done(arg). */
void health_drain(struct health *health, void (*done)(void *arg), void *arg);
void health_free(struct health *health);

#endif
