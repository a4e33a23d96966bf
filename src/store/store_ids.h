/* store_ids.h - inside store/: an array parameter of ids */
#ifndef STORE_STORE_IDS_H
#define STORE_STORE_IDS_H

#include <stddef.h>

struct pg_batch;

/* Add one text[] parameter to the batch's last statement. */
void store_ids_put(struct pg_batch *batch, const char *const *ids, size_t n);

#endif
