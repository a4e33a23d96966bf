/* queue_names.h - names of the keys of a queue, and how foreign ids go into them */
#ifndef QUEUE_QUEUE_NAMES_H
#define QUEUE_QUEUE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/* Append "synapse:q:{<queue>}:", which all keys of a queue begin with. */
void queue_names_prefix(struct str *out, const char *queue);
/* Append a key: queue_names_key(out, "default", "bell"). */
void queue_names_key(struct str *out, const char *queue, const char *what);

/*
 * A tenant as it stands in keys, in packed jobs and in every argument of the acts that is
 * called tenant: percent-encoded outside [A-Za-z0-9_.-], never empty ("%" stands for the
 * empty id). Append the key form of a raw id, or the raw id of a key form (false: no key
 * form, nothing is appended).
 */
void queue_names_tenant(struct str *out, const char *raw);
bool queue_names_tenant_raw(struct str *out, const char *key_form, size_t len);
/* Is it a key form of 1..768 bytes? */
bool queue_names_tenant_ok(const char *key_form, size_t len);
/* QUEUE_LANE_ANY or 8 lower-case hex digits. */
bool queue_names_lane_ok(const char *lane, size_t len);

#endif
