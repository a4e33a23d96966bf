/* outcome.h - the text that a run answers with (CONTRACT 5.10) */
#ifndef RUN_OUTCOME_H
#define RUN_OUTCOME_H

#include <stddef.h>

struct history;
struct state;
struct str;

/* Of a run that failed: a sentence with the reason. */
void outcome_failed(struct str *out, const char *reason, size_t max_bytes);
/* Of any other: the newest step's output that is there and true, as a template shows it;
 * else a sentence with the number of steps. Cut at max_bytes. */
void outcome_ended(struct str *out, const struct history *history,
		   const struct state *state, size_t max_bytes);

/* Of one of which only this is known: that sentence. */
void outcome_counted(struct str *out, size_t steps);

#endif
