/* cancel_key.h - the stock key that says: this run is to stop (CONTRACT 2.1) */
#ifndef HOST_CANCEL_KEY_H
#define HOST_CANCEL_KEY_H

struct redis_link;
struct str;

/* Append "synapse:cancel:<run id>", or "synapse:cancel:chat:<session>" of a turn. */
void cancel_key_name(struct str *out, const char *run_id);
/* Set it for an hour; delete it. Hints: what does not arrive is logged and not repeated,
 * since the run's row says the same. */
void cancel_key_set(struct redis_link *link, const char *run_id);
void cancel_key_delete(struct redis_link *link, const char *run_id);

#endif
