/* redis_resolve.h - host names to addresses without stopping the loop */
#ifndef REDIS_REDIS_RESOLVE_H
#define REDIS_REDIS_RESOLVE_H

#include "base/err.h"

struct addrinfo;
struct ev_loop;
struct redis_resolve;

/* addresses (borrowed until redis_resolve_free) or, when NULL, why. From the loop, never
 * from inside _start. May free. */
typedef void (*redis_resolve_cb)(void *arg, const struct addrinfo *addresses,
				 const struct err *why);

/* The caller's. Literals and names alike; the look-up itself runs in a thread of libc. */
struct redis_resolve *redis_resolve_start(struct ev_loop *loop, const char *host,
					  int port, redis_resolve_cb cb, void *arg);
/* Also while the look-up runs; NULL is fine. */
void redis_resolve_free(struct redis_resolve *resolve);

#endif
