/* store_erase.h - all that the tables have of a run goes */
#ifndef STORE_STORE_ERASE_H
#define STORE_STORE_ERASE_H

#include <stdbool.h>

struct pg_batch;
struct pg_reply;

/* Of a run that has ended, if it is this tenant's (NULL: whoever's). Two statements; the
 * index of the first. Behaves as store_runs.h says. */
int store_erase(struct pg_batch *batch, const char *run_id, const char *tenant_id);
/* true: it is gone. Else *status is how it stands, NULL if there is no such run of this
 * tenant. */
bool store_erase_read(const struct pg_reply *reply, int statement, const char *tenant_id,
		      const char **status);

#endif
