/*
 * event_id.c - ids of stream entries
 *
 * Redis 6.0 knows no exclusive bound of a range, so "behind this one" is "from the next
 * one on".
 */
#include "events/event_id.h"

#include <inttypes.h>
#include <stdio.h>

static bool read_number(const char **text, uint64_t *ret)
{
	uint64_t n = 0;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret = n;
	*text = p;
	return true;
}

bool event_id_parse(const char *text, struct event_id *ret)
{
	struct event_id id = { 0, 0 };

	if (!read_number(&text, &id.ms))
		return false;
	if (*text == '-') {
		text++;
		if (!read_number(&text, &id.n))
			return false;
	}
	if (*text)
		return false;
	*ret = id;
	return true;
}

size_t event_id_print(const struct event_id *id, char *buf)
{
	return (size_t)snprintf(buf, EVENT_ID_MAX, "%" PRIu64 "-%" PRIu64, id->ms, id->n);
}

int event_id_compare(const struct event_id *a, const struct event_id *b)
{
	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return 0;
}

struct event_id event_id_next(const struct event_id *id)
{
	struct event_id next = *id;

	if (next.n < UINT64_MAX) {
		next.n++;
	} else if (next.ms < UINT64_MAX) {
		next.ms++;
		next.n = 0;
	}
	return next;
}

struct event_id event_id_before(const struct event_id *id)
{
	struct event_id before = *id;

	if (before.n > 0) {
		before.n--;
	} else if (before.ms > 0) {
		before.ms--;
		before.n = UINT64_MAX;
	}
	return before;
}

bool event_id_is_zero(const struct event_id *id)
{
	return id->ms == 0 && id->n == 0;
}
