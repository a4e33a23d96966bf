/* ward.h - one queue in the lead's care: its lineage, its recovery, its counters */
#ifndef CLERK_WARD_H
#define CLERK_WARD_H

#include "base/err.h"

#include <stdbool.h>

struct child_env;
struct ev_loop;
struct stores;
struct ward;

struct ward_means {
	struct ev_loop *loop;
	const struct child_env *env;
	struct stores *stores;
};

/* means is borrowed and outlives the ward; the stores are closed before it is freed.
 * ERR_INPUT for an illegal name. */
int ward_new(const struct ward_means *means, const char *queue, struct ward **ret,
	     struct err *err);
void ward_free(struct ward *ward);
const char *ward_name(const struct ward *ward);

/* We lead, or do not any more. */
void ward_lead(struct ward *ward, bool leads);
/* A store has come or gone: look at once, from the beginning. */
void ward_stores_changed(struct ward *ward);

#endif
