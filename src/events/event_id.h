/* event_id.h - ids of stream entries: two numbers, ordered */
#ifndef EVENTS_EVENT_ID_H
#define EVENTS_EVENT_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_id {
	uint64_t ms;
	uint64_t n;
};

#define EVENT_ID_MAX 48

/* "<ms>-<n>", or "<ms>" for "<ms>-0". */
bool event_id_parse(const char *text, struct event_id *ret);
/* Into buf[EVENT_ID_MAX]; returns the length. */
size_t event_id_print(const struct event_id *id, char *buf);
/* < 0, 0, > 0 */
int event_id_compare(const struct event_id *a, const struct event_id *b);
/* The one right behind; the last there can be stays itself. */
struct event_id event_id_next(const struct event_id *id);
/* The one right before; 0-0 stays itself. */
struct event_id event_id_before(const struct event_id *id);
bool event_id_is_zero(const struct event_id *id);

#endif
