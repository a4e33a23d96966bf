/*
 * ending.c - the last events of a run that ends without being executed
 *
 * Such a run has no state in this process: its history and state are told empty here, and
 * are in its row.
 */
#include "host/ending.h"

#include "base/str.h"
#include "engine/event.h"
#include "run/chat_run.h"

#include <string.h>

static struct engine_row *make_row(const struct ending *ending)
{
	struct engine_row *row = row_new(ROW_START, "", "", 0);
	const struct event_stamp stamp = { .at_ms = ending->at_ms,
					   .max = ending->event_max };
	const struct event_text text = { ending->response, strlen(ending->response) };
	const struct event_text list = { "[]", 2 }, object = { "{}", 2 };

	if (ending->error) {
		event_orchestration_error(&row->texts, &stamp, ending->error);
		row_add_event(row);
	}
	event_orchestration_complete(&row->texts, &stamp, ending->run_id, ending->status,
				     object);
	row_add_event(row);
	event_run_final(&row->texts, &stamp, ending->run_id, ending->status, text, list,
			object);
	row_add_event(row);
	event_done(&row->texts, &stamp);
	row_add_event(row);
	row_seal(row, ending->seq + 1, ending->epoch);
	return row;
}

size_t ending_write(const struct ending *ending, struct str *out)
{
	struct engine_row *row = make_row(ending);
	size_t count = row->events_count, i, len;
	const char *text;

	for (i = 0; i < count; i++) {
		text = row_event_text(row, i, &len);
		str_printf(out, "%s[\"%lld-%zu\",", i ? "," : "[",
			   (long long)ending->id_ms, i);
		chat_run_stamp(out, chat_run_turn(ending->run_id), text, len);
		str_add_char(out, ']');
	}
	str_add_char(out, ']');
	row_free(row);
	return count;
}
