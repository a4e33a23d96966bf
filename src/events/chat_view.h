/* chat_view.h - events of a chat with an agent, as its clients get them */
#ifndef EVENTS_CHAT_VIEW_H
#define EVENTS_CHAT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/*
 * Append the event as clients of a chat get it (CONTRACT 11.4): without the fields of
 * steps. False: it is about the run that the turn is made of, and none of theirs.
 */
bool chat_view(struct str *out, const char *text, size_t len);

#endif
