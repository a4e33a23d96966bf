/* state.h - the shared state of a run: key -> immutable JSON text */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;

/* Levels of a value that a step may write: with what a delta and an event put around it,
 * a reader (JSONR_DEPTH_MAX) still takes it. */
#define STATE_DEPTH_MAX 120

/*
 * One key and its value as compact JSON text, both NUL-terminated: counted, and immutable
 * while more than one holds it, so that states share what they did not write.
 */
struct state_pair {
	unsigned refs;
	unsigned key_len;
	size_t json_len;
	size_t json_room; /* bytes that the value may grow to in place */
	const char *key;  /* in bytes */
	const char *json; /* in bytes; NULL: the key is deleted (in an overlay alone) */
	char bytes[];
};

/*
 * Keys in the order in which they were first set, as Python's dict has them. A state with
 * a parent is an overlay: its reader sees the parent's keys and its own writes above
 * them. The parent is not written while it has an overlay, and outlives it. pairs and
 * count are one level's own: readers use state_get() and state_next().
 */
struct state {
	const struct state *parent; /* NULL: it lies over nothing */
	struct state_pair **pairs;  /* owned, each holds a reference */
	size_t count;
	size_t room;
	size_t bytes;     /* keys and values that a reader sees: what max bounds */
	size_t own_bytes; /* keys and values of pairs */
	size_t max_bytes; /* 0: unbounded */
	struct map index; /* built when there are many keys */
};

void state_init(struct state *state, size_t max_bytes);
/* An empty overlay of the parent, with the parent's bound. */
void state_init_over(struct state *state, const struct state *parent);
void state_deinit(struct state *state);
/* Make `to`, which is empty, equal to what a reader of `from` sees; values are shared. */
void state_copy(struct state *to, const struct state *from);
/* Do to `state` what was done to an overlay, in the order of its keys. Its bound is not
 * asked: state_fits() does that for several. */
void state_join(struct state *state, const struct state *overlay);
/* Whether the state stays within its bound when these are joined into it, in order. */
bool state_fits(const struct state *state, const struct state *const *overlays, size_t n);

/* The pair, borrowed until the key is written next; NULL when absent. */
const struct state_pair *state_get(const struct state *state, const char *key);
/* What a reader sees, key by key, in order; borrowed as state_get()'s. */
struct state_iter {
	const struct state *leaf;
	const struct state *level;
	size_t at;
};
struct state_iter state_iter(const struct state *state);
const struct state_pair *state_next(struct state_iter *it); /* NULL: no more */
/* How many keys a reader sees. */
size_t state_count(const struct state *state);
/* Set a key to JSON text (valid, compact; not checked). ERR_LIMIT when the state would
 * exceed its bound: nothing is changed then. */
int state_set(struct state *state, const char *key, const char *json, size_t json_len,
	      struct err *err);
/* Absent is fine. */
void state_del(struct state *state, const char *key);
/* Append to the list under the key; a value that is absent or no list is replaced by a
 * list of one. */
int state_append(struct state *state, const char *key, const char *json, size_t json_len,
		 struct err *err);

/* The defaults of the schema, then user_input and user_query, then the inputs, which are
 * an object's text (NULL or empty: none). ERR_INPUT, ERR_LIMIT. */
int state_seed(struct state *state, const struct definition *definition,
	       const char *message, size_t message_len, const char *inputs,
	       size_t inputs_len, struct err *err);
/* Apply a delta, a JSON list of ["set",k,v] | ["del",k] | ["append",k,v]. */
int state_apply(struct state *state, const char *delta, size_t len, struct err *err);
/* The whole as one JSON object, appended. */
void state_print(const struct state *state, struct str *out);

#endif
