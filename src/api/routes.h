/* routes.h - the table of routes: who answers what, for whom, how large a body */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/api_call.h"
#include "server/request.h"

#include <stddef.h>

enum route_scope {
	ROUTE_PUBLIC, /* no key */
	ROUTE_KEY,
	ROUTE_INTERNAL, /* internal.h says who, or a key that is bound to no tenant */
	ROUTE_PAGE, /* the same; but being of this host is enough while no key exists */
};

enum route_body {
	ROUTE_BODY_IGNORED, /* a GET may carry one: read off, not looked at */
	ROUTE_BODY_SMALL,   /* 4 KiB: nobody is known yet */
	ROUTE_BODY_JSON,    /* api.body_max */
	ROUTE_BODY_BULK,    /* api.bulk_body_max */
};

struct route {
	enum request_method method;
	const char *pattern; /* "*" stands for one segment that is not empty */
	enum route_scope scope;
	enum route_body body;
	api_call_handler handler;
};

#define ROUTES_ALLOW_MAX 64

/*
 * The route of a path (count segments), its "*" in params. NULL: no such path (allow is
 * ""), or a path without that method (allow lists the ones it has). HEAD is GET.
 */
const struct route *routes_find(enum request_method method, const char *const *segments,
				size_t count, const char **params,
				char allow[ROUTES_ALLOW_MAX]);

/* The rows of the table in order; NULL behind the last. */
const struct route *routes_at(size_t i);

#endif
