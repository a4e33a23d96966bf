/* replay.h - events out of the journal's column: [["<ms>-<n>", {...}], ...] */
#ifndef EVENTS_REPLAY_H
#define EVENTS_REPLAY_H

#include "base/err.h"
#include "events/event_id.h"

#include <stdbool.h>
#include <stddef.h>

/* One event; text is borrowed for the call. False: enough. */
typedef bool (*replay_cb)(void *arg, const struct event_id *id, const char *text,
			  size_t len);

/* Call back for each event of a row, in order. Returns 1 when all were given, 0 when the
 * callback had enough, ERR_INPUT when the text is no such list. */
int replay_row(const char *events, replay_cb cb, void *arg, struct err *err);

/* Set *ret to the id of a row's last event, if it has one. Returns as replay_row(). */
int replay_last(const char *events, struct event_id *ret, struct err *err);

#endif
