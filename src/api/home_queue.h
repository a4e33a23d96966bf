/* home_queue.h - which queue a tenant is pinned to at first use */
#ifndef API_HOME_QUEUE_H
#define API_HOME_QUEUE_H

#include <stddef.h>

/*
 * Rendezvous hash of the tenant over the names; the same in every process and for every
 * order of the names, and adding a name moves only the tenants that it wins. Names that
 * end in "*" are patterns of workers and no homes. NULL: no name is a home.
 */
const char *home_queue(const char *tenant_id, const char *const *names, size_t count);

#endif
