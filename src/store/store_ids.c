/* store_ids.c - an array parameter of ids: what most readers of many rows take */
#include "store/store_ids.h"

#include "pg/pg_batch.h"

void store_ids_put(struct pg_batch *batch, const char *const *ids, size_t n)
{
	pg_col col = pg_batch_column(batch, PG_COL_TEXT, n);
	size_t i;

	for (i = 0; i < n; i++)
		pg_batch_put_text(batch, col, ids[i], -1);
}
