/* port_scale.h - the runs_port of scale mode: Postgres and Redis */
#ifndef API_PORT_SCALE_H
#define API_PORT_SCALE_H

#include "api/runs_port.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct ev_loop;
struct pg_pool;
struct port_scale;
struct redis_link;
struct redis_link_conf;
struct redis_scripts;
struct score_slot;

/* All borrowed for the port's life. */
struct port_scale_parts {
	struct ev_loop *loop;
	const struct conf *conf;
	struct redis_link *link;
	const struct redis_link_conf
		*redis; /* what link was made of: tails open their own */
	const struct redis_scripts *scripts; /* given to the link as well */
	struct pg_pool *pool;
	struct score_slot *score; /* NULL: nobody counts */
};

/* ERR_INPUT for a queue name that is none. */
int port_scale_new(const struct port_scale_parts *parts, struct port_scale **ret,
		   struct err *err);
/* As submit.h says: stop; pool and link are freed by their owner; free. */
void port_scale_stop(struct port_scale *port);
void port_scale_free(struct port_scale *port);

/* Borrowed; lives as long as the port. */
const struct runs_port *port_scale_port(struct port_scale *port);

/* The link is up again. */
void port_scale_link_up(struct port_scale *port);

/* Call idle(arg) once, from the loop, when no submission and no cancel is under way. */
void port_scale_when_idle(struct port_scale *port, void (*idle)(void *arg), void *arg);

#endif
