/*
 * cursor.c - how far a reader of a run's events is, and what comes next
 *
 * Ids only rise, so an id that is not above the last one was seen. Whether something is
 * missing in between only `seq` tells: durable events are numbered without gaps, a live
 * one carries the number of the durable one before it.
 *
 * Our events end in `,"seq":N,"epoch":N}` or `,"seq":N,"epoch":N,"sub":N}`, those of
 * chats with `,"turn":N` in front, put there as text (engine/event.c, run/chat_run.c),
 * so they are read from their end: no parsing of what may be a large state. Inside of a
 * string that text could not stand, its quotes would be escaped. What ends otherwise is
 * parsed.
 */
#include "events/cursor.h"

#include "base/jsonr.h"

#include <string.h>

/* Read `,"<name>":<digits>` that ends at *end, and move *end in front of it. */
static bool take_back(const char *text, size_t *end, const char *name, uint64_t *ret)
{
	size_t name_len = strlen(name);
	size_t at = *end;
	uint64_t n = 0, scale = 1;

	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9' && *end - at < 18) {
		n += (uint64_t)(text[at - 1] - '0') * scale;
		scale *= 10;
		at--;
	}
	if (at == *end || at < name_len ||
	    memcmp(text + at - name_len, name, name_len) != 0)
		return false;
	*end = at - name_len;
	*ret = n;
	return true;
}

static bool read_end(const char *text, size_t len, struct event_mark *ret)
{
	size_t end = len;
	uint64_t epoch, sub;

	if (end == 0 || text[end - 1] != '}')
		return false;
	end--;
	ret->live = take_back(text, &end, ",\"sub\":", &sub);
	ret->has_seq = take_back(text, &end, ",\"epoch\":", &epoch) &&
		       take_back(text, &end, ",\"seq\":", &ret->seq);
	if (ret->has_seq)
		(void)take_back(text, &end, ",\"turn\":", &ret->turn);
	return ret->has_seq;
}

static bool begins(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(text, with, n) == 0;
}

static void read_whole(const char *text, size_t len, struct event_mark *ret)
{
	struct json *doc = NULL;
	const char *type;

	/* not JSON (a stock worker writes NaN): an event without a number */
	if (jsonr_parse(text, len, &doc, NULL, NULL, NULL) < 0)
		return;
	type = jsonr_get_text(doc, "type");
	ret->done = type && strcmp(type, "done") == 0;
	ret->seq = (uint64_t)jsonr_get_int(doc, "seq", 0);
	ret->live = jsonr_get(doc, "sub") != NULL;
	ret->has_seq = ret->seq > 0 || ret->live;
	ret->turn = (uint64_t)jsonr_get_int(doc, "turn", 0);
	jsonr_free(doc);
}

void event_mark_read(const char *text, size_t len, struct event_mark *ret)
{
	*ret = (struct event_mark){ 0 };
	if (read_end(text, len, ret)) {
		ret->done = begins(text, len, "{\"type\":\"done\"");
		return;
	}
	*ret = (struct event_mark){ 0 };
	read_whole(text, len, ret);
}

enum cursor_verdict cursor_judge(const struct cursor *cursor, const struct event_id *id,
				 const struct event_mark *mark)
{
	if (event_id_compare(id, &cursor->id) <= 0)
		return CURSOR_DROP;
	if (!mark->has_seq)
		return CURSOR_SEND;
	if (!cursor->known)
		return CURSOR_HOLE;
	if (mark->live)
		return mark->seq > cursor->seq ? CURSOR_HOLE : CURSOR_SEND;
	if (mark->seq <= cursor->seq)
		return CURSOR_DROP;
	return mark->seq == cursor->seq + 1 ? CURSOR_SEND : CURSOR_HOLE;
}

void cursor_pass(struct cursor *cursor, const struct event_id *id,
		 const struct event_mark *mark)
{
	if (event_id_compare(id, &cursor->id) > 0)
		cursor->id = *id;
	if (!mark->has_seq)
		return;
	if (mark->seq > cursor->seq)
		cursor->seq = mark->seq;
}
