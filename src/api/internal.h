/* internal.h - who may use the routes that are not the public API's (CONTRACT 1.2) */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include <stdbool.h>

struct conf_names;
struct request;

/*
 * By the token alone (X-Synapse-Internal), or, when there is none (""), by being a
 * program of this host that no browser and no proxy speaks for. origins:
 * api.cors_origins.
 */
bool internal_allows(const char *token, const struct conf_names *origins,
		     struct request *req);

/* The second of these alone. */
bool internal_is_this_host(const struct conf_names *origins, struct request *req);

#endif
