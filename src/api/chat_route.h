/* chat_route.h - what the body of a message says */
#ifndef API_CHAT_ROUTE_H
#define API_CHAT_ROUTE_H

#include "api/body.h"
#include "api/runs_port.h"

struct arena;
struct json;

/*
 * Read a message of V2 into ret, whose texts are the arena's. A session that is not
 * named gets a new id. Returns the tenant that is asked for, or NULL.
 */
const char *chat_route_read(struct body_faults *faults, struct arena *arena,
			    const struct json *object, struct port_chat *ret);

#endif
