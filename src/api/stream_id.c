/*
 * stream_id.c - ids of stream entries as clients send them
 *
 * An id is two unsigned 64-bit numbers; a missing second one is the smallest at a range's
 * start and the largest at its end. An exclusive bound is the neighbour's inclusive one.
 */
#include "api/stream_id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct id {
	uint64_t ms;
	uint64_t n;
};

static bool read_number(const char **text, uint64_t *ret)
{
	const char *p = *text;
	char *end;
	unsigned long long n;

	if (*p < '0' || *p > '9')
		return false;
	errno = 0;
	n = strtoull(p, &end, 10);
	if (errno || end - p > 20)
		return false;
	*ret = n;
	*text = end;
	return true;
}

static bool read_id(const char *text, uint64_t missing, struct id *id)
{
	if (!read_number(&text, &id->ms))
		return false;
	id->n = missing;
	if (*text == '-') {
		text++;
		if (!read_number(&text, &id->n))
			return false;
	}
	return *text == '\0';
}

static void write_id(const struct id *id, char ret[STREAM_ID_MAX])
{
	(void)snprintf(ret, STREAM_ID_MAX, "%" PRIu64 "-%" PRIu64, id->ms, id->n);
}

static bool is_edge(const char *text, char ret[STREAM_ID_MAX])
{
	if (strcmp(text, "-") != 0 && strcmp(text, "+") != 0)
		return false;
	(void)snprintf(ret, STREAM_ID_MAX, "%s", text);
	return true;
}

bool stream_id_start(const char *text, char ret[STREAM_ID_MAX])
{
	bool open = *text == '(';
	struct id id;

	if (is_edge(text, ret))
		return true;
	if (!read_id(text + open, 0, &id))
		return false;
	if (open && id.n < UINT64_MAX) {
		id.n++;
	} else if (open && id.ms < UINT64_MAX) {
		id.ms++;
		id.n = 0;
	}
	write_id(&id, ret);
	return true;
}

bool stream_id_end(const char *text, char ret[STREAM_ID_MAX])
{
	bool open = *text == '(';
	struct id id;

	if (is_edge(text, ret))
		return true;
	if (!read_id(text + open, UINT64_MAX, &id))
		return false;
	if (open && id.n > 0) {
		id.n--;
	} else if (open && id.ms > 0) {
		id.ms--;
		id.n = UINT64_MAX;
	}
	write_id(&id, ret);
	return true;
}
