/* store_journal.h - inside store/: journal rows as parameters of another statement */
#ifndef STORE_STORE_JOURNAL_H
#define STORE_STORE_JOURNAL_H

#include "store/store_columns.h"

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct store_step;

/*
 * The array parameters run_id, seq, path, step_id, execution, kind, delta, events, usage,
 * error, and epoch if wanted: the rows that ride in a takeover, a commit or an end.
 */
struct store_journal {
	struct store_columns columns;
	int run_id;
	int epoch; /* -1: the statement knows it */
};

void store_journal_init(struct store_journal *journal, struct pg_batch *batch,
			bool with_epoch, size_t expect);
/* The rows of one run; run_id and epoch are the run's, whatever the rows say. */
void store_journal_put(const struct store_journal *journal, struct pg_batch *batch,
		       const char *run_id, int64_t epoch, const struct store_step *steps,
		       size_t count);

#endif
