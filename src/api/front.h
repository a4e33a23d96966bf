/* front.h - from a request to its handler: route, key, call */
#ifndef API_FRONT_H
#define API_FRONT_H

#include "server/server.h"

#include <stddef.h>

struct auth;
struct conf;
struct conf_inputs;
struct conf_names;
struct ev_loop;
struct key_files;
struct runs_port;

/* All borrowed; the struct is the arg of front_ops and outlives the server. */
struct front {
	struct ev_loop *loop;
	const struct runs_port *port;
	struct auth *auth;
	struct key_files *own_keys; /* NULL: none */
	const char *default_tenant;
	const struct conf *conf;
	const struct conf_inputs *inputs;      /* NULL: not known */
	const char *internal_token;            /* "": loopback alone */
	const struct conf_names *cors_origins; /* NULL: none */
	size_t body_max_bytes;
	size_t bulk_body_max_bytes;
};

/* For server_new(). */
extern const struct server_ops front_ops;

#endif
