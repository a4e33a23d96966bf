/* begin_inner.h - definitions that a run's journal needs beside its own */
#ifndef HOST_BEGIN_INNER_H
#define HOST_BEGIN_INNER_H

#include <stdbool.h>
#include <stdint.h>

struct begin_inner;
struct definition;
struct err;
struct fold_wanted;
struct held;

/* For struct fold_seed: data is the held. */
struct definition *begin_inner_get(void *data, const char *id, int64_t version);
/*
 * A fold wants one that is not here: it is asked for, and then `again` is called, later
 * or from inside. false: it cannot be had, and err says why.
 */
bool begin_inner_ask(struct held *held, const struct fold_wanted *wanted,
		     void (*again)(struct held *held), struct err *err);
/* NULL is fine. */
void begin_inner_free(struct begin_inner *inner);

#endif
