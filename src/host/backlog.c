/*
 * backlog.c - events that the journal has and a run's stream lacks
 *
 * The journal's column holds each event with the stream id that it was given, so what is
 * published late is what would have been published in time. Ids rise along the journal:
 * what is not behind the stream's end is in it, or was and has expired.
 */
#include "host/backlog.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/fold.h"
#include "events/fifo.h"

#include <string.h>

static int add_pair(struct list *out, const struct json *pair,
		    const struct backlog_end *end, uint64_t *seq,
		    struct backlog_end *newest, struct err *err)
{
	const char *id = jsonr_text(jsonr_at(pair, 0));
	const struct json *event = jsonr_at(pair, 1);
	struct str text = STR_INIT;
	struct backlog_end at;

	if (!id || !fold_stream_id(id, &at.id_ms, &at.id_n) ||
	    jsonr_get_int(event, "seq", 0) <= 0)
		return err_set(err, ERR_INPUT, "events hold what is no event");
	*seq = (uint64_t)jsonr_get_int(event, "seq", 0);
	*newest = at;
	if (at.id_ms < end->id_ms || (at.id_ms == end->id_ms && at.id_n <= end->id_n))
		return 0;
	jsonr_print(event, &text);
	list_push(out, &fifo_entry_new(at.id_ms, at.id_n, text.data, text.len)->node);
	str_deinit(&text);
	return 0;
}

int backlog_add(struct list *out, const char *events, const struct backlog_end *end,
		uint64_t *seq, struct backlog_end *newest, struct err *err)
{
	struct json *doc = NULL;
	size_t i;
	int rc;

	if (!events)
		return 0;
	rc = jsonr_parse(events, strlen(events), &doc, NULL, NULL, err);
	if (rc == 0 && jsonr_type(doc) != JSONR_ARRAY)
		rc = err_set(err, ERR_INPUT, "events are no list");
	for (i = 0; rc == 0 && i < jsonr_count(doc); i++)
		rc = add_pair(out, jsonr_at(doc, i), end, seq, newest, err);
	jsonr_free(doc);
	return rc;
}

bool backlog_first(const char *events, struct backlog_end *ret)
{
	struct json *doc = NULL;
	const char *id;
	bool found;

	if (!events || jsonr_parse(events, strlen(events), &doc, NULL, NULL, NULL) < 0)
		return false;
	id = jsonr_text(jsonr_at(jsonr_at(doc, 0), 0));
	found = id && fold_stream_id(id, &ret->id_ms, &ret->id_n);
	jsonr_free(doc);
	return found;
}
