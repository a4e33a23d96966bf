/* letters.h - dead letters in Postgres, for the port of scale mode */
#ifndef API_LETTERS_H
#define API_LETTERS_H

#include "api/runs_port.h"

struct pg_pool;
struct read_gate;

/* As the port's functions of these names; letters that name no tenant are
 * default_tenant's. */
void letters_list(struct read_gate *gate, const struct store_letter_filter *filter,
		  port_letters_cb cb, void *arg);
void letters_get(struct pg_pool *pool, const char *id, const char *default_tenant,
		 port_letter_cb cb, void *arg);
void letters_discard(struct pg_pool *pool, const char *id, const char *tenant_id,
		     const char *default_tenant, port_done_cb cb, void *arg);

#endif
