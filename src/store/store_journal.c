/* store_journal.c - journal rows as parameters of another statement */
#include "store/store_journal.h"

#include "pg/pg_batch.h"
#include "store/store_steps.h"

#define AT(member) offsetof(struct store_step, member)

static const struct store_column step_columns[] = {
	/* clang-format off */
	{ STORE_COLUMN_INT8,  AT(seq) },
	{ STORE_COLUMN_TEXT,  AT(path) },
	{ STORE_COLUMN_TEXT,  AT(step_id) },
	{ STORE_COLUMN_INT4,  AT(execution) },
	{ STORE_COLUMN_TEXT,  AT(kind) },
	{ STORE_COLUMN_TEXT,  AT(delta) },
	{ STORE_COLUMN_TEXT,  AT(events) },
	{ STORE_COLUMN_TEXT0, AT(usage) },
	{ STORE_COLUMN_TEXT0, AT(error) },
	/* clang-format on */
};

void store_journal_init(struct store_journal *journal, struct pg_batch *batch,
			bool with_epoch, size_t expect)
{
	journal->run_id = pg_batch_column(batch, PG_COL_TEXT, expect);
	store_columns_init(&journal->columns, batch, step_columns,
			   sizeof(step_columns) / sizeof(step_columns[0]), expect);
	journal->epoch = with_epoch ? pg_batch_column(batch, PG_COL_INT8, expect) : -1;
}

void store_journal_put(const struct store_journal *journal, struct pg_batch *batch,
		       const char *run_id, int64_t epoch, const struct store_step *steps,
		       size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		pg_batch_put_text(batch, journal->run_id, run_id, -1);
		store_columns_put(&journal->columns, batch, &steps[i]);
		if (journal->epoch >= 0)
			pg_batch_put_int8(batch, journal->epoch, epoch);
	}
}
