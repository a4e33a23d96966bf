/*
 * replay.c - events out of the journal's column
 *
 * The journal holds each event with the stream id that it was given before its commit
 * (fifo.c), so what is read here is what the stream had, in the same order.
 */
#include "events/replay.h"

#include "base/jsonr.h"
#include "base/str.h"

#include <string.h>

int replay_row(const char *events, replay_cb cb, void *arg, struct err *err)
{
	struct json *doc = NULL;
	struct str text = STR_INIT;
	size_t i;
	int rc;

	rc = jsonr_parse(events, strlen(events), &doc, NULL, NULL, err);
	if (rc < 0)
		return rc;
	rc = 1;
	for (i = 0; rc == 1 && i < jsonr_count(doc); i++) {
		const struct json *pair = jsonr_at(doc, i);
		const char *id_text = jsonr_text(jsonr_at(pair, 0));
		struct event_id id;

		if (!id_text || !event_id_parse(id_text, &id) ||
		    jsonr_type(jsonr_at(pair, 1)) != JSONR_OBJECT) {
			rc = err_set(err, ERR_INPUT, "events hold what is no event");
			break;
		}
		str_reset(&text, 1 << 20);
		jsonr_print(jsonr_at(pair, 1), &text);
		if (!cb(arg, &id, str_text(&text), text.len))
			rc = 0;
	}
	jsonr_free(doc);
	str_deinit(&text);
	return rc;
}

static bool keep_id(void *arg, const struct event_id *id, const char *text, size_t len)
{
	struct event_id *last = arg;

	(void)text;
	(void)len;
	*last = *id;
	return true;
}

int replay_last(const char *events, struct event_id *ret, struct err *err)
{
	return replay_row(events, keep_id, ret, err);
}
