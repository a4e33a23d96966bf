/* run_pairs.h - members of answers that come out of a run's row */
#ifndef API_RUN_PAIRS_H
#define API_RUN_PAIRS_H

#include <stdbool.h>

struct jsonw;
struct store_run_status;

/* What list, status and detail have in common, into the open object. */
void run_pairs_print(struct jsonw *w, const struct store_run_status *run);
/* What list and detail have beyond the stock fields. */
void run_pairs_more(struct jsonw *w, const struct store_run_status *run);
/* Is this a status that a run can have? */
bool run_pairs_status_ok(const char *status);
extern const char run_pairs_status_words[];

#endif
