/* api_call.h - one API call on its way: what every handler gets */
#ifndef API_API_CALL_H
#define API_API_CALL_H

#include <stdbool.h>
#include <stddef.h>

struct api_call;
struct conf;
struct conf_inputs;
struct ev_loop;
struct key_files;
struct request;
struct route;
struct runs_port;

typedef void (*api_call_handler)(struct api_call *call);

#define API_CALL_PARAMS_MAX 2

/* Lives in the request's arena. For readers. */
struct api_call {
	struct request *req;
	struct ev_loop *loop;
	const struct runs_port *port;
	struct key_files *own_keys; /* of the host itself; NULL: it has none */
	const struct route *route;
	const char *params[API_CALL_PARAMS_MAX]; /* what stood at the route's "*" */
	/* The tenant that the caller's key is bound to; NULL: any tenant. */
	const char *key_tenant;
	const char *key_id;         /* for the log; NULL: none was needed */
	const char *default_tenant; /* of submissions that name none */
	const struct conf *conf;
	const struct conf_inputs *inputs; /* NULL: not known */
};

/* May the caller see what belongs to this tenant? */
bool api_call_sees(const struct api_call *call, const char *tenant_id);
/*
 * The tenant of a submission that asks for `wanted` (NULL: none named). NULL: the
 * caller's key is bound to another one.
 */
const char *api_call_tenant(const struct api_call *call, const char *wanted);
/* Can this be an id at all? One that no column holds is not found. */
bool api_call_id_ok(const char *id);

#endif
