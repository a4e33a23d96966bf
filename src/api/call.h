/* call.h - one API call on its way: what every handler gets */
#ifndef API_CALL_H
#define API_CALL_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct ev_loop;
struct request;
struct route;
struct runs_port;

typedef void (*call_handler)(struct call *call);

#define CALL_PARAMS_MAX 2

/* Lives in the request's arena. For readers. */
struct call {
	struct request *req;
	struct ev_loop *loop;
	const struct runs_port *port;
	const struct route *route;
	const char *params[CALL_PARAMS_MAX]; /* what stood at the route's "*" */
	/* The tenant that the caller's key is bound to; NULL: any tenant. */
	const char *key_tenant;
	const char *default_tenant; /* of submissions that name none */
};

/* May the caller see what belongs to this tenant? */
bool call_sees(const struct call *call, const char *tenant_id);
/*
 * The tenant of a submission that asks for `wanted` (NULL: none named). NULL: the
 * caller's key is bound to another one.
 */
const char *call_tenant(const struct call *call, const char *wanted);
/* Can this be an id at all? One that no column holds is not found. */
bool call_id_ok(const char *id);

#endif
